// conv2d and the way back to its image: a matrix product whose second factor is the image itself, laid out so that each
// tap reads neighbours (Georganas et al., "Anatomy of high-performance deep learning convolutions on SIMD
// architectures", 2018, for direct convolution by a micro-kernel of a matrix product).
#include <algorithm>
#include <cmath>
#include <limits>

#include "convolve_lanes.hpp"
#include "image_lanes.hpp"
#include "image_planes.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/parallel.hpp"
#include "micro_kernel.hpp"
#include "scratch.hpp"
#include "winograd.hpp"

using namespace kiln;

namespace {

using namespace impl::product;
using impl::Scratch;
using impl::Windows;

/// Fewer channels than these, in or out, are summed directly.
constexpr std::int64_t kWinogradChannels = 32;
/// Output pixels up to which images become the lanes of vectors; beyond, rows fill their own.
constexpr std::int64_t kSmallImage = 256;
/// Output pixels that one piece of the pool's work holds.
constexpr std::int64_t kBlockPositions = 512;

/// What a few additions cannot bring to infinity; and that.
constexpr float kModerate = 1e30f, kInfinity = std::numeric_limits<float>::infinity();

/// One with weights in the order of the taps.
struct Convolution {
  Windows windows;
  const float* weights;  ///< (out_channels, taps), dense
  std::int64_t out_channels;
  const float* bias;  ///< null for none
  float beta;         ///< 0: out is set; 1: it is added to
};

/// Output channels in as many tiles as kRows asks for, all about as high.
std::int64_t tile_rows(std::int64_t channels) { return ceil_divide(channels, ceil_divide(channels, kRows)); }

/// Output rows [first, last) of one image, out (channels, rows, columns) with columns as neighbours: tiles of kVectors
/// vectors side by side or, where a row is no longer than a vector, one below the other.
void convolve_rows(const Convolution& call, const std::int64_t* offsets, const float* planes, std::int64_t first,
                   std::int64_t last, const View& out) {
  const std::int64_t pitch = call.windows.pitch(), taps = call.windows.taps(), columns = call.windows.out_width;
  const std::int64_t rows = tile_rows(call.out_channels);
  const bool stacked = columns <= kLanes;
  const std::int64_t high = stacked ? kVectors : 1, wide = stacked ? kLanes : kColumns;
  for (std::int64_t y = first; y < last; y += high)
    for (std::int64_t x = 0; x < columns; x += wide) {
      const std::int64_t vectors = stacked ? std::min(high, last - y) : vectors_for(std::min(wide, columns - x));
      Target target = dense_target(out.data + y * out.strides[1] + x, out.strides[0], std::min(wide, columns - x));
      if (stacked) target.vector_step = out.strides[1], target.lanes = target.last_lanes;
      const Scattered b{planes + y * pitch + x, offsets, stacked ? pitch : kLanes};
      for (std::int64_t o = 0; o < call.out_channels; o += rows, target.c += rows * target.row_stride)
        tile_with<Scattered>(std::min(rows, call.out_channels - o), vectors)(
            taps, {call.weights + o * taps, taps, 1}, b, {1, call.beta, call.bias == nullptr ? nullptr : call.bias + o},
            target);
    }
}

/// The same where a tile takes in the gaps between the rows: less is computed in vain where a row fills its last vector
/// badly, but the sums have to be brought into their rows, and that is worth it where there are many taps.
void convolve_through(const Convolution& call, const std::int64_t* offsets, const float* planes, std::int64_t first,
                      std::int64_t last, const View& out) {
  thread_local Scratch scratch;
  const std::int64_t pitch = call.windows.pitch(), taps = call.windows.taps(), columns = call.windows.out_width;
  const std::int64_t positions = (last - first - 1) * pitch + columns;
  const std::int64_t width = ceil_divide(positions, kColumns) * kColumns;
  const std::int64_t rows = tile_rows(call.out_channels);
  float* const sums = scratch.floats(rows * width);
  for (std::int64_t o = 0; o < call.out_channels; o += rows) {
    const std::int64_t channels = std::min(rows, call.out_channels - o);
    for (std::int64_t p = 0; p < positions; p += kColumns)
      tile_with<Scattered>(channels, kVectors)(taps, {call.weights + o * taps, taps, 1},
                                               {planes + first * pitch + p, offsets, kLanes}, {}, {sums + p, width});
    for (std::int64_t i = 0; i < channels; ++i)
      for (std::int64_t y = first; y < last; ++y) {
        const float* const from = sums + i * width + (y - first) * pitch;
        float* const to = out.data + (o + i) * out.strides[0] + y * out.strides[1];
        const float bias = call.bias == nullptr ? 0.0f : call.bias[o + i];
        for (std::int64_t x = 0; x < columns; x += kLanes)
          write(Vector::load_unaligned(from + x), {1, call.beta}, bias, to + x,
                std::min<std::int64_t>(kLanes, columns - x));
      }
  }
}

/// Whether rows as they are waste more lanes than the way through the gaps costs: a load and a store for each pixel,
/// beside a multiply-add for each tap.
bool gaps_pay(const Windows& windows) {
  const std::int64_t in_rows = ceil_divide(windows.out_width, kLanes) * kLanes * windows.taps();
  return windows.pitch() * (windows.taps() + 12) < in_rows;
}

/// Whether every value is finite and below `most`, so that a few of them may be added up.
bool all_below(float most, const float* values, std::int64_t count) {
  // Comparisons with NaN fail.
  const Vector limit(most);
  xsimd::batch_bool<float> well(true);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) well = well & (xsimd::abs(Vector::load_unaligned(values + i)) < limit);
  bool rest = true;
  for (; i < count; ++i) rest = rest && std::fabs(values[i]) < most;
  return rest && xsimd::all(well);
}

