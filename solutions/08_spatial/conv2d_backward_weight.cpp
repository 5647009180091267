// conv2d_backward_weight: the gradients of a convolution by its weights and by its bias.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, step 4.
#include <algorithm>
#include <vector>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// Output channels that are summed side by side: two vector registers of 8 floats.
constexpr std::int64_t kLanes = 16;

struct Range {
  std::int64_t begin, end;
};

/// The taps of a window from `start` on that lie in an image of `size`: begin <= tap < end.
Range taps_inside(std::int64_t start, std::int64_t extent, std::int64_t size) {
  return {std::max<std::int64_t>(0, -start), std::min(extent, size - start)};
}

/// The windows of `count`, a stride apart, whose tap at `offset` from the window's start lies in an image of `size`:
/// 0 <= x * stride + offset < size. The offset is negative where the tap reaches into the padding.
Range places_inside(std::int64_t offset, std::int64_t stride, std::int64_t count, std::int64_t size) {
  const std::int64_t first = offset < 0 ? (-offset + stride - 1) / stride : 0;
  const std::int64_t end = offset < size ? (size - 1 - offset) / stride + 1 : 0;
  return {first, std::min(count, end)};
}

/// Row y of grad_out (channels, out height, out width) with the channels last, `width` floats a pixel. What flows into
/// a pixel is used for every tap of its window; only here is it collected from planes that lie far apart.
void collect_row(const ConstView& grad_out, std::int64_t y, std::int64_t width, float* row) {
  for (std::int64_t o = 0; o < grad_out.shape[0]; ++o)
    for (std::int64_t x = 0; x < grad_out.shape[2]; ++x) row[x * width + o] = grad_out(o, y, x);
}

/// sums[lane] += over n pixels of a row: values[x * step], which one tap saw there, times row[x * width + lane].
/// The running sums are in a local array of fixed size, which the compiler keeps in registers: no store in the loop.
void add_tap(const float* values, std::int64_t step, const float* row, std::int64_t width, std::int64_t n,
             float* sums) {
  float running[kLanes];
  for (std::int64_t lane = 0; lane < kLanes; ++lane) running[lane] = sums[lane];
  for (std::int64_t x = 0; x < n; ++x) {
    const float value = values[x * step];
    for (std::int64_t lane = 0; lane < kLanes; ++lane) running[lane] += value * row[x * width + lane];
  }
  for (std::int64_t lane = 0; lane < kLanes; ++lane) sums[lane] = running[lane];
}

/// One image's share of sums (in_channels, kernel height, kernel width, width): grad_out (channels, out height, out
/// width), image and kernel (in_channels, height, width); row has room for (out width, width).
void add_image(const ConstView& grad_out, const ConstView& image, const Shape& kernel, Conv2dOptions options,
               std::int64_t width, float* row, float* sums) {
  const std::int64_t step = options.stride_width * image.strides[2];
  for (std::int64_t y = 0; y < grad_out.shape[1]; ++y) {
    collect_row(grad_out, y, width, row);
    const std::int64_t top = y * options.stride_height - options.padding_height;
    const Range rows = taps_inside(top, kernel[1], image.shape[1]);
    for (std::int64_t i = 0; i < kernel[0]; ++i)
      for (std::int64_t r = rows.begin; r < rows.end; ++r)
        for (std::int64_t s = 0; s < kernel[2]; ++s) {
          const std::int64_t offset = s - options.padding_width;
          const auto [begin, end] = places_inside(offset, options.stride_width, grad_out.shape[2], image.shape[2]);
          if (begin >= end) continue;
          const std::int64_t first = begin * options.stride_width + offset;
          const float* values =
              image.data + i * image.strides[0] + (top + r) * image.strides[1] + first * image.strides[2];
          float* tap = sums + ((i * kernel[1] + r) * kernel[2] + s) * width;
          for (std::int64_t o = 0; o < width; o += kLanes)
            add_tap(values, step, row + begin * width + o, width, end - begin, tap + o);
        }
  }
}

