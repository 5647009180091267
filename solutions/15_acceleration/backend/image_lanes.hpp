// A group of images laid out with the images as the lanes of vectors: pixel by pixel, each pixel's kGroup values of all
// images side by side. No lane is empty, however small the images are, every tap of a window reads whole vectors, and
// what lies outside of an image is no tap of its windows.
#pragma once

#include "image_planes.hpp"
#include "micro_kernel.hpp"

namespace kiln::KILN_IMPL {

/// Images of a group: the columns of a tile.
inline constexpr std::int64_t kGroup = product::kColumns;

/// Whether that pays for windows over images of at most so many pixels: they must be dense along their rows, fill the
/// lanes, and a group of them the cache and no more.
inline bool lanes_pay(const Windows& windows, const ConstView& images, std::int64_t most_pixels) {
  return images.strides[3] == 1 && 2 * images.shape[0] > kGroup && windows.in_height <= most_pixels &&
         windows.in_width <= most_pixels && windows.in_height * windows.in_width <= most_pixels &&
         windows.out_height * windows.out_width <= most_pixels &&
         windows.channels * windows.in_height * windows.in_width * kGroup <= 1024 * most_pixels;
}

/// Floats of one group of such images, (., channels, height, width).
inline std::int64_t lane_floats(const ConstView& images) {
  return images.shape[1] * images.shape[2] * images.shape[3] * kGroup;
}

/// Lays out `images`, at most kGroup of them, whose rows are dense: pixel (c, h, w) of all of them begins at
/// lanes + ((c * height + h) * width + w) * kGroup, and `lanes` is aligned to a vector. Missing images are zeros.
void lay_out_lanes(const ConstView& images, float* lanes);

/// The way back for kLanes pixels that stand side by side in `lanes`: those of image n to pixels + n * image_stride,
/// all aligned.
void turn_lanes(const float* lanes, float* pixels, std::int64_t image_stride);

/// A stretch of a plane's pixels that are neighbours in memory: the whole plane, or a row of it.
inline std::int64_t run_of(std::int64_t row_stride, std::int64_t height, std::int64_t width) {
  return row_stride == width ? height * width : width;
}

}  // namespace kiln::KILN_IMPL
