// A group of images laid out with the images as the lanes of vectors: pixel by pixel, each pixel's kGroup values of all
// images side by side. No lane is empty, however small the images are, and every tap of a window reads whole vectors.
#pragma once

#include <vector>

#include "image_planes.hpp"
#include "micro_kernel.hpp"

namespace kiln::KILN_IMPL {

/// Images of a group: the columns of a tile.
inline constexpr std::int64_t kGroup = product::kColumns;

/// Whether that pays for windows over images of at most so many pixels: they must be dense along their rows, fill the
/// lanes, and a group of them, padded, the cache and no more.
inline bool lanes_pay(const Windows& windows, const ConstView& images, std::int64_t most_pixels) {
  const std::int64_t rows = (windows.out_height - 1) * windows.stride_height + windows.kernel_height;
  const std::int64_t columns = (windows.out_width - 1) * windows.stride_width + windows.kernel_width;
  return images.strides[3] == 1 && 2 * images.shape[0] > kGroup &&
         windows.out_height * windows.out_width <= most_pixels && rows <= most_pixels && columns <= most_pixels &&
         windows.channels * rows * columns * kGroup <= 1280 * most_pixels;
}

/// Where the pixels of a padded image stand, in pixels: window (y, x) sees tap (i, r, s) at at(y, x) + tap(i, r, s).
class LaneLayout {
 public:
  explicit LaneLayout(const Windows& windows);

  std::int64_t at(std::int64_t y, std::int64_t x) const {
    return y * windows_.stride_height * columns_ + x * windows_.stride_width;
  }
  /// From one window of a row to the next.
  std::int64_t step() const { return windows_.stride_width; }
  /// For each tap, in row-major order of (channel, r, s), in floats.
  std::vector<std::int64_t> tap_offsets() const;
  /// Floats of one group.
  std::int64_t floats() const { return windows_.channels * rows_ * columns_ * kGroup; }

  /// Lays out `images` (at most kGroup of them, channels, in_height, in_width), whose rows are dense; every float of
  /// `lanes`, aligned to a vector, is written. Missing images are zeros.
  void lay_out(const ConstView& images, float* lanes) const;

 private:
  void lay_out_channel(const ConstView& images, std::int64_t channel, float* lanes) const;

  Windows windows_;
  std::int64_t rows_, columns_;       ///< of a padded image, as far as windows see it
  std::vector<std::int64_t> places_;  ///< of each pixel of an image; -1 where no window sees it
  std::vector<std::int64_t> zeros_;   ///< where no pixel stands
};

/// Writes `count` pixels, at most kLanes, that stand side by side in `lanes`, aligned: image n's to
/// out + n * image_stride, as beta * out + pixel + bias.
void write_lanes(const float* lanes, std::int64_t images, std::int64_t count, float beta, float bias, float* out,
                 std::int64_t image_stride);

/// A stretch of a plane's pixels that are neighbours in memory: the whole plane, or a row of it.
inline std::int64_t run_of(std::int64_t row_stride, std::int64_t height, std::int64_t width) {
  return row_stride == width ? height * width : width;
}

}  // namespace kiln::KILN_IMPL
