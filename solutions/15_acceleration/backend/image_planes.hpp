// An image laid out so that every tap of a convolution's windows reads neighbours: padded, and with a stride cut into
// planes, one for each remainder of row and column. Output pixel (y, x) stands at p = y * pitch + x, and tap (r, s) of
// channel i reads planes[p + offset(i, r, s)]: the rows of a matrix product, without a copy for each tap.
#pragma once

#include <cstdint>
#include <vector>

#include "kiln/kernels/spatial.hpp"

namespace kiln::KILN_IMPL {

/// Windows over images of one shape. Zeros stand for what lies outside, and between the pixels where they are spread
/// out (for the way back through a stride). A padding may be negative.
struct Windows {
  std::int64_t channels, in_height, in_width;
  std::int64_t kernel_height, kernel_width;
  std::int64_t stride_height, stride_width;
  std::int64_t padding_height, padding_width;
  std::int64_t out_height, out_width;
  std::int64_t spread_height = 1, spread_width = 1;  ///< from one pixel of the image to the next

  std::int64_t taps() const { return channels * kernel_height * kernel_width; }
  /// From one row of output pixels to the next; what lies beyond out_width computes nothing that is asked for.
  std::int64_t pitch() const { return out_width + (kernel_width - 1) / stride_width; }
  std::int64_t plane_rows() const { return out_height + (kernel_height - 1) / stride_height; }
  std::int64_t plane() const { return plane_rows() * pitch(); }
  /// Floats of one image's planes, with room for vectors that read beyond the last pixel.
  std::int64_t planes() const { return channels * stride_height * stride_width * plane() + kBeyond; }
  static constexpr std::int64_t kBeyond = 64;
};

/// Image n of a batch.
template <class T>
BasicView<T> image_of(const BasicView<T>& batch, std::int64_t n) {
  return {batch.data + n * batch.strides[0],
          {batch.shape[1], batch.shape[2], batch.shape[3]},
          {batch.strides[1], batch.strides[2], batch.strides[3]}};
}

/// Images [first, first + count) of a batch.
template <class T>
BasicView<T> images_of(const BasicView<T>& batch, std::int64_t first, std::int64_t count) {
  Shape shape = batch.shape;
  shape[0] = count;
  return {batch.data + first * batch.strides[0], shape, batch.strides};
}

/// offset(i, r, s) for each tap, in row-major order of (channel, r, s).
std::vector<std::int64_t> tap_offsets(const Windows& windows);

/// Lays out one image (channels, in_height, in_width) of any strides; every float of `planes` is written.
void lay_out(const ConstView& image, const Windows& windows, float* planes);

}  // namespace kiln::KILN_IMPL
