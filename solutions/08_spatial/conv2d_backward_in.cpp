// conv2d_backward_in: what flows back into the image, each pixel gathering from the windows that saw it.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, step 3.
#include <algorithm>
#include <vector>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// Input channels that are summed side by side: two vector registers of 8 floats.
constexpr std::int64_t kLanes = 16;

std::int64_t in_whole_lanes(std::int64_t channels) { return (channels + kLanes - 1) / kLanes * kLanes; }

/// The weights as (out_channels, kernel height, kernel width, in_channels). The row is filled up to whole lanes with
/// zeros, for channels that nobody asks for.
std::vector<float> pack(ConstView weight) {
  const std::int64_t width = in_whole_lanes(weight.shape[1]);
  std::vector<float> packed(static_cast<std::size_t>(weight.shape[0] * weight.shape[2] * weight.shape[3] * width));
  float* row = packed.data();
  for (std::int64_t o = 0; o < weight.shape[0]; ++o)
    for (std::int64_t r = 0; r < weight.shape[2]; ++r)
      for (std::int64_t s = 0; s < weight.shape[3]; ++s, row += width)
        for (std::int64_t i = 0; i < weight.shape[1]; ++i) row[i] = weight(o, i, r, s);
  return packed;
}

struct Range {
  std::int64_t begin, end;
};

/// The windows (of `count`, a stride apart) that hold the element at `at` of the padded image: window y holds it as its
/// tap at - y * stride, which has to lie in [0, extent).
Range windows_over(std::int64_t at, std::int64_t extent, std::int64_t stride, std::int64_t count) {
  const std::int64_t behind = at - extent;  // the last place whose window would end before `at`
  return {behind < 0 ? 0 : behind / stride + 1, std::min(count, at / stride + 1)};
}

/// sums[lane] += what flows into one pixel, at (at_h, at_w) of the padded image, through the windows of `rows` and
/// `columns`. grad_out (out_channels, out height, out width), kernel (out_channels, height, width). `weights` points
/// to the first lane's channel in pack()'s first row; rows are `width` apart. The running sums are in a local array of
/// fixed size, which the compiler keeps in registers.
void add_windows(const ConstView& grad_out, std::int64_t at_h, std::int64_t at_w, Range rows, Range columns,
                 const Shape& kernel, const float* weights, std::int64_t width, Conv2dOptions options, float* sums) {
  const std::int64_t step_channel = grad_out.strides[0], step_row = grad_out.strides[1], step = grad_out.strides[2];
  float running[kLanes];
  for (std::int64_t lane = 0; lane < kLanes; ++lane) running[lane] = sums[lane];
  for (std::int64_t o = 0; o < kernel[0]; ++o)
    for (std::int64_t y = rows.begin; y < rows.end; ++y) {
      const float* row = grad_out.data + o * step_channel + y * step_row;
      // As x grows, the tap shrinks: the kernel is walked from its end.
      const float* tap = weights + ((o * kernel[1] + at_h - y * options.stride_height) * kernel[2] + at_w) * width;
      for (std::int64_t x = columns.begin; x < columns.end; ++x) {
        const float flowing = row[x * step];
        const float* lanes = tap - x * options.stride_width * width;
        for (std::int64_t lane = 0; lane < kLanes; ++lane) running[lane] += flowing * lanes[lane];
      }
    }
  for (std::int64_t lane = 0; lane < kLanes; ++lane) sums[lane] = running[lane];
}

/// Up to kLanes channels of one image, grad_in (channels, height, width).
void gather(const ConstView& grad_out, const Shape& kernel, const float* weights, std::int64_t width,
            Conv2dOptions options, const View& grad_in) {
  for (std::int64_t h = 0; h < grad_in.shape[1]; ++h) {
    const std::int64_t at_h = h + options.padding_height;
    const Range rows = windows_over(at_h, kernel[1], options.stride_height, grad_out.shape[1]);
    for (std::int64_t w = 0; w < grad_in.shape[2]; ++w) {
      const std::int64_t at_w = w + options.padding_width;
      const Range columns = windows_over(at_w, kernel[2], options.stride_width, grad_out.shape[2]);
      float sums[kLanes] = {};
      if (columns.begin < columns.end)
        add_windows(grad_out, at_h, at_w, rows, columns, kernel, weights, width, options, sums);
      for (std::int64_t lane = 0; lane < grad_in.shape[0]; ++lane) grad_in(lane, h, w) += sums[lane];
    }
  }
}

/// Channels `first` and up of image n. An empty batch may have no memory to point into.
template <class AnyView>
AnyView image_of(const AnyView& batch, std::int64_t n, std::int64_t first, std::int64_t channels) {
  const std::int64_t offset = batch.size() == 0 ? 0 : n * batch.strides[0] + first * batch.strides[1];
  return {batch.data + offset,
          {channels, batch.shape[2], batch.shape[3]},
          {batch.strides[1], batch.strides[2], batch.strides[3]}};
}

}  // namespace
// END SOLUTION

// Example: grad_out (1, 2, 2, 2), weight (2, 1, 3, 3), stride 1, padding 0 -> grad_in (1, 1, 4, 4).
void impl::conv2d_backward_in(ConstView grad_out, ConstView weight, Conv2dOptions options, View grad_in) {
  // BEGIN SOLUTION
  const Shape expected = kernels<SpatialSlots>().conv2d_shape(grad_in.shape, weight.shape, options);
  KILN_REQUIRE("conv2d_backward_in: grad_out has the shape that conv2d_shape gives", grad_out.shape == expected);
  const Shape kernel{weight.shape[0], weight.shape[2], weight.shape[3]};
  const std::vector<float> packed = pack(weight);
  for (std::int64_t n = 0; n < grad_in.shape[0]; ++n)
    for (std::int64_t i = 0; i < grad_in.shape[1]; i += kLanes) {
      const std::int64_t channels = std::min(kLanes, grad_in.shape[1] - i);
      gather(image_of(grad_out, n, 0, grad_out.shape[1]), kernel, packed.data() + (packed.empty() ? 0 : i),
             in_whole_lanes(grad_in.shape[1]), options, image_of(grad_in, n, i, channels));
    }
  // END SOLUTION
}
