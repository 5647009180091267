// The way back from a convolution to its weights: gradients of the output times the windows that the taps saw. The sum
// runs over output pixels, so both factors have it as neighbours; the windows' side is turned into panels on the way.
#include <algorithm>
#include <cmath>
#include <vector>

#include "image_lanes.hpp"
#include "image_planes.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/parallel.hpp"
#include "micro_kernel.hpp"
#include "packing.hpp"
#include "scratch.hpp"

using namespace kiln;

namespace {

using namespace impl::product;
using impl::Scratch;
using impl::Windows;

/// Output pixels up to which images become the lanes of vectors; beyond, they are packed one by one.
constexpr std::int64_t kSmallImage = 1024;
/// Images are summed in this many parts, whatever the number of threads, and the parts in order.
constexpr std::int64_t kParts = 8;
/// Output pixels whose windows are packed at once: a panel of kColumns taps takes 32 KiB with AVX-512.
constexpr std::int64_t kBlockPositions = 256;

struct Call {
  Windows windows;
  ConstView grad_out, in;
  std::int64_t width;  ///< taps, in whole panels
};

/// The gradients of one image as (out_channels, plane rows of pitch): 0 in the gaps between rows.
void lay_out_gradient(const ConstView& gradient, const Windows& windows, float* rows) {
  for (std::int64_t o = 0; o < gradient.shape[0]; ++o)
    for (std::int64_t y = 0; y < windows.out_height; ++y) {
      const float* const from = gradient.data + o * gradient.strides[0] + y * gradient.strides[1];
      for (std::int64_t x = 0; x < windows.out_width; ++x) *rows++ = from[x * gradient.strides[2]];
      for (std::int64_t x = windows.out_width; x < windows.pitch(); ++x) *rows++ = 0;
    }
}

/// sums (out_channels, width) += gradient windows^T over one image.
void add_image(const Call& call, const std::int64_t* offsets, std::int64_t n, float* sums) {
  thread_local Scratch plane_scratch, gradient_scratch, panel_scratch;
  const Windows& windows = call.windows;
  const std::int64_t channels = call.grad_out.shape[1], positions = windows.out_height * windows.pitch();
  float* const planes = plane_scratch.floats(windows.planes());
  impl::lay_out(impl::image_of(call.in, n), windows, planes);
  float* const gradient = gradient_scratch.floats(channels * positions);
  lay_out_gradient(impl::image_of(call.grad_out, n), windows, gradient);
  float* const panel = panel_scratch.floats(kBlockPositions * kColumns);
  for (std::int64_t p = 0; p < positions; p += kBlockPositions) {
    const std::int64_t depth = std::min(kBlockPositions, positions - p);
    for (std::int64_t tap = 0; tap < windows.taps(); tap += kColumns) {
      const std::int64_t taps = std::min<std::int64_t>(kColumns, windows.taps() - tap);
      const float* lines[kColumns];
      for (std::int64_t i = 0; i < taps; ++i) lines[i] = planes + offsets[tap + i] + p;
      pack_lines<kColumns>(lines, taps, depth, panel);
      const std::int64_t rows = ceil_divide(channels, ceil_divide(channels, kRows));
      for (std::int64_t o = 0; o < channels; o += rows)
        tile_with<Packed>(std::min(rows, channels - o), vectors_for(taps))(
            depth, {gradient + o * positions + p, positions, 1}, {panel}, {1, 1},
            dense_target(sums + o * call.width + tap, call.width, taps));
    }
  }
}

/// What a tile of lane_sums holds: as many sums as registers, and enough of both factors to use each several times.
#ifdef __AVX512F__
constexpr int kTileChannels = 4, kTileTaps = 6;
#else
constexpr int kTileChannels = 2, kTileTaps = 4;
#endif

/// One tile over a group: sums[o][tap] += gradient times pixel, lane by lane, over all windows.
template <int Channels, int Taps>
void add_lanes(const Windows& windows, const impl::LaneLayout& layout, const float* gradient, const float* pixels,
               const std::int64_t* offsets, float* sums, std::int64_t width) {
  const std::int64_t positions = windows.out_height * windows.out_width, step = layout.step() * impl::kGroup;
  Vector tile[Channels][Taps];
  for (int o = 0; o < Channels; ++o)
    for (int tap = 0; tap < Taps; ++tap) tile[o][tap] = Vector::load_aligned(sums + (o * width + tap) * kLanes);
  const float* taps[Taps];
  const float* g = gradient;
  for (std::int64_t y = 0; y < windows.out_height; ++y) {
    for (int tap = 0; tap < Taps; ++tap) taps[tap] = pixels + offsets[tap] + layout.at(y, 0) * impl::kGroup;
    for (std::int64_t x = 0; x < windows.out_width; ++x, g += impl::kGroup)
      for (int v = 0; v < kVectors; ++v) {
        Vector of_tap[Taps];
        for (int tap = 0; tap < Taps; ++tap) of_tap[tap] = Vector::load_aligned(taps[tap] + x * step + v * kLanes);
        for (int o = 0; o < Channels; ++o) {
          const auto of_channel = Vector::load_aligned(g + o * positions * impl::kGroup + v * kLanes);
          for (int tap = 0; tap < Taps; ++tap) tile[o][tap] = xsimd::fma(of_channel, of_tap[tap], tile[o][tap]);
        }
      }
  }
  for (int o = 0; o < Channels; ++o)
    for (int tap = 0; tap < Taps; ++tap) tile[o][tap].store_aligned(sums + (o * width + tap) * kLanes);
}

template <int Channels>
void add_taps(const Windows& windows, const impl::LaneLayout& layout, const float* gradient, const float* pixels,
              const std::int64_t* offsets, float* sums, std::int64_t width) {
  std::int64_t tap = 0;
  for (; tap + kTileTaps <= width; tap += kTileTaps)
    add_lanes<Channels, kTileTaps>(windows, layout, gradient, pixels, offsets + tap, sums + tap * kLanes, width);
  for (; tap < width; ++tap)
    add_lanes<Channels, 1>(windows, layout, gradient, pixels, offsets + tap, sums + tap * kLanes, width);
}

/// sums (out_channels, width) += gradient windows^T over all images, with the images as lanes.
void add_groups(const Call& call, float* sums) {
  thread_local Scratch pixel_scratch, gradient_scratch, sum_scratch;
  const Windows& windows = call.windows;
  const std::int64_t channels = call.grad_out.shape[1], taps = windows.taps();
  const std::int64_t positions = windows.out_height * windows.out_width;
  const impl::LaneLayout layout(windows);
  const impl::LaneLayout gradient_layout(
      {channels, windows.out_height, windows.out_width, 1, 1, 1, 1, 0, 0, windows.out_height, windows.out_width});
  const std::vector<std::int64_t> offsets = layout.tap_offsets();
  float* const pixels = pixel_scratch.floats(layout.floats());
  float* const gradient = gradient_scratch.floats(gradient_layout.floats());
  float* const lane_sums = sum_scratch.floats(channels * taps * kLanes);
  std::fill(lane_sums, lane_sums + channels * taps * kLanes, 0.0f);
  for (std::int64_t n = 0; n < call.in.shape[0]; n += impl::kGroup) {
    const std::int64_t images = std::min(impl::kGroup, call.in.shape[0] - n);
    layout.lay_out(impl::images_of(call.in, n, images), pixels);
    gradient_layout.lay_out(impl::images_of(call.grad_out, n, images), gradient);
    parallel_for(0, channels, kTileChannels, [&](std::int64_t first, std::int64_t last) {
      const auto add = [&](auto add_some, std::int64_t o) {
        add_some(windows, layout, gradient + o * positions * impl::kGroup, pixels, offsets.data(),
                 lane_sums + o * taps * kLanes, taps);
      };
      if (last - first == kTileChannels) return add(add_taps<kTileChannels>, first);
      for (std::int64_t o = first; o < last; ++o) add(add_taps<1>, o);
    });
  }
  for (std::int64_t o = 0; o < channels; ++o)
    for (std::int64_t tap = 0; tap < taps; ++tap)
      sums[o * call.width + tap] = xsimd::hadd(Vector::load_aligned(lane_sums + (o * taps + tap) * kLanes));
}

/// The same image by image, in parts that are summed in order.
void add_images(const Call& call, float* sums) {
  const std::int64_t batch = call.in.shape[0], parts = std::min(kParts, batch), each = ceil_divide(batch, parts);
  const std::int64_t size = call.grad_out.shape[1] * call.width;
  const std::vector<std::int64_t> offsets = impl::tap_offsets(call.windows);
  thread_local Scratch scratch;
  float* const parted = scratch.floats(parts * size);
  std::fill(parted, parted + parts * size, 0.0f);
  parallel_for(0, parts, 1, [&](std::int64_t part, std::int64_t) {
    for (std::int64_t n = part * each; n < std::min(batch, (part + 1) * each); ++n)
      add_image(call, offsets.data(), n, parted + part * size);
  });
  for (std::int64_t part = 0; part < parts; ++part)
    for (std::int64_t i = 0; i < size; ++i) sums[i] += parted[part * size + i];
}

}  // namespace

