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

/// Within every four lanes: a, b, the next of a, the next of b, from lane First on.
template <int First, int... Lane>
[[gnu::always_inline]] inline Plain unpack(Plain a, Plain b, std::integer_sequence<int, Lane...>) {
  return __builtin_shufflevector(a, b, (Lane % 2 * kAllLanes + Lane / 4 * 4 + First + Lane % 4 / 2)...);
}
/// Squares of four lanes: the even (Odd = 0) or odd ones of a and b, one behind the other.
template <int Odd, int... Lane>
[[gnu::always_inline]] inline Plain every_second_square(Plain a, Plain b, std::integer_sequence<int, Lane...>) {
  return __builtin_shufflevector(a, b, (Lane / 4 * 8 + Odd * 4 + Lane % 4)...);
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

/// Rows become columns. First squares of four by four within every four lanes, which processors shuffle fastest, then
/// these squares among each other: of two rows the even ones, then the odd ones, until each row has those of one
/// column.
[[gnu::always_inline]] inline void transpose(xsimd::batch<float> (&rows)[xsimd::batch<float>::size]) {
  using namespace detail;
  Plain from[kAllLanes], to[kAllLanes];
  for (int i = 0; i < kAllLanes; ++i) from[i] = Plain(rows[i].data);
  for (int i = 0; i < kAllLanes; i += 4) {
    const Plain low02 = unpack<0>(from[i], from[i + 2], kLaneNumbers);
    const Plain high02 = unpack<2>(from[i], from[i + 2], kLaneNumbers);
    const Plain low13 = unpack<0>(from[i + 1], from[i + 3], kLaneNumbers);
    const Plain high13 = unpack<2>(from[i + 1], from[i + 3], kLaneNumbers);
    to[i] = unpack<0>(low02, low13, kLaneNumbers);
    to[i + 1] = unpack<2>(low02, low13, kLaneNumbers);
    to[i + 2] = unpack<0>(high02, high13, kLaneNumbers);
    to[i + 3] = unpack<2>(high02, high13, kLaneNumbers);
  }
  for (int squares = kAllLanes / 4; squares > 1; squares /= 2) {
    for (int i = 0; i < kAllLanes; ++i) from[i] = to[i];
    for (int i = 0; i < kAllLanes; i += 8)
      for (int k = 0; k < 4; ++k) {
        to[i / 2 + k] = every_second_square<0>(from[i + k], from[i + 4 + k], kLaneNumbers);
        to[kAllLanes / 2 + i / 2 + k] = every_second_square<1>(from[i + k], from[i + 4 + k], kLaneNumbers);
      }
  }
  for (int i = 0; i < kAllLanes; ++i) rows[i] = xsimd::batch<float>(to[i]);
}

}  // namespace kiln::KILN_IMPL