/// The sum of a plane (height, width). 16 sums side by side for dense rows, as one would wait for each addition.
float sum_plane(ConstView plane) {
  constexpr std::int64_t kSums = 16;
  const std::int64_t step = plane.strides[1];
  // Dense rows that follow each other are one row.
  const bool dense = plane.is_contiguous();
  const std::int64_t rows = dense ? 1 : plane.shape[0], columns = dense ? plane.size() : plane.shape[1];
  float sums[kSums] = {};
  float rest = 0.0f;
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = plane.data + r * plane.strides[0];
    std::int64_t c = 0;
    for (; (dense || step == 1) && c + kSums <= columns; c += kSums)
      for (std::int64_t lane = 0; lane < kSums; ++lane) sums[lane] += row[c + lane];
    for (; c < columns; ++c) rest += row[c * (dense ? 1 : step)];
  }
  for (const float sum : sums) rest += sum;
  return rest;
}

/// Image n. An empty batch may have no memory to point into.
template <class AnyView>
AnyView image_of(const AnyView& batch, std::int64_t n) {
  const std::int64_t offset = batch.size() == 0 ? 0 : n * batch.strides[0];
  return {batch.data + offset,
          {batch.shape[1], batch.shape[2], batch.shape[3]},
          {batch.strides[1], batch.strides[2], batch.strides[3]}};
}

}  // namespace
// END SOLUTION

// Example: grad_out (1, 2, 2, 2), in (1, 1, 4, 4), stride 1, padding 0 -> grad_weight (2, 1, 3, 3).
void impl::conv2d_backward_weight(ConstView grad_out, ConstView in, Conv2dOptions options, View grad_weight) {
  // BEGIN SOLUTION
  const Shape expected = kernels<SpatialSlots>().conv2d_shape(in.shape, grad_weight.shape, options);
  KILN_REQUIRE("conv2d_backward_weight: grad_out has the shape that conv2d_shape gives", grad_out.shape == expected);
  const Shape kernel{grad_weight.shape[1], grad_weight.shape[2], grad_weight.shape[3]};
  const std::int64_t channels = grad_out.shape[1], width = (channels + kLanes - 1) / kLanes * kLanes;
  std::vector<float> sums(static_cast<std::size_t>(kernel.elements() * width));
  std::vector<float> row(static_cast<std::size_t>(grad_out.shape[3] * width));
  for (std::int64_t n = 0; n < in.shape[0]; ++n)
    add_image(image_of(grad_out, n), image_of(in, n), kernel, options, width, row.data(), sums.data());
  // Give each weight its sum.
  const float* sum = sums.data();
  for (std::int64_t i = 0; i < kernel[0]; ++i)
    for (std::int64_t r = 0; r < kernel[1]; ++r)
      for (std::int64_t s = 0; s < kernel[2]; ++s, sum += width)
        for (std::int64_t o = 0; o < channels; ++o) grad_weight(o, i, r, s) += sum[o];
  // END SOLUTION
}

// Example: grad_out (8, 16, 14, 14) -> grad_bias (16).
void impl::conv2d_backward_bias(ConstView grad_out, View grad_bias) {
  // BEGIN SOLUTION
  KILN_REQUIRE("conv2d_backward_bias: grad_out is (batch, channels, height, width)", grad_out.rank() == 4);
  KILN_REQUIRE("conv2d_backward_bias: grad_bias is (channels)", grad_bias.shape == Shape{grad_out.shape[1]});
  if (grad_out.size() == 0) return;
  for (std::int64_t n = 0; n < grad_out.shape[0]; ++n)
    for (std::int64_t o = 0; o < grad_out.shape[1]; ++o)
      grad_bias(o) += sum_plane({grad_out.data + n * grad_out.strides[0] + o * grad_out.strides[1],
                                 {grad_out.shape[2], grad_out.shape[3]},
                                 {grad_out.strides[2], grad_out.strides[3]}});
  // END SOLUTION
}
