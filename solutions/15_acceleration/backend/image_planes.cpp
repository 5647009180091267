// Where the taps stand, and the copy of an image that they read.
#include "image_planes.hpp"

#include <algorithm>
#include <cstring>

namespace kiln::KILN_IMPL {
namespace {

/// One row of a plane: element x is in[(x * stride + shift) / spread] where that is a pixel of `width`, else 0.
void lay_out_row(const float* in, std::int64_t step, std::int64_t width, std::int64_t stride, std::int64_t shift,
                 std::int64_t spread, float* out, std::int64_t count) {
  if (stride == 1 && spread == 1 && step == 1) {
    const std::int64_t first = std::clamp<std::int64_t>(-shift, 0, count);
    const std::int64_t last = std::clamp<std::int64_t>(width - shift, first, count);
    std::fill(out, out + first, 0.0f);
    std::memcpy(out + first, in + first + shift, static_cast<std::size_t>(last - first) * sizeof(float));
    std::fill(out + last, out + count, 0.0f);
    return;
  }
  for (std::int64_t x = 0; x < count; ++x) {
    const std::int64_t at = x * stride + shift;
    const bool inside = at >= 0 && at % spread == 0 && at / spread < width;
    out[x] = inside ? in[at / spread * step] : 0.0f;
  }
}

}  // namespace

std::vector<std::int64_t> tap_offsets(const Windows& windows) {
  std::vector<std::int64_t> offsets;
  offsets.reserve(static_cast<std::size_t>(windows.taps()));
  for (std::int64_t i = 0; i < windows.channels; ++i)
    for (std::int64_t r = 0; r < windows.kernel_height; ++r)
      for (std::int64_t s = 0; s < windows.kernel_width; ++s) {
        const std::int64_t plane = (i * windows.stride_height + r % windows.stride_height) * windows.stride_width +
                                   s % windows.stride_width;
        offsets.push_back(plane * windows.plane() + r / windows.stride_height * windows.pitch() +
                          s / windows.stride_width);
      }
  return offsets;
}

void lay_out(const ConstView& image, const Windows& windows, float* planes) {
  float* out = planes;
  for (std::int64_t i = 0; i < windows.channels; ++i)
    for (std::int64_t below = 0; below < windows.stride_height; ++below)
      for (std::int64_t right = 0; right < windows.stride_width; ++right)
        for (std::int64_t y = 0; y < windows.plane_rows(); ++y, out += windows.pitch()) {
          const std::int64_t at = y * windows.stride_height + below - windows.padding_height;
          if (at < 0 || at % windows.spread_height != 0 || at / windows.spread_height >= windows.in_height) {
            std::fill(out, out + windows.pitch(), 0.0f);
            continue;
          }
          const float* const row = image.data + i * image.strides[0] + at / windows.spread_height * image.strides[1];
          lay_out_row(row, image.strides[2], windows.in_width, windows.stride_width, right - windows.padding_width,
                      windows.spread_width, out, windows.pitch());
        }
  std::fill(out, out + Windows::kBeyond, 0.0f);
}

}  // namespace kiln::KILN_IMPL
