// The channels of images, (batch, channels, ...), one at a time.
#pragma once

#include <algorithm>

#include "kiln/parallel.hpp"
#include "partial.hpp"
#include "scratch.hpp"
#include "walk.hpp"

namespace kiln::KILN_IMPL {

/// The elements of one channel.
template <class T>
BasicView<T> channel_of(const BasicView<T>& images, std::int64_t c) {
  BasicView<T> channel{images.data + c * images.strides[1], {}, {}};
  for (int d = 0; d < images.rank(); ++d)
    if (d != 1) {
      channel.shape.push_back(images.shape[d]);
      channel.strides.push_back(images.strides[d]);
    }
  return channel;
}

/// Those of image n alone.
template <class T>
BasicView<T> plane_of(const BasicView<T>& images, std::int64_t n, std::int64_t c) {
  BasicView<T> plane{images.data + n * images.strides[0] + c * images.strides[1], {}, {}};
  for (int d = 2; d < images.rank(); ++d) {
    plane.shape.push_back(images.shape[d]);
    plane.strides.push_back(images.strides[d]);
  }
  return plane;
}

/// One channel's elements side by side, for walks over many images so small that getting to each costs more than what
/// it holds: a copy where that pays, else the channel as it is.
template <class T>
class Gathered {
 public:
  enum Use { read, overwrite };

  /// `operand`, below 3, tells apart what is gathered at the same time.
  Gathered(const BasicView<T>& channel, int operand, Use use = read) : channel_(channel), view_(channel) {
    constexpr std::int64_t kSmallPlane = 256, kMostElements = 1 << 15;
    const std::int64_t elements = channel.size();
    if (elements == 0 || elements > kMostElements) return;
    for (int d = channel.rank() - 1; d > 0; --d) {
      if (channel.shape[d] != 1 && channel.strides[d] != plane_) return;
      plane_ *= channel.shape[d];
    }
    if (plane_ >= kSmallPlane) return;
    thread_local Scratch memory[3];
    float* const copy = memory[operand].floats(elements);
    view_.data = copy;
    for (int d = channel.rank() - 1, step = 1; d >= 0; step *= static_cast<int>(channel.shape[d--]))
      view_.strides[d] = step;
    if (use == read)
      for (std::int64_t n = 0; n < channel.shape[0]; ++n)
        copy_plane(copy + n * plane_, channel.data + n * channel.strides[0]);
  }

  const BasicView<T>& view() const { return view_; }
  /// Takes to the channel what was written to the view.
  void write_back() const {
    if (view_.data == channel_.data) return;
    for (std::int64_t n = 0; n < channel_.shape[0]; ++n)
      copy_plane(channel_.data + n * channel_.strides[0], view_.data + n * plane_);
  }

 private:
  /// A plane is too short for a call of memcpy to be worth it.
  void copy_plane(float* to, const float* from) const {
    std::int64_t i = 0;
    for (; i + simd::kLanes <= plane_; i += simd::kLanes)
      simd::Vector::load_unaligned(from + i).store_unaligned(to + i);
    if (i < plane_) simd::store_part(to + i, simd::load_part(from + i, plane_ - i), plane_ - i);
  }

  BasicView<T> channel_, view_;
  std::int64_t plane_ = 1;
};

/// body(channel) for all of them, on all threads where there is much to do.
template <class Body>
void for_each_channel(const ConstView& images, Body body) {
  if (images.size() == 0) return;
  const std::int64_t channels = images.shape[1];
  const std::int64_t grain = std::max<std::int64_t>(1, kPiece * channels / images.size());
  parallel_for(0, channels, grain, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t c = first; c < last; ++c) body(c);
  });
}

}  // namespace kiln::KILN_IMPL
