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
#include "windows.hpp"

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

/// The output channels of a tile that has so many input channels: as many sums as registers, and enough of both factors
/// to use each several times.
constexpr int tile_channels(int inputs) {
#ifdef __AVX512F__
  return inputs <= 3 ? 8 : 4;
#else
  return inputs == 1 ? 8 : inputs == 2 ? 4 : 2;
#endif
}
#ifdef __AVX512F__
constexpr int kTileInputs = 6;
#else
constexpr int kTileInputs = 4;
#endif

/// The windows that have a tap inside the image, and where its pixel and the gradient of the first of them stand.
struct SeenTap {
  std::int64_t rows, columns, pixel, gradient;
};
std::vector<SeenTap> seen_taps(const Windows& windows) {
  std::vector<SeenTap> taps;
  for (std::int64_t r = 0; r < windows.kernel_height; ++r)
    for (std::int64_t s = 0; s < windows.kernel_width; ++s) {
      const impl::Range rows = impl::windows_of_tap(r, windows.in_height, windows.stride_height, windows.padding_height)
                                   .within(0, windows.out_height);
      const impl::Range columns = impl::windows_of_tap(s, windows.in_width, windows.stride_width, windows.padding_width)
                                      .within(0, windows.out_width);
      const std::int64_t h = rows.begin * windows.stride_height - windows.padding_height + r;
      const std::int64_t w = columns.begin * windows.stride_width - windows.padding_width + s;
      taps.push_back({rows.end - rows.begin, columns.end - columns.begin, (h * windows.in_width + w) * impl::kGroup,
                      (rows.begin * windows.out_width + columns.begin) * impl::kGroup});
    }
  return taps;
}

/// Pixels and gradients of a group of images, as lanes.
struct Lanes {
  const Windows& windows;
  const std::vector<SeenTap>& taps;
  const float *pixels, *gradients;
};

/// One tap of a tile of output and input channels: sums[o * width + i * taps] += gradient times pixel over all images
/// and the windows that have the tap inside the image.
template <int Outputs, int Inputs>
void add_tap(const Lanes& lanes, const SeenTap& tap, std::int64_t first_output, std::int64_t first_input, float* sums,
             std::int64_t width, std::int64_t taps) {
  const Windows& windows = lanes.windows;
  const std::int64_t plane = windows.in_height * windows.in_width * impl::kGroup;
  const std::int64_t out_plane = windows.out_height * windows.out_width * impl::kGroup;
  const std::int64_t step = windows.stride_width * impl::kGroup;
  Vector tile[Outputs][Inputs];
  for (auto& row : tile)
    for (Vector& sum : row) sum = Vector(0.0f);
  const float* pixel_row = lanes.pixels + first_input * plane + tap.pixel;
  const float* gradient_row = lanes.gradients + first_output * out_plane + tap.gradient;
  for (std::int64_t y = 0; y < tap.rows; ++y) {
    const float *pixel = pixel_row, *gradient = gradient_row;
    pixel_row += windows.stride_height * windows.in_width * impl::kGroup;
    gradient_row += windows.out_width * impl::kGroup;
    for (std::int64_t x = 0; x < tap.columns; ++x, pixel += step, gradient += impl::kGroup)
      for (int v = 0; v < kVectors; ++v) {
        Vector of_input[Inputs];
        for (int i = 0; i < Inputs; ++i) of_input[i] = Vector::load_aligned(pixel + i * plane + v * kLanes);
        for (int o = 0; o < Outputs; ++o) {
          const auto of_output = Vector::load_aligned(gradient + o * out_plane + v * kLanes);
          for (int i = 0; i < Inputs; ++i) tile[o][i] = xsimd::fma(of_output, of_input[i], tile[o][i]);
        }
      }
  }
  for (int o = 0; o < Outputs; ++o)
    for (int i = 0; i < Inputs; ++i) sums[o * width + i * taps] += xsimd::hadd(tile[o][i]);
}

/// All taps of output channels [first, last) and the Inputs input channels from `input` on.
template <int Inputs>
void add_inputs(const Lanes& lanes, std::int64_t first, std::int64_t last, std::int64_t input, float* sums,
                std::int64_t width) {
  constexpr int kOutputs = tile_channels(Inputs);
  const auto taps = std::ssize(lanes.taps);
  const auto add = [&](auto add_some, std::int64_t o) {
    float* to = sums + o * width + input * taps;
    for (const SeenTap& tap : lanes.taps) add_some(lanes, tap, o, input, to++, width, taps);
  };
  std::int64_t o = first;
  for (; o + kOutputs <= last; o += kOutputs) add(add_tap<kOutputs, Inputs>, o);
  for (; o < last; ++o) add(add_tap<1, Inputs>, o);
}
template <int... Less>
auto adder_of(std::int64_t inputs, std::integer_sequence<int, Less...>) {
  constexpr decltype(&add_inputs<1>) kAdders[] = {add_inputs<Less + 1>...};
  return kAdders[inputs - 1];
}

/// sums (out_channels, width) += gradient windows^T over all images, with the images as lanes.
void add_groups(const Call& call, float* sums) {
  thread_local Scratch pixel_scratch, gradient_scratch;
  float* const pixels = pixel_scratch.floats(impl::lane_floats(call.in));
  float* const gradients = gradient_scratch.floats(impl::lane_floats(call.grad_out));
  const std::vector<SeenTap> taps = seen_taps(call.windows);
  const Lanes lanes{call.windows, taps, pixels, gradients};
  for (std::int64_t n = 0; n < call.in.shape[0]; n += impl::kGroup) {
    const std::int64_t images = std::min(impl::kGroup, call.in.shape[0] - n);
    impl::lay_out_lanes(impl::images_of(call.in, n, images), pixels);
    impl::lay_out_lanes(impl::images_of(call.grad_out, n, images), gradients);
    parallel_for(0, call.grad_out.shape[1], tile_channels(1), [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = 0; i < call.windows.channels; i += kTileInputs) {
        const std::int64_t inputs = std::min<std::int64_t>(kTileInputs, call.windows.channels - i);
        adder_of(inputs, std::make_integer_sequence<int, kTileInputs>())(lanes, first, last, i, sums, call.width);
      }
    });
  }
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
  if (lanes_pay(windows, in, kSmallImage) && grad_out.strides[3] == 1) {
    add_groups(call, sums);
  } else {
    add_images(call, sums);
    // Where something was not finite, it has met zeros that stand for the padding; the reference leaves them out.
    float not_finite = 0;
    for (std::int64_t i = 0; i < size; ++i) not_finite += sums[i] * 0.0f;
    if (not_finite != 0) return reference.conv2d_backward_weight(grad_out, in, options, grad_weight);
  }
  for (std::int64_t o = 0; o < channels; ++o) {
    const float* from = sums + o * call.width;
    if (grad_weight.is_contiguous()) {
      for (std::int64_t tap = 0; tap < taps; ++tap) grad_weight.data[o * taps + tap] += from[tap];
      continue;
    }
    for (std::int64_t i = 0; i < in.shape[1]; ++i)
      for (std::int64_t r = 0; r < windows.kernel_height; ++r)
        for (std::int64_t s = 0; s < windows.kernel_width; ++s) grad_weight(o, i, r, s) += *from++;
  }
}
