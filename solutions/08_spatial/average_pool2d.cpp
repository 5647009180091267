// average_pool2d: the mean of each window, and the way back.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, "Average pooling".
#include <algorithm>
#include <string>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// Checks options and shapes of either direction: `images` are what windows slide over, `pooled` has one element a
/// window. No sum here can overflow, because twice the padding is at most the extent.
void check(const std::string& kernel, const ConstView& images, const Pool2dOptions& options, const ConstView& pooled) {
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

/// to[i * to_step] += from[i * from_step] * factor. Steps that the compiler knows become vector code.
template <std::int64_t kFrom, std::int64_t kTo>
void add_known(const float* from, float* to, std::int64_t n, float factor) {
  for (std::int64_t i = 0; i < n; ++i) to[i * kTo] += from[i * kFrom] * factor;
}
void add_row(const float* from, std::int64_t from_step, float* to, std::int64_t to_step, std::int64_t n, float factor) {
  if (from_step == 1 && to_step == 1) return add_known<1, 1>(from, to, n, factor);
  if (from_step == 2 && to_step == 1) return add_known<2, 1>(from, to, n, factor);
  if (from_step == 1 && to_step == 2) return add_known<1, 2>(from, to, n, factor);
  if (to_step == 0) {
    float sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += from[i * from_step];
    *to += sum * factor;
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i * to_step] += from[i * from_step] * factor;
  }
}

/// Elements of an image that lie in a row, a step apart, and the windows that each lies in: neighbours for a tap of a
/// row of windows, always the same (step 0) for a row of one window.
struct Run {
  std::int64_t h, w, step;  ///< the first element; columns to the next
  std::int64_t y, x, window_step, count;
};

/// Calls body(run) until every element has met every window that holds it. Runs go along the longer of both: the
/// windows of a row, or the row of a window. Bounds are worked out once a run, not once an element.
template <class Body>
void for_each_run(const Shape& images, const Shape& pooled, const Pool2dOptions& options, Body body) {
  for (std::int64_t y = 0; y < pooled[2]; ++y) {
    const std::int64_t top = y * options.stride_height - options.padding_height;
    const std::int64_t end = std::min(images[2], top + options.height);
    for (std::int64_t h = std::max<std::int64_t>(top, 0); h < end; ++h) {
      for (std::int64_t x = 0; x < pooled[3] && pooled[3] < options.width; ++x) {
        const std::int64_t left = x * options.stride_width - options.padding_width;
        const std::int64_t first = std::max<std::int64_t>(left, 0), last = std::min(images[3], left + options.width);
        body(Run{h, first, 1, y, x, 0, last - first});
      }
      for (std::int64_t tap = 0; tap < options.width && pooled[3] >= options.width; ++tap) {
        const Range x = windows_of_tap(tap, images[3], options.stride_width, options.padding_width, pooled[3]);
        const std::int64_t w = x.begin * options.stride_width - options.padding_width + tap;
        if (x.begin < x.end) body(Run{h, w, options.stride_width, y, x.begin, 1, x.end - x.begin});
      }
    }
  }
}

float share(const Pool2dOptions& options) {
  return static_cast<float>(1.0 / (static_cast<double>(options.height) * static_cast<double>(options.width)));
}

}  // namespace
// END SOLUTION

// Example: a 2x4 image, windows 2x2, stride 2:
//   1 5 2 2
//   3 4 2 2   ->   3.25 2
void impl::average_pool2d(ConstView in, Pool2dOptions options, View out) {
  // BEGIN SOLUTION
  check("average_pool2d", in, options, out);
  const float factor = share(options);
  for (std::int64_t n = 0; n < out.shape[0]; ++n) {
    for (std::int64_t c = 0; c < out.shape[1]; ++c) {
      const float* image = in.data + n * in.strides[0] + c * in.strides[1];
      float* means = out.data + n * out.strides[0] + c * out.strides[1];
      for (std::int64_t y = 0; y < out.shape[2]; ++y)
        for (std::int64_t x = 0; x < out.shape[3]; ++x) means[y * out.strides[2] + x * out.strides[3]] = 0;
      for_each_run(in.shape, out.shape, options, [&](const Run& run) {
        add_row(image + run.h * in.strides[2] + run.w * in.strides[3], run.step * in.strides[3],
                means + run.y * out.strides[2] + run.x * out.strides[3], run.window_step * out.strides[3], run.count,
                factor);
      });
    }
  }
  // END SOLUTION
}

// Example: grad_out (8, 4) of two 2x2 windows with stride 2 adds 2 to each element of the left window and 1 to each of
// the right one.
void impl::average_pool2d_backward(ConstView grad_out, Pool2dOptions options, View grad_in) {
  // BEGIN SOLUTION
  check("average_pool2d_backward", grad_in, options, grad_out);
  const float factor = share(options);
  for (std::int64_t n = 0; n < grad_out.shape[0]; ++n) {
    for (std::int64_t c = 0; c < grad_out.shape[1]; ++c) {
      const float* gradient = grad_out.data + n * grad_out.strides[0] + c * grad_out.strides[1];
      float* image = grad_in.data + n * grad_in.strides[0] + c * grad_in.strides[1];
      for_each_run(grad_in.shape, grad_out.shape, options, [&](const Run& run) {
        add_row(gradient + run.y * grad_out.strides[2] + run.x * grad_out.strides[3],
                run.window_step * grad_out.strides[3], image + run.h * grad_in.strides[2] + run.w * grad_in.strides[3],
                run.step * grad_in.strides[3], run.count, factor);
      });
    }
  }
  // END SOLUTION
}