/// Winograd's way pays where there are channels enough to multiply for what the transformations cost.
bool winograd_pays(const Windows& windows, std::int64_t out_channels) {
  return windows.kernel_height == 3 && windows.kernel_width == 3 && windows.stride_height == 1 &&
         windows.stride_width == 1 && windows.spread_height == 1 && windows.spread_width == 1 &&
         windows.channels >= kWinogradChannels && out_channels >= kWinogradChannels;
}

/// One image, summed directly.
void convolve_image(const Convolution& call, const std::int64_t* offsets, const ConstView& in, const View& out) {
  thread_local Scratch scratch;
  const Windows& windows = call.windows;
  float* const planes = scratch.floats(windows.planes());
  impl::lay_out(in, windows, planes);
  // With one image the pool takes its rows: enough of them for the gaps between them not to count, of a part of the
  // planes that the cache holds.
  const std::int64_t rows = ceil_divide(kBlockPositions, windows.pitch());
  const auto some_rows = gaps_pay(windows) ? convolve_through : convolve_rows;
  parallel_for(0, windows.out_height, rows,
               [&](std::int64_t first, std::int64_t last) { some_rows(call, offsets, planes, first, last, out); });
}

/// One image in Winograd's way. Returns whether its values allow that; nothing is written where they do not.
bool convolve_image_winograd(const Convolution& call, const Windows& tiles, const std::int64_t* offsets,
                             const float* transformed, const ConstView& in, const View& out) {
  thread_local Scratch scratch;
  float* const planes = scratch.floats(tiles.planes());
  impl::lay_out(in, tiles, planes);
  if (!all_below(kModerate, planes, tiles.planes())) return false;
  constexpr std::int64_t kTileRows = 4;
  parallel_for(0, tiles.out_height, kTileRows, [&](std::int64_t first, std::int64_t last) {
    impl::winograd_rows(tiles, offsets, planes, transformed, call.out_channels, call.bias, call.beta, first, last, out);
  });
  return true;
}

void convolve_images(const Convolution& call, const ConstView& in, const View& out) {
  const bool winograd = winograd_pays(call.windows, call.out_channels) &&
                        all_below(kModerate, call.weights, call.out_channels * call.windows.taps());
  const Windows tiles = impl::winograd_tiles(call.windows);
  const std::vector<std::int64_t> offsets = impl::tap_offsets(call.windows);
  const std::vector<std::int64_t> of_tiles = winograd ? impl::tap_offsets(tiles) : std::vector<std::int64_t>();
  thread_local Scratch scratch;
  float* transformed = nullptr;
  if (winograd) {
    transformed = scratch.floats(impl::winograd_weight_floats(call.windows, call.out_channels));
    impl::winograd_weights(call.weights, call.windows.channels, call.out_channels, transformed);
  }
  parallel_for(0, in.shape[0], 1, [&](std::int64_t n, std::int64_t) {
    const bool done = winograd && convolve_image_winograd(call, tiles, of_tiles.data(), transformed,
                                                          impl::image_of(in, n), impl::image_of(out, n));
    if (!done) convolve_image(call, offsets.data(), impl::image_of(in, n), impl::image_of(out, n));
  });
}

