// max_pool2d: the largest element of each window, and where it stood; and the way back.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, "Max pooling".
#include <algorithm>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// Checks options and shapes; no sum here can overflow, because twice the padding is at most the extent.
void check(const ConstView& in, const Pool2dOptions& options, const View& out, std::size_t winners) {
  KILN_REQUIRE("max_pool2d: in is not (batch, channels, height, width)", in.rank() == 4);
  KILN_REQUIRE("max_pool2d: an image without elements has no largest one", in.shape[2] * in.shape[3] > 0);
  Shape expected = in.shape;
  const auto count_windows = [&](int d, std::int64_t extent, std::int64_t stride, std::int64_t padding) {
    KILN_REQUIRE("max_pool2d: the window's extent is below 1", extent >= 1);
    KILN_REQUIRE("max_pool2d: the stride is below 1", stride >= 1);
    KILN_REQUIRE("max_pool2d: the padding is below 0", padding >= 0);
    KILN_REQUIRE("max_pool2d: the padding is more than half of the window", padding <= extent / 2);
    KILN_REQUIRE("max_pool2d: the window does not fit into the padded image", extent - 2 * padding <= in.shape[d]);
    expected[d] = (in.shape[d] - (extent - 2 * padding)) / stride + 1;
  };
  count_windows(2, options.height, options.stride_height, options.padding_height);
  count_windows(3, options.width, options.stride_width, options.padding_width);
  KILN_REQUIRE("max_pool2d: out has another shape", out.shape == expected);
  KILN_REQUIRE("max_pool2d: winners and out differ in number", static_cast<std::int64_t>(winners) == out.size());
}

/// Lets one tap of n neighbouring windows compete: best[x] against in[x * step], which stands at first + x * stride.
/// A candidate wins where it is not <= best, which is true of a NaN too, unless best is a NaN already. Two choices
/// without a branch; kStep = 0 leaves the steps to the arguments.
template <std::int64_t kStep>
void take_tap(const float* in, std::int64_t step, std::int64_t first, std::int64_t stride, float* best,
              std::int64_t best_step, std::int64_t* winners, std::int64_t n) {
  if constexpr (kStep > 0) {
    step = kStep;
    best_step = 1;
  }
  for (std::int64_t x = 0; x < n; ++x) {
    const float candidate = in[x * step], before = best[x * best_step];
    const bool wins = !(candidate <= before) & (before == before);
    best[x * best_step] = wins ? candidate : before;
    winners[x] = wins ? first + x * stride : winners[x];
  }
}

/// The windows that have tap number `tap` inside the image: those x with 0 <= x * stride - padding + tap < extent.
struct Range {
  std::int64_t begin, end;
};
Range windows_of_tap(std::int64_t tap, std::int64_t extent, std::int64_t stride, std::int64_t padding,
                     std::int64_t windows) {
  const std::int64_t before = padding - tap, inside = extent + before;
  const std::int64_t begin = before <= 0 ? 0 : (before + stride - 1) / stride;
  // Most taps lie inside for the last window too, which needs no division.
  if ((windows - 1) * stride < inside) return {std::min(begin, windows), windows};
  return {begin, inside <= 0 ? begin : std::max(begin, (inside + stride - 1) / stride)};
}

/// A row of windows over one image. Taps outside, windows inside: bounds are worked out once a tap, not once an
/// element.
void pool_row(const float* image, const ConstView& in, const Pool2dOptions& options, std::int64_t y, float* best,
              std::int64_t best_step, std::int64_t* winners, std::int64_t windows) {
  const std::int64_t height = in.shape[2], width = in.shape[3], to_row = in.strides[2], to_column = in.strides[3];
  const std::int64_t top = y * options.stride_height - options.padding_height;
  const std::int64_t first_row = std::max<std::int64_t>(top, 0), end_row = std::min(height, top + options.height);

  // Start with each window's first element inside the image.
  for (std::int64_t x = 0; x < windows; ++x) {
    const std::int64_t w = std::max<std::int64_t>(x * options.stride_width - options.padding_width, 0);
    best[x * best_step] = image[first_row * to_row + w * to_column];
    winners[x] = first_row * width + w;
  }

  // Go through the taps in row-major order, so that the first of equals stays.
  const std::int64_t step = options.stride_width * to_column;
  for (std::int64_t h = first_row; h < end_row; ++h) {
    for (std::int64_t tap = 0; tap < options.width; ++tap) {
      const Range x = windows_of_tap(tap, width, options.stride_width, options.padding_width, windows);
      if (x.begin >= x.end) continue;
      const std::int64_t w = x.begin * options.stride_width - options.padding_width + tap;
      const float* from = image + h * to_row + w * to_column;
      const bool dense = to_column == 1 && best_step == 1;
      const auto take = dense && step == 1 ? take_tap<1> : dense && step == 2 ? take_tap<2> : take_tap<0>;
      take(from, step, h * width + w, options.stride_width, best + x.begin * best_step, best_step, winners + x.begin,
           x.end - x.begin);
    }
  }
}

