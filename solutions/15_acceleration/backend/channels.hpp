// The channels of images, (batch, channels, ...), one at a time.
#pragma once

#include <algorithm>

#include "kiln/parallel.hpp"
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
