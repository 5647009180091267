// Lanes of two vectors taken in turns, and back, and a square of vectors turned over: xsimd 8.1 interleaves within 128
// bits only. The compiler's own vectors do it across the whole.
#pragma once

#include <cstring>
#include <utility>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/contract.hpp"

namespace kiln::KILN_IMPL {

namespace detail {

inline constexpr int kAllLanes = static_cast<int>(xsimd::batch<float>::size);
using Plain [[gnu::vector_size(kAllLanes * sizeof(float))]] = float;
inline constexpr auto kLaneNumbers = std::make_integer_sequence<int, kAllLanes>();

/// Lane i of the result is lane i / 2 + Shift of a (even i) or b (odd i).
template <int Shift, int... Lane>
[[gnu::always_inline]] inline Plain interleave(Plain a, Plain b, std::integer_sequence<int, Lane...>) {
  return __builtin_shufflevector(a, b, (Lane % 2 * kAllLanes + Shift + Lane / 2)...);
}
/// Lane i of the result is lane 2 i + Shift of a and b, one behind the other.
template <int Shift, int... Lane>
[[gnu::always_inline]] inline Plain every_second(Plain a, Plain b, std::integer_sequence<int, Lane...>) {
  return __builtin_shufflevector(a, b, (2 * Lane + Shift)...);
}

/// Lane i of the result is lane i + Shift, around the end.
template <int Shift, int... Lane>
[[gnu::always_inline]] inline Plain rotate(Plain v, std::integer_sequence<int, Lane...>) {
  return __builtin_shufflevector(v, v, ((Lane + Shift) % kAllLanes)...);
}

}  // namespace detail

/// What `combine` makes of all lanes: of each and that which is half of the lanes further on, then of what this left.
template <int Half = detail::kAllLanes / 2, class Combine>
[[gnu::always_inline]] inline float fold(xsimd::batch<float> v, Combine combine) {
  if constexpr (Half > 0) {
    const xsimd::batch<float> other(detail::rotate<Half>(detail::Plain(v.data), detail::kLaneNumbers));
    return fold<Half / 2>(combine(v, other), combine);
  } else {
    return detail::Plain(v.data)[0];
  }
}

/// a0 b0 a1 b1 ...: the first half of both.
inline xsimd::batch<float> interleave_low(const xsimd::batch<float>& a, const xsimd::batch<float>& b) {
  return xsimd::batch<float>(detail::interleave<0>(detail::Plain(a.data), detail::Plain(b.data), detail::kLaneNumbers));
}
/// The second half of both.
inline xsimd::batch<float> interleave_high(const xsimd::batch<float>& a, const xsimd::batch<float>& b) {
  return xsimd::batch<float>(
      detail::interleave<detail::kAllLanes / 2>(detail::Plain(a.data), detail::Plain(b.data), detail::kLaneNumbers));
}
/// Lanes 0, 2, 4, ... of a and b, one behind the other.
inline xsimd::batch<float> even_lanes(const xsimd::batch<float>& a, const xsimd::batch<float>& b) {
  return xsimd::batch<float>(
      detail::every_second<0>(detail::Plain(a.data), detail::Plain(b.data), detail::kLaneNumbers));
}

/// Lanes 1, 3, 5, ... of a and b, one behind the other.
inline xsimd::batch<float> odd_lanes(const xsimd::batch<float>& a, const xsimd::batch<float>& b) {
  return xsimd::batch<float>(
      detail::every_second<1>(detail::Plain(a.data), detail::Plain(b.data), detail::kLaneNumbers));
}

/// Rows become columns: log2(kLanes) rounds, each of which interleaves row i with row i + kLanes / 2.
[[gnu::always_inline]] inline void transpose(xsimd::batch<float> (&rows)[xsimd::batch<float>::size]) {
  constexpr int kLanes = detail::kAllLanes;
  for (int round = 1; round < kLanes; round *= 2) {
    xsimd::batch<float> next[kLanes];
    for (int i = 0; i < kLanes / 2; ++i) {
      next[2 * i] = interleave_low(rows[i], rows[i + kLanes / 2]);
      next[2 * i + 1] = interleave_high(rows[i], rows[i + kLanes / 2]);
    }
    for (int i = 0; i < kLanes; ++i) rows[i] = next[i];
  }
}

}  // namespace kiln::KILN_IMPL
