// Where the taps stand, and the copy of an image that they read.
#include "image_planes.hpp"

#include <algorithm>

#include "interleave.hpp"

namespace kiln::KILN_IMPL {
namespace {

using Vector = xsimd::batch<float>;
constexpr std::int64_t kLanes = Vector::size;

/// The pixels of one row, and how many floats may be read from its first on.
struct Row {
  const float* in;
  std::int64_t step, width, readable;
};

/// One row of a plane: element x is the pixel (x * stride + shift) / spread where there is one, else 0. More may be
/// written behind it, up to a whole vector: what stands there is written later.
void lay_out_row(const Row& row, std::int64_t stride, std::int64_t shift, std::int64_t spread, float* out,
                 std::int64_t count) {
  std::int64_t x = 0;
  if (stride <= 2 && spread == 1 && row.step == 1) {
    for (; x < count && x * stride + shift < 0; ++x) out[x] = 0.0f;
    // Vectors that read beyond the row's end cost less than masks; zeros then take the place of what was too much.
    for (; x < count && x * stride + shift + stride * kLanes <= row.readable; x += kLanes) {
      const float* const from = row.in + x * stride + shift;
      const auto pixels = Vector::load_unaligned(from);
      (stride == 1 ? pixels : even_lanes(pixels, Vector::load_unaligned(from + kLanes))).store_unaligned(out + x);
    }
    const std::int64_t inside = row.width > shift ? (row.width - shift + stride - 1) / stride : 0;
    for (std::int64_t beyond = inside; beyond < std::min(x, count); ++beyond) out[beyond] = 0.0f;
  }
  for (; x < count; ++x) {
    const std::int64_t at = x * stride + shift;
    const bool inside = at >= 0 && (spread == 1 || at % spread == 0) && at / spread < row.width;
    out[x] = inside ? row.in[at / spread * row.step] : 0.0f;
  }
}

/// The pixel row that stands at `at`, or -1 for none. Divisions cost more than a row's pixels.
std::int64_t spread_row(std::int64_t at, std::int64_t spread) {
  if (spread == 1 || at < 0) return at;
  return at % spread == 0 ? at / spread : -1;
}

/// Behind the last pixel in memory; null where a stride is negative.
const float* end_of(const ConstView& image) {
  const float* last = image.data;
  for (int d = 0; d < image.rank(); ++d) {
    if (image.strides[d] < 0) return nullptr;
    last += (image.shape[d] - 1) * image.strides[d];
  }
  return last + 1;
}

}  // namespace

std::vector<std::int64_t> tap_offsets(const Windows& windows) {
  std::vector<std::int64_t> offsets;
  offsets.reserve(static_cast<std::size_t>(windows.taps()));
  for (std::int64_t i = 0; i < windows.channels; ++i)
    for (std::int64_t r = 0; r < windows.kernel_height; ++r)
      for (std::int64_t s = 0; s < windows.kernel_width; ++s) {
        const std::int64_t plane =
            (i * windows.stride_height + r % windows.stride_height) * windows.stride_width + s % windows.stride_width;
        offsets.push_back(plane * windows.plane() + r / windows.stride_height * windows.pitch() +
                          s / windows.stride_width);
      }
  return offsets;
}

void lay_out(const ConstView& image, const Windows& windows, float* planes) {
  const float* const end = end_of(image);
  float* out = planes;
  for (std::int64_t i = 0; i < windows.channels; ++i)
    for (std::int64_t below = 0; below < windows.stride_height; ++below)
      for (std::int64_t right = 0; right < windows.stride_width; ++right)
        for (std::int64_t y = 0; y < windows.plane_rows(); ++y, out += windows.pitch()) {
          const std::int64_t at = y * windows.stride_height + below - windows.padding_height;
          const std::int64_t h = spread_row(at, windows.spread_height);
          if (h < 0 || h >= windows.in_height) {
            std::fill(out, out + windows.pitch(), 0.0f);
            continue;
          }
          const float* const row = image.data + i * image.strides[0] + h * image.strides[1];
          const std::int64_t readable = end == nullptr ? 0 : end - row;
          lay_out_row({row, image.strides[2], windows.in_width, readable}, windows.stride_width,
                      right - windows.padding_width, windows.spread_width, out, windows.pitch());
        }
  std::fill(out, out + Windows::kBeyond, 0.0f);
}

}  // namespace kiln::KILN_IMPL
