// The channels of images, (batch, channels, ...), one at a time.
#pragma once

#include <algorithm>

#include "elementwise.hpp"
#include "kiln/parallel.hpp"

namespace kiln::KILN_IMPL {

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

/// An operation on the elements of each channel of I images that gives another, op_of(c)(in, out). Where all are dense
/// and lie in a cache, going through them plane by plane in the order of memory costs least: a channel's planes are
/// often a multiple of 4096 bytes apart, and a cache keeps few of such. Elsewhere a channel is in a cache once it was
/// looked at.
template <std::size_t I, class OpOf>
class ChannelMap {
 public:
  ChannelMap(const std::array<ConstView, I>& in, const View& out, OpOf op_of)
      : rows_(out.shape, strides(in, out), I, 1), in_(in), out_(out), op_of_(op_of), by_plane_(all_dense()) {}

  /// To be called when what op_of(c) needs is known, from any thread.
  void channel_is_ready(std::int64_t c) const {
    if (by_plane_) return;
    std::array<const float*, I> from;
    for (std::size_t k = 0; k < I; ++k) from[k] = in_[k].data + c * in_[k].strides[1];
    map_rows<I, 1>(rows_, from, {out_.data + c * out_.strides[1]}, op_of_(c));
  }
  /// To be called when it was for all of them.
  void finish() const {
    if (!by_plane_ || out_.size() == 0) return;
    const std::int64_t channels = out_.shape[1], plane = out_.size() / (out_.shape[0] * channels);
    const std::int64_t grain = std::max<std::int64_t>(1, kPiece / (channels * plane));
    parallel_for(0, out_.shape[0], grain, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t n = first; n < last; ++n)
        for (std::int64_t c = 0; c < channels; ++c) {
          const std::int64_t at = (n * channels + c) * plane;
          std::array<const float*, I> from;
          for (std::size_t k = 0; k < I; ++k) from[k] = in_[k].data + at;
          map_dense<false, I, 1>(from, {}, {out_.data + at}, plane, op_of_(c));
        }
    });
  }

 private:
  static std::array<Strides, I + 1> strides(const std::array<ConstView, I>& in, const View& out) {
    std::array<Strides, I + 1> all;
    for (std::size_t k = 0; k < I; ++k) all[k] = in[k].strides;
    all[I] = out.strides;
    return all;
  }
  bool all_dense() const {
    constexpr std::int64_t kCached = 1 << 16;
    return out_.size() <= kCached && out_.is_contiguous() &&
           std::all_of(in_.begin(), in_.end(), [](const ConstView& view) { return view.is_contiguous(); });
  }

  Rows<I + 1> rows_;
  std::array<ConstView, I> in_;
  View out_;
  OpOf op_of_;
  bool by_plane_;
};
template <std::size_t I, class OpOf>
ChannelMap<I, OpOf> channel_map(const std::array<ConstView, I>& in, const View& out, OpOf op_of) {
  return {in, out, op_of};
}

}  // namespace kiln::KILN_IMPL