/// out = beta * out + bias + the sum over taps of weights (out_channels, channels, kernel_height, kernel_width), whose
/// strides may be negative. Returns false, and writes nothing, where a weight is not finite and would meet the zeros
/// that stand for the padding.
bool convolve(const Windows& windows, const ConstView& weights, const ConstView& bias, float beta, const ConstView& in,
              const View& out) {
  thread_local Scratch scratch;
  const std::int64_t channels = weights.shape[0], taps = windows.taps();
  float* const dense = scratch.floats(channels * (taps + 1));
  float* const biases = bias.shape[0] > 0 ? dense + channels * taps : nullptr;
  for (std::int64_t o = 0; o < bias.shape[0]; ++o) biases[o] = bias.data[o * bias.strides[0]];
  if (impl::lanes_pay(windows, in, kSmallImage)) {
    impl::convolve_lanes(windows, weights, biases, beta, in, out);
    return true;
  }
  float* to = dense;
  for (std::int64_t o = 0; o < channels; ++o)
    for (std::int64_t i = 0; i < weights.shape[1]; ++i)
      for (std::int64_t r = 0; r < weights.shape[2]; ++r)
        for (std::int64_t s = 0; s < weights.shape[3]; ++s) *to++ = weights(o, i, r, s);
  if (!all_below(kInfinity, dense, channels * taps)) return false;
  convolve_images({windows, dense, channels, biases, beta}, in, out);
  return true;
}

}  // namespace

void impl::conv2d(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out) {
  static const SpatialSlots& reference = kernels<SpatialSlots>("reference");  // a lookup takes microseconds
  const Shape expected = reference.conv2d_shape(in.shape, weight.shape, options);
  const bool fits = out.shape == expected && (bias.shape == Shape{weight.shape[0]} || bias.shape == Shape{0});
  const Windows windows{in.shape[1],           in.shape[2],           in.shape[3],          weight.shape[2],
                        weight.shape[3],       options.stride_height, options.stride_width, options.padding_height,
                        options.padding_width, expected[2],           expected[3]};
  // The reference knows the words of every refusal, and what little is left to do where nothing is.
  const bool dense_rows = out.rank() == 4 && out.strides[3] == 1;
  if (!fits || out.size() == 0 || windows.taps() == 0 || !dense_rows)
    return reference.conv2d(in, weight, bias, options, out);

  if (!convolve(windows, weight, bias, 0, in, out)) reference.conv2d(in, weight, bias, options, out);
}

void impl::conv2d_backward_in(ConstView grad_out, ConstView weight, Conv2dOptions options, View grad_in) {
  static const SpatialSlots& reference = kernels<SpatialSlots>("reference");  // a lookup takes microseconds
  const bool fits = grad_in.rank() == 4 && weight.rank() == 4 && grad_in.shape[1] == weight.shape[1] &&
                    grad_out.shape == reference.conv2d_shape(grad_in.shape, weight.shape, options);
  const bool empty = grad_in.size() == 0 || grad_out.size() == 0 || weight.size() == 0;
  if (!fits || empty || grad_in.strides[3] != 1)
    return reference.conv2d_backward_in(grad_out, weight, options, grad_in);

  // Each pixel sees the gradients around it through the kernel turned round.
  const std::int64_t channels = weight.shape[0], height = weight.shape[2], width = weight.shape[3];
  const Windows windows{channels,
                        grad_out.shape[2],
                        grad_out.shape[3],
                        height,
                        width,
                        1,
                        1,
                        height - 1 - options.padding_height,
                        width - 1 - options.padding_width,
                        grad_in.shape[2],
                        grad_in.shape[3],
                        options.stride_height,
                        options.stride_width};
  const Strides& strides = weight.strides;
  const ConstView turned{weight.data + (height - 1) * strides[2] + (width - 1) * strides[3],
                         {weight.shape[1], channels, height, width},
                         {strides[1], strides[0], -strides[2], -strides[3]}};
  if (!convolve(windows, turned, {nullptr, {0}, {1}}, 1, grad_out, grad_in))
    reference.conv2d_backward_in(grad_out, weight, options, grad_in);
}