void check_backward(const ConstView& grad_out, std::span<const std::int64_t> winners, const View& grad_in) {
  KILN_REQUIRE("max_pool2d_backward: grad_out is not (batch, channels, height, width)", grad_out.rank() == 4);
  KILN_REQUIRE("max_pool2d_backward: grad_in is not (batch, channels, height, width)", grad_in.rank() == 4);
  KILN_REQUIRE("max_pool2d_backward: the batches differ", grad_out.shape[0] == grad_in.shape[0]);
  KILN_REQUIRE("max_pool2d_backward: the channels differ", grad_out.shape[1] == grad_in.shape[1]);
  KILN_REQUIRE("max_pool2d_backward: winners and grad_out differ in number",
               static_cast<std::int64_t>(winners.size()) == grad_out.size());
  const std::int64_t elements = grad_in.shape[2] * grad_in.shape[3];
  for (const std::int64_t winner : winners) {
    KILN_REQUIRE("max_pool2d_backward: a winner lies before the image", winner >= 0);
    KILN_REQUIRE("max_pool2d_backward: a winner lies behind the image's elements", winner < elements);
  }
}

}  // namespace
// END SOLUTION

// Example: a 2x4 image, windows 2x2, stride 2:
//   1 5 2 2
//   3 4 2 2   ->   5 2, winners 1 and 2 (the first of four equals)
void impl::max_pool2d(ConstView in, Pool2dOptions options, View out, std::span<std::int64_t> winners) {
  // BEGIN SOLUTION
  check(in, options, out, winners.size());
  const std::int64_t rows = out.shape[2], windows = out.shape[3];
  std::int64_t* to = winners.data();
  for (std::int64_t n = 0; n < out.shape[0]; ++n) {
    for (std::int64_t c = 0; c < out.shape[1]; ++c) {
      const float* image = in.data + n * in.strides[0] + c * in.strides[1];
      float* best = out.data + n * out.strides[0] + c * out.strides[1];
      for (std::int64_t y = 0; y < rows; ++y, to += windows)
        pool_row(image, in, options, y, best + y * out.strides[2], out.strides[3], to, windows);
    }
  }
  // END SOLUTION
}

// Example: grad_out (7, 9) and winners 1 and 2 add 7 to element 1 and 9 to element 2 of the image.
void impl::max_pool2d_backward(ConstView grad_out, std::span<const std::int64_t> winners, View grad_in) {
  // BEGIN SOLUTION
  check_backward(grad_out, winners, grad_in);
  const std::int64_t width = grad_in.shape[3], to_row = grad_in.strides[2], to_column = grad_in.strides[3];
  const bool dense = to_column == 1 && to_row == width;
  const std::int64_t* winner = winners.data();
  for (std::int64_t n = 0; n < grad_out.shape[0]; ++n) {
    for (std::int64_t c = 0; c < grad_out.shape[1]; ++c) {
      float* image = grad_in.data + n * grad_in.strides[0] + c * grad_in.strides[1];
      for (std::int64_t y = 0; y < grad_out.shape[2]; ++y) {
        const float* row = &grad_out(n, c, y, 0);
        for (std::int64_t x = 0; x < grad_out.shape[3]; ++x, ++winner) {
          // A dense image is one row: its winner needs no division.
          const std::int64_t at = dense ? *winner : *winner / width * to_row + *winner % width * to_column;
          image[at] += row[x * grad_out.strides[3]];
        }
      }
    }
  }
  // END SOLUTION
}
