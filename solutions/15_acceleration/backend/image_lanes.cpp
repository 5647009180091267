// Transpositions of kLanes images by kLanes pixels, there and back.
#include "image_lanes.hpp"

#include <algorithm>

#include "interleave.hpp"
#include "kiln/parallel.hpp"

namespace kiln::KILN_IMPL {

using namespace product;

namespace {

void lay_out_channel(const ConstView& images, std::int64_t channel, float* lanes) {
  const std::int64_t height = images.shape[2], width = images.shape[3];
  const std::int64_t run = run_of(images.strides[2], height, width);
  for (std::int64_t begin = 0; begin < height * width; begin += run) {
    const float* const from = images.data + channel * images.strides[1] + begin / width * images.strides[2];
    for (std::int64_t first = 0; first < run; first += kLanes) {
      const std::int64_t count = std::min<std::int64_t>(kLanes, run - first);
      float* const to = lanes + (begin + first) * kGroup;
      for (int v = 0; v < kVectors; ++v) {
        Vector block[kLanes];
        const std::int64_t present = images.shape[0] - v * kLanes;
        for (int i = 0; i < kLanes; ++i) {
          const float* const image = from + (v * kLanes + i) * images.strides[0] + first;
          block[i] = i >= present      ? Vector(0.0f)
                     : count == kLanes ? Vector::load_unaligned(image)
                                       : simd::load_part(image, count);
        }
        transpose(block);
        for (int i = 0; i < kLanes; ++i)
          if (i < count) block[i].store_aligned(to + i * kGroup + v * kLanes);
      }
    }
  }
}

}  // namespace

void lay_out_lanes(const ConstView& images, float* lanes) {
  constexpr std::int64_t kBlockPixels = 512;  // that a thread lays out at least
  const std::int64_t pixels = images.shape[2] * images.shape[3];
  parallel_for(0, images.shape[1], ceil_divide(kBlockPixels, pixels), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t channel = first; channel < last; ++channel)
      lay_out_channel(images, channel, lanes + channel * pixels * kGroup);
  });
}

void turn_lanes(const float* lanes, float* pixels, std::int64_t image_stride) {
  for (int v = 0; v < kVectors; ++v) {
    Vector block[kLanes];
    for (int i = 0; i < kLanes; ++i) block[i] = Vector::load_aligned(lanes + i * kGroup + v * kLanes);
    transpose(block);
    for (int i = 0; i < kLanes; ++i) block[i].store_aligned(pixels + (v * kLanes + i) * image_stride);
  }
}

}  // namespace kiln::KILN_IMPL
