// What is computed of a row with vectors: its largest element, sums over it, and exp of it. Sums run in four vectors
// side by side, so that no addition waits for another, and so that a sum errs less than one after the other would.
#pragma once

#include "interleave.hpp"
#include "simd.hpp"
#include "walk.hpp"

namespace kiln::KILN_IMPL {

inline float largest_lane(simd::Vector v) {
  return fold(v, [](simd::Vector a, simd::Vector b) { return xsimd::max(a, b); });
}

/// The largest of n neighbours; -inf of none. Whether a NaN is passed over is not said.
inline float largest(const float* row, std::int64_t n) {
  using namespace simd;
  Vector best[4];
  for (Vector& b : best) b = Vector(-kInfinity);
  std::int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes)
    for (int k = 0; k < 4; ++k) best[k] = xsimd::max(best[k], load(row + i + k * kLanes));
  for (; i + kLanes <= n; i += kLanes) best[0] = xsimd::max(best[0], load(row + i));
  if (i < n) best[1] = xsimd::max(best[1], load_part(row + i, n - i, -kInfinity));
  return largest_lane(xsimd::max(xsimd::max(best[0], best[1]), xsimd::max(best[2], best[3])));
}

/// Four vectors of sums side by side, none of which waits for another.
struct Sums {
  simd::Vector sums[4] = {simd::Vector(0.0f), simd::Vector(0.0f), simd::Vector(0.0f), simd::Vector(0.0f)};

  /// Adds term(i, count), a Vector of the elements from i on: of kLanes, or at the end of `count` fewer, where the
  /// lanes behind them hold zeros.
  template <class Term>
  [[gnu::always_inline]] void add(std::int64_t n, Term term) {
    using namespace simd;
    std::int64_t i = 0;
    for (; i + 4 * kLanes <= n; i += 4 * kLanes)
      for (int k = 0; k < 4; ++k) sums[k] = sums[k] + term(i + k * kLanes, kLanes);
    for (; i + kLanes <= n; i += kLanes) sums[0] = sums[0] + term(i, kLanes);
    if (i < n) sums[1] = sums[1] + term(i, n - i);
  }
  float total() const { return xsimd::hadd((sums[0] + sums[1]) + (sums[2] + sums[3])); }
};

/// The sum over n elements, as Sums adds them.
template <class Term>
[[gnu::always_inline]] inline float sum_terms(std::int64_t n, Term term) {
  Sums sums;
  sums.add(n, term);
  return sums.total();
}

/// Elements [i, i + count) of dense memory.
inline simd::Vector load_some(const float* from, std::int64_t i, std::int64_t count, float fill = 0) {
  return count == simd::kLanes ? simd::load(from + i) : simd::load_part(from + i, count, fill);
}
inline void store_some(float* to, std::int64_t i, simd::Vector v, std::int64_t count) {
  if (count == simd::kLanes)
    v.store_unaligned(to + i);
  else
    simd::store_part(to + i, v, count);
}

/// The sum of exp(row[i] - shift).
inline float sum_of_exp(const float* row, std::int64_t n, float shift) {
  return sum_terms(n, [=](std::int64_t i, std::int64_t count) {
    return simd::exp(load_some(row, i, count, -simd::kInfinity) - simd::Vector(shift));
  });
}

/// Calls body(elements, first, count) for the blocks of a row of any step; a dense row is one block.
template <class Body>
void for_each_block(const float* row, std::int64_t step, std::int64_t n, Body body) {
  if (step == 1) return body(row, std::int64_t{0}, n);
  alignas(64) float buffer[kBlock];
  for (std::int64_t i = 0; i < n; i += kBlock) {
    const std::int64_t count = std::min(kBlock, n - i);
    body(gathered(row + i * step, step, count, buffer), i, count);
  }
}

/// The largest element of a row of any step, or 0 where that is -inf: what is subtracted from a row so that exp does
/// not overflow. -inf - -inf would be NaN, -inf - 0 is not.
inline float shift_of(const float* row, std::int64_t step, std::int64_t n) {
  float best = -simd::kInfinity;
  for_each_block(row, step, n, [&](const float* block, std::int64_t, std::int64_t count) {
    const float of_block = largest(block, count);
    best = of_block > best ? of_block : best;
  });
  return best == -simd::kInfinity ? 0 : best;
}

}  // namespace kiln::KILN_IMPL
