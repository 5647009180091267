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

/// sums (in_channels, kernel height, kernel width, kLanes) += what one window of `image` (in_channels, height, width)
/// saw, times what flows into its pixel. Each tap saw one value, and is a row of kLanes independent sums.
void add_window(const ConstView& image, std::int64_t top, std::int64_t left, Range rows, Range columns,
                const Shape& kernel, const float* flowing, float* sums) {
  const std::int64_t step_channel = image.strides[0], step_row = image.strides[1], step = image.strides[2];
  float lanes[kLanes];
  for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] = flowing[lane];
  for (std::int64_t i = 0; i < kernel[0]; ++i)
    for (std::int64_t r = rows.begin; r < rows.end; ++r) {
      const float* row = image.data + i * step_channel + (top + r) * step_row;
      float* tap = sums + (i * kernel[1] + r) * kernel[2] * kLanes;
      for (std::int64_t s = columns.begin; s < columns.end; ++s) {
        const float value = row[(left + s) * step];
        for (std::int64_t lane = 0; lane < kLanes; ++lane) tap[s * kLanes + lane] += value * lanes[lane];
      }
    }
}

/// One image's share of the sums of up to kLanes output channels, grad_out (channels, out height, out width).
void add_image(const ConstView& grad_out, const ConstView& image, const Shape& kernel, Conv2dOptions options,
               float* sums) {
  for (std::int64_t y = 0; y < grad_out.shape[1]; ++y) {
    const std::int64_t top = y * options.stride_height - options.padding_height;
    const Range rows = taps_inside(top, kernel[1], image.shape[1]);
    for (std::int64_t x = 0; x < grad_out.shape[2]; ++x) {
      const std::int64_t left = x * options.stride_width - options.padding_width;
      const Range columns = taps_inside(left, kernel[2], image.shape[2]);
      // Collect what flows into this pixel: the channels lie a plane apart, and are used for every tap.
      float flowing[kLanes] = {};
      for (std::int64_t lane = 0; lane < grad_out.shape[0]; ++lane) flowing[lane] = grad_out(lane, y, x);
      add_window(image, top, left, rows, columns, kernel, flowing, sums);
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

}  // namespace
// END SOLUTION

// Example: grad_out (1, 2, 2, 2), in (1, 1, 4, 4), stride 1, padding 0 -> grad_weight (2, 1, 3, 3).
void impl::conv2d_backward_weight(ConstView grad_out, ConstView in, Conv2dOptions options, View grad_weight) {
  // BEGIN SOLUTION
  const Shape expected = kernels<SpatialSlots>().conv2d_shape(in.shape, grad_weight.shape, options);
  KILN_REQUIRE("conv2d_backward_weight: grad_out has the shape that conv2d_shape gives", grad_out.shape == expected);
  const Shape kernel{grad_weight.shape[1], grad_weight.shape[2], grad_weight.shape[3]};
  std::vector<float> sums(static_cast<std::size_t>(kernel.elements() * kLanes));
  for (std::int64_t o = 0; o < grad_out.shape[1]; o += kLanes) {
    const std::int64_t channels = std::min(kLanes, grad_out.shape[1] - o);
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (std::int64_t n = 0; n < in.shape[0]; ++n)
      add_image({grad_out.data + n * grad_out.strides[0] + o * grad_out.strides[1],
                 {channels, grad_out.shape[2], grad_out.shape[3]},
                 {grad_out.strides[1], grad_out.strides[2], grad_out.strides[3]}},
                {in.data + n * in.strides[0],
                 {in.shape[1], in.shape[2], in.shape[3]},
                 {in.strides[1], in.strides[2], in.strides[3]}},
                kernel, options, sums.data());
    // Unpack: to each weight its lane.
    const float* sum = sums.data();
    for (std::int64_t i = 0; i < kernel[0]; ++i)
      for (std::int64_t r = 0; r < kernel[1]; ++r)
        for (std::int64_t s = 0; s < kernel[2]; ++s, sum += kLanes)
          for (std::int64_t lane = 0; lane < channels; ++lane) grad_weight(o + lane, i, r, s) += sum[lane];
  }
  // END SOLUTION
}

// Example: grad_out (8, 16, 14, 14) -> grad_bias (16).
void impl::conv2d_backward_bias(ConstView grad_out, View grad_bias) {
  // BEGIN SOLUTION
  KILN_REQUIRE("conv2d_backward_bias: grad_out is (batch, channels, height, width)", grad_out.rank() == 4);
  KILN_REQUIRE("conv2d_backward_bias: grad_bias is (channels)", grad_bias.shape == Shape{grad_out.shape[1]});
  for (std::int64_t n = 0; n < grad_out.shape[0]; ++n)
    for (std::int64_t o = 0; o < grad_out.shape[1]; ++o)
      grad_bias(o) += sum_plane({grad_out.data + n * grad_out.strides[0] + o * grad_out.strides[1],
                                 {grad_out.shape[2], grad_out.shape[3]},
                                 {grad_out.strides[2], grad_out.strides[3]}});
  // END SOLUTION
}
