// conv2d and the way back to its image: a matrix product whose second factor is the image itself, laid out so that each
// tap reads neighbours (Georganas et al., "Anatomy of high-performance deep learning convolutions on SIMD
// architectures", 2018, for direct convolution by a micro-kernel of a matrix product).
#include <algorithm>
#include <cmath>

#include "image_planes.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/parallel.hpp"
#include "micro_kernel.hpp"
#include "scratch.hpp"

using namespace kiln;

namespace {

using namespace impl::product;
using impl::Scratch;
using impl::Windows;

constexpr std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Output pixels and channels of a block whose sums wait in the second-level cache to be brought into their rows.
constexpr std::int64_t kBlockPositions = 512, kBlockChannels = 8 * kRows;

/// What becomes of the sums of a channel.
enum class Store { set, add };

struct Convolution {
  Windows windows;
  const float* weights;  ///< (out_channels, taps), dense
  std::int64_t out_channels;
  const std::int64_t* offsets;
  const float* bias;  ///< null for none
  Store store;
};

/// Output rows [first, last) of a block: sums, `width` floats a channel, go to out (channels, rows, columns).
void bring_home(const Convolution& call, const float* sums, std::int64_t width, std::int64_t first_channel,
                std::int64_t channels, std::int64_t first, std::int64_t last, const View& out) {
  const std::int64_t columns = call.windows.out_width, step = out.strides[2];
  for (std::int64_t o = 0; o < channels; ++o) {
    const float bias = call.bias == nullptr ? 0.0f : call.bias[first_channel + o];
    for (std::int64_t y = first; y < last; ++y) {
      const float* const row = sums + o * width + (y - first) * call.windows.pitch();
      float* const to = out.data + (first_channel + o) * out.strides[0] + y * out.strides[1];
      if (call.store == Store::add)
        for (std::int64_t x = 0; x < columns; ++x) to[x * step] += row[x];
      else if (step == 1)
        for (std::int64_t x = 0; x < columns; ++x) to[x] = row[x] + bias;
      else
        for (std::int64_t x = 0; x < columns; ++x) to[x * step] = row[x] + bias;
    }
  }
}

/// Output rows [first, last) of one image.
void convolve_rows(const Convolution& call, const float* planes, std::int64_t first, std::int64_t last,
                   const View& out) {
  thread_local Scratch scratch;
  const std::int64_t pitch = call.windows.pitch(), taps = call.windows.taps();
  const std::int64_t positions = (last - first - 1) * pitch + call.windows.out_width;
  const std::int64_t width = ceil_divide(positions, kColumns) * kColumns;
  float* const sums = scratch.floats(kBlockChannels * width);
  for (std::int64_t channel = 0; channel < call.out_channels; channel += kBlockChannels) {
    const std::int64_t channels = std::min(kBlockChannels, call.out_channels - channel);
    const std::int64_t rows = ceil_divide(channels, ceil_divide(channels, kRows));
    for (std::int64_t p = 0; p < positions; p += kColumns)
      for (std::int64_t o = 0; o < channels; o += rows)
        tile_with<Scattered>(std::min(rows, channels - o), std::min<std::int64_t>(kColumns, positions - p))(
            taps, {call.weights + (channel + o) * taps, taps, 1}, {planes + first * pitch + p, call.offsets}, {},
            sums + o * width + p, width);
    bring_home(call, sums, width, channel, channels, first, last, out);
  }
}

template <class T>
BasicView<T> image_of(const BasicView<T>& batch, std::int64_t n) {
  return {batch.data + n * batch.strides[0],
          {batch.shape[1], batch.shape[2], batch.shape[3]},
          {batch.strides[1], batch.strides[2], batch.strides[3]}};
}

void convolve(const Convolution& call, const ConstView& in, const View& out) {
  const Windows& windows = call.windows;
  const std::int64_t rows = std::max<std::int64_t>(1, kBlockPositions / windows.pitch());
  parallel_for(0, in.shape[0], 1, [&](std::int64_t n, std::int64_t) {
    thread_local Scratch scratch;
    float* const planes = scratch.floats(windows.planes());
    impl::lay_out(image_of(in, n), windows, planes);
    // With one image the pool takes its rows.
    parallel_for(0, windows.out_height, rows, [&](std::int64_t first, std::int64_t last) {
      convolve_rows(call, planes, first, last, image_of(out, n));
    });
  });
}

bool all_finite(const float* values, std::int64_t count) {
  // A loop of its own: what is not finite makes NaN of a sum of zeros.
  float sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += values[i] * 0.0f;
  return sum == 0;
}

}  // namespace

