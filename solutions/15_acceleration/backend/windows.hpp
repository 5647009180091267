// Windows of a pool: checks, and which windows a tap lies inside the image for.
#pragma once

#include <algorithm>
#include <string>

#include "kiln/kernels/spatial.hpp"

namespace kiln::KILN_IMPL {

/// Checks options and shapes of either direction: `images` are what windows slide over, `pooled` has one element a
/// window. No sum here can overflow, because twice the padding is at most the extent.
inline void check_pool(const std::string& kernel, const ConstView& images, const Pool2dOptions& options,
                       const ConstView& pooled) {
  KILN_REQUIRE(kernel + ": the images are not (batch, channels, height, width)", images.rank() == 4);
  Shape expected = images.shape;
  const auto count_windows = [&](int d, std::int64_t extent, std::int64_t stride, std::int64_t padding) {
    KILN_REQUIRE(kernel + ": the window's extent is below 1", extent >= 1);
    KILN_REQUIRE(kernel + ": the stride is below 1", stride >= 1);
    KILN_REQUIRE(kernel + ": the padding is below 0", padding >= 0);
    KILN_REQUIRE(kernel + ": the padding is more than half of the window", padding <= extent / 2);
    KILN_REQUIRE(kernel + ": the window does not fit into the padded image", extent - 2 * padding <= images.shape[d]);
    expected[d] = (images.shape[d] - (extent - 2 * padding)) / stride + 1;
  };
  count_windows(2, options.height, options.stride_height, options.padding_height);
  count_windows(3, options.width, options.stride_width, options.padding_width);
  KILN_REQUIRE(kernel + ": the pooled tensor has another shape", pooled.shape == expected);
}

struct Range {
  std::int64_t begin, end;
  Range within(std::int64_t first, std::int64_t last) const { return {std::max(begin, first), std::min(end, last)}; }
};

/// The windows that have tap number `tap` inside the image: those x with 0 <= x * stride - padding + tap < extent.
inline Range windows_of_tap(std::int64_t tap, std::int64_t extent, std::int64_t stride, std::int64_t padding) {
  const std::int64_t before = padding - tap, inside = extent + before;
  return {before <= 0 ? 0 : (before + stride - 1) / stride, inside <= 0 ? 0 : (inside + stride - 1) / stride};
}

}  // namespace kiln::KILN_IMPL