void impl::conv2d_backward_weight(ConstView grad_out, ConstView in, Conv2dOptions options, View grad_weight) {
  static const SpatialSlots& reference = kernels<SpatialSlots>("reference");  // a lookup takes microseconds
  const bool fits = in.rank() == 4 && grad_weight.rank() == 4 && grad_weight.shape[1] == in.shape[1] &&
                    grad_out.shape == reference.conv2d_shape(in.shape, grad_weight.shape, options);
  const bool empty = in.size() == 0 || grad_out.size() == 0 || grad_weight.size() == 0;
  if (!fits || empty) return reference.conv2d_backward_weight(grad_out, in, options, grad_weight);

  const Windows windows{in.shape[1],           in.shape[2],           in.shape[3],          grad_weight.shape[2],
                        grad_weight.shape[3],  options.stride_height, options.stride_width, options.padding_height,
                        options.padding_width, grad_out.shape[2],     grad_out.shape[3]};
  const std::int64_t channels = grad_weight.shape[0], taps = windows.taps();
  const Call call{windows, grad_out, in, ceil_divide(taps, kColumns) * kColumns};
  const std::int64_t size = channels * call.width;
  thread_local Scratch scratch;
  float* const sums = scratch.floats(size);
  std::fill(sums, sums + size, 0.0f);
  (lanes_pay(windows, in, kSmallImage) && grad_out.strides[3] == 1 ? add_groups : add_images)(call, sums);

  // Where something was not finite, it has met zeros that stand for the padding; the reference leaves them out.
  float not_finite = 0;
  for (std::int64_t i = 0; i < size; ++i) not_finite += sums[i] * 0.0f;
  if (not_finite != 0) return reference.conv2d_backward_weight(grad_out, in, options, grad_weight);
  for (std::int64_t o = 0; o < channels; ++o) {
    const float* from = sums + o * call.width;
    for (std::int64_t i = 0; i < in.shape[1]; ++i)
      for (std::int64_t r = 0; r < windows.kernel_height; ++r)
        for (std::int64_t s = 0; s < windows.kernel_width; ++s) grad_weight(o, i, r, s) += *from++;
  }
}