void impl::conv2d(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out) {
  const SpatialSlots& reference = kernels<SpatialSlots>("reference");
  const Shape expected = reference.conv2d_shape(in.shape, weight.shape, options);
  const bool fits = out.shape == expected && (bias.shape == Shape{weight.shape[0]} || bias.shape == Shape{0});
  const Windows windows{in.shape[1], in.shape[2], in.shape[3], weight.shape[2], weight.shape[3], options.stride_height,
                        options.stride_width, options.padding_height, options.padding_width, expected[2], expected[3]};
  // The reference knows the words of every refusal, and what little is left to do where nothing is.
  if (!fits || out.size() == 0 || windows.taps() == 0) return reference.conv2d(in, weight, bias, options, out);

  thread_local Scratch scratch;
  const std::int64_t channels = weight.shape[0], taps = windows.taps();
  float* const weights = scratch.floats(channels * (taps + 1));
  float* to = weights;
  for (std::int64_t o = 0; o < channels; ++o)
    for (std::int64_t i = 0; i < weight.shape[1]; ++i)
      for (std::int64_t r = 0; r < weight.shape[2]; ++r)
        for (std::int64_t s = 0; s < weight.shape[3]; ++s) *to++ = weight(o, i, r, s);
  // A weight that is not finite must not meet the zeros that stand for the padding.
  if (!all_finite(weights, channels * taps)) return reference.conv2d(in, weight, bias, options, out);
  float* const biases = weights + channels * taps;
  for (std::int64_t o = 0; o < bias.shape[0]; ++o) biases[o] = bias.data[o * bias.strides[0]];
  const std::vector<std::int64_t> offsets = tap_offsets(windows);
  convolve({windows, weights, channels, offsets.data(), bias.shape[0] > 0 ? biases : nullptr, Store::set}, in, out);
}

void impl::conv2d_backward_in(ConstView grad_out, ConstView weight, Conv2dOptions options, View grad_in) {
  const SpatialSlots& reference = kernels<SpatialSlots>("reference");
  const bool fits = grad_in.rank() == 4 && weight.rank() == 4 && grad_in.shape[1] == weight.shape[1] &&
                    grad_out.shape == reference.conv2d_shape(grad_in.shape, weight.shape, options);
  const bool empty = grad_in.size() == 0 || grad_out.size() == 0 || weight.size() == 0;
  if (!fits || empty) return reference.conv2d_backward_in(grad_out, weight, options, grad_in);

  // Each pixel sees the gradients around it through the kernel turned round.
  const std::int64_t channels = weight.shape[0], height = weight.shape[2], width = weight.shape[3];
  const Windows windows{channels, grad_out.shape[2], grad_out.shape[3], height, width, 1, 1,
                        height - 1 - options.padding_height, width - 1 - options.padding_width, grad_in.shape[2],
                        grad_in.shape[3], options.stride_height, options.stride_width};
  thread_local Scratch scratch;
  const std::int64_t taps = windows.taps();
  float* const weights = scratch.floats(weight.size());
  for (std::int64_t i = 0; i < weight.shape[1]; ++i)
    for (std::int64_t o = 0; o < channels; ++o)
      for (std::int64_t r = 0; r < height; ++r)
        for (std::int64_t s = 0; s < width; ++s)
          weights[i * taps + (o * height + height - 1 - r) * width + width - 1 - s] = weight(o, i, r, s);
  if (!all_finite(weights, weight.size())) return reference.conv2d_backward_in(grad_out, weight, options, grad_in);
  const std::vector<std::int64_t> offsets = tap_offsets(windows);
  convolve({windows, weights, weight.shape[1], offsets.data(), nullptr, Store::add}, grad_out, grad_in);
}
