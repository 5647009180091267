// Transpositions of kLanes images by kLanes pixels, there and back.
#include "image_lanes.hpp"

#include <algorithm>

#include "interleave.hpp"
#include "kiln/parallel.hpp"

namespace kiln::KILN_IMPL {

using namespace product;

LaneLayout::LaneLayout(const Windows& windows)
    : windows_(windows),
      rows_((windows.out_height - 1) * windows.stride_height + windows.kernel_height),
      columns_((windows.out_width - 1) * windows.stride_width + windows.kernel_width) {
  std::vector<char> taken(static_cast<std::size_t>(rows_ * columns_), 0);
  places_.reserve(static_cast<std::size_t>(windows.in_height * windows.in_width));
  for (std::int64_t h = 0; h < windows.in_height; ++h)
    for (std::int64_t w = 0; w < windows.in_width; ++w) {
      const std::int64_t y = h * windows.spread_height + windows.padding_height;
      const std::int64_t x = w * windows.spread_width + windows.padding_width;
      const bool seen = y >= 0 && y < rows_ && x >= 0 && x < columns_;
      places_.push_back(seen ? y * columns_ + x : -1);
      if (seen) taken[static_cast<std::size_t>(places_.back())] = 1;
    }
  for (std::int64_t at = 0; at < rows_ * columns_; ++at)
    if (taken[static_cast<std::size_t>(at)] == 0) zeros_.push_back(at);
}

std::vector<std::int64_t> LaneLayout::tap_offsets() const {
  std::vector<std::int64_t> offsets;
  offsets.reserve(static_cast<std::size_t>(windows_.taps()));
  for (std::int64_t i = 0; i < windows_.channels; ++i)
    for (std::int64_t r = 0; r < windows_.kernel_height; ++r)
      for (std::int64_t s = 0; s < windows_.kernel_width; ++s)
        offsets.push_back(((i * rows_ + r) * columns_ + s) * kGroup);
  return offsets;
}

void LaneLayout::lay_out_channel(const ConstView& images, std::int64_t channel, float* lanes) const {
  for (const std::int64_t at : zeros_)
    for (int v = 0; v < kVectors; ++v) Vector(0.0f).store_aligned(lanes + at * kGroup + v * kLanes);
  const std::int64_t pixels = windows_.in_height * windows_.in_width, width = windows_.in_width;
  const std::int64_t run = run_of(images.strides[2], windows_.in_height, width);
  for (std::int64_t begin = 0; begin < pixels; begin += run) {
    const float* const from = images.data + channel * images.strides[1] + begin / width * images.strides[2];
    for (std::int64_t first = 0; first < run; first += kLanes) {
      const std::int64_t count = std::min<std::int64_t>(kLanes, run - first);
      const std::int64_t* const places = places_.data() + begin + first;
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
          if (i < count && places[i] >= 0) block[i].store_aligned(lanes + places[i] * kGroup + v * kLanes);
      }
    }
  }
}

void LaneLayout::lay_out(const ConstView& images, float* lanes) const {
  constexpr std::int64_t kBlockPixels = 1024;  // that a thread lays out at least
  const std::int64_t pixels = rows_ * columns_;
  parallel_for(0, windows_.channels, ceil_divide(kBlockPixels, pixels), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t channel = first; channel < last; ++channel)
      lay_out_channel(images, channel, lanes + channel * pixels * kGroup);
  });
}

void write_lanes(const float* lanes, std::int64_t images, std::int64_t count, float beta, float bias, float* out,
                 std::int64_t image_stride) {
  for (std::int64_t first = 0; first < images; first += kLanes, lanes += kLanes) {
    Vector block[kLanes];
    for (int i = 0; i < kLanes; ++i) block[i] = Vector::load_aligned(lanes + i * kGroup);
    transpose(block);
    for (int i = 0; i < kLanes; ++i)
      if (first + i < images) write(block[i], {1, beta}, bias, out + (first + i) * image_stride, count);
  }
}

}  // namespace kiln::KILN_IMPL
