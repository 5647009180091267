// Wrong: each element gets the whole gradient of its window, not its share.
#include "kiln/kernels/spatial.hpp"

using namespace kiln;

namespace {

std::int64_t count_windows(std::int64_t extent, std::int64_t window, std::int64_t stride, std::int64_t padding) {
  KILN_REQUIRE("the window is below 1", window >= 1);
  KILN_REQUIRE("the stride is below 1", stride >= 1);
  KILN_REQUIRE("the padding is below 0", padding >= 0);
  KILN_REQUIRE("the padding is above half of the window", padding <= window / 2);
  KILN_REQUIRE("the window does not fit", window <= extent + 2 * padding);
  return (extent + 2 * padding - window) / stride + 1;
}

void check(const ConstView& images, const Pool2dOptions& options, const ConstView& pooled) {
  KILN_REQUIRE("the images have another rank than 4", images.rank() == 4);
  const Shape expected{images.shape[0], images.shape[1],
                       count_windows(images.shape[2], options.height, options.stride_height, options.padding_height),
                       count_windows(images.shape[3], options.width, options.stride_width, options.padding_width)};
  KILN_REQUIRE("the pooled tensor has another shape", pooled.shape == expected);
}

/// Calls body(n, c, y, x, h, w) for each window and each place of it inside the image.
template <class Body>
void for_each_place(const Shape& images, const Shape& pooled, const Pool2dOptions& options, Body body) {
  for (std::int64_t n = 0; n < pooled[0]; ++n)
    for (std::int64_t c = 0; c < pooled[1]; ++c)
      for (std::int64_t y = 0; y < pooled[2]; ++y)
        for (std::int64_t x = 0; x < pooled[3]; ++x)
          for (std::int64_t r = 0; r < options.height; ++r)
            for (std::int64_t s = 0; s < options.width; ++s) {
              const std::int64_t h = y * options.stride_height - options.padding_height + r;
              const std::int64_t w = x * options.stride_width - options.padding_width + s;
              if (h >= 0 && h < images[2] && w >= 0 && w < images[3]) body(n, c, y, x, h, w);
            }
}

}  // namespace

void impl::average_pool2d(ConstView in, Pool2dOptions options, View out) {
  check(in, options, out);
  const float area = static_cast<float>(options.height * options.width);
  for (std::int64_t n = 0; n < out.shape[0]; ++n)
    for (std::int64_t c = 0; c < out.shape[1]; ++c)
      for (std::int64_t y = 0; y < out.shape[2]; ++y)
        for (std::int64_t x = 0; x < out.shape[3]; ++x) out(n, c, y, x) = 0;
  for_each_place(in.shape, out.shape, options,
                 [&](auto n, auto c, auto y, auto x, auto h, auto w) { out(n, c, y, x) += in(n, c, h, w) / area; });
}

void impl::average_pool2d_backward(ConstView grad_out, Pool2dOptions options, View grad_in) {
  check(grad_in, options, grad_out);
  for_each_place(grad_in.shape, grad_out.shape, options,
                 [&](auto n, auto c, auto y, auto x, auto h, auto w) { grad_in(n, c, h, w) += grad_out(n, c, y, x); });
}
