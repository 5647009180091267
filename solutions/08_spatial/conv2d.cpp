// conv2d: images through a bank of small windows, with the output channels innermost.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, step 2.
#include <algorithm>
#include <vector>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// Output channels that are summed side by side: two vector registers of 8 floats. One value of the image is
/// multiplied with 16 weights, and the 16 sums do not wait for each other.
constexpr std::int64_t kLanes = 16;

std::int64_t in_whole_lanes(std::int64_t channels) { return (channels + kLanes - 1) / kLanes * kLanes; }

/// The weights as (in_channels, kernel height, kernel width, out_channels), so that the weights which meet one value of
/// the image are neighbours. The row is filled up to whole lanes with zeros, for channels that nobody asks for.
std::vector<float> pack(ConstView weight) {
  const std::int64_t width = in_whole_lanes(weight.shape[0]);
  std::vector<float> packed(static_cast<std::size_t>(weight.shape[1] * weight.shape[2] * weight.shape[3] * width));
  float* row = packed.data();
  for (std::int64_t i = 0; i < weight.shape[1]; ++i)
    for (std::int64_t r = 0; r < weight.shape[2]; ++r)
      for (std::int64_t s = 0; s < weight.shape[3]; ++s, row += width)
        for (std::int64_t o = 0; o < weight.shape[0]; ++o) row[o] = weight(o, i, r, s);
  return packed;
}

struct Range {
  std::int64_t begin, end;
};

/// The taps of a window from `start` on that lie in an image of `size`: begin <= tap < end. Known before the window is
/// summed, so that no tap asks whether it lies outside.
Range taps_inside(std::int64_t start, std::int64_t extent, std::int64_t size) {
  return {std::max<std::int64_t>(0, -start), std::min(extent, size - start)};
}

/// sums[lane] += one window of `image` (in_channels, height, width) times the weights of that lane.
/// `weights` points to the first lane's channel in pack()'s first row; rows are `width` apart. `top` and `left` are
/// where the window starts; `rows` and `columns` are its taps inside the image. A tap costs two loads of weights and
/// two fused multiply-adds: the running sums are in a local array of fixed size, which the compiler keeps in registers,
/// and are stored once for all taps.
void add_window(const ConstView& image, std::int64_t top, std::int64_t left, Range rows, Range columns,
                const Shape& kernel, const float* weights, std::int64_t width, float* sums) {
  const std::int64_t step_channel = image.strides[0], step_row = image.strides[1], step = image.strides[2];
  float running[kLanes];
  for (std::int64_t lane = 0; lane < kLanes; ++lane) running[lane] = sums[lane];
  for (std::int64_t i = 0; i < kernel[0]; ++i)
    for (std::int64_t r = rows.begin; r < rows.end; ++r) {
      const float* row = image.data + i * step_channel + (top + r) * step_row;
      const float* tap = weights + (i * kernel[1] + r) * kernel[2] * width;
      for (std::int64_t s = columns.begin; s < columns.end; ++s) {
        const float value = row[(left + s) * step];
        for (std::int64_t lane = 0; lane < kLanes; ++lane) running[lane] += value * tap[s * width + lane];
      }
    }
  for (std::int64_t lane = 0; lane < kLanes; ++lane) sums[lane] = running[lane];
}

/// Up to kLanes channels of one image: image (in_channels, height, width), out (channels, out height, out width),
/// kernel (in_channels, height, width), weights as in add_window.
void convolve(const ConstView& image, const Shape& kernel, const float* weights, std::int64_t width, const float* bias,
              Conv2dOptions options, const View& out) {
  for (std::int64_t y = 0; y < out.shape[1]; ++y) {
    const std::int64_t top = y * options.stride_height - options.padding_height;
    const Range rows = taps_inside(top, kernel[1], image.shape[1]);
    for (std::int64_t x = 0; x < out.shape[2]; ++x) {
      const std::int64_t left = x * options.stride_width - options.padding_width;
      const Range columns = taps_inside(left, kernel[2], image.shape[2]);
      float sums[kLanes];
      std::copy_n(bias, kLanes, sums);
      if (columns.begin < columns.end) add_window(image, top, left, rows, columns, kernel, weights, width, sums);
      // The channels of a pixel lie a plane apart: scattered stores, but only one for all taps of a window.
      for (std::int64_t lane = 0; lane < out.shape[0]; ++lane) out(lane, y, x) = sums[lane];
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

// Example: in (1, 1, 4, 4), weight (2, 1, 3, 3), bias (2), stride 1, padding 0 -> out (1, 2, 2, 2).
void impl::conv2d(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out) {
  // BEGIN SOLUTION
  const Shape expected = kernels<SpatialSlots>().conv2d_shape(in.shape, weight.shape, options);
  KILN_REQUIRE("conv2d: out has the shape that conv2d_shape gives", out.shape == expected);
  KILN_REQUIRE(
      "conv2d: bias is (out_channels) or (0), weight " + to_string(weight.shape) + ", bias " + to_string(bias.shape),
      (bias.shape == Shape{weight.shape[0]} || bias.shape == Shape{0}));
  const Shape kernel{weight.shape[1], weight.shape[2], weight.shape[3]};
  const std::vector<float> packed = pack(weight);
  for (std::int64_t n = 0; n < in.shape[0]; ++n)
    for (std::int64_t o = 0; o < weight.shape[0]; o += kLanes) {
      const std::int64_t channels = std::min(kLanes, weight.shape[0] - o);
      float start[kLanes] = {};
      for (std::int64_t lane = 0; lane < channels && bias.size() > 0; ++lane) start[lane] = bias(o + lane);
      convolve(image_of(in, n, 0, in.shape[1]), kernel, packed.data() + (packed.empty() ? 0 : o),
               in_whole_lanes(weight.shape[0]), start, options, image_of(out, n, o, channels));
    }
  // END SOLUTION
}
