// The first lanes of a vector, to and from memory that ends there: xsimd 8.1 has no masks.
#pragma once

#include <cstdint>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/contract.hpp"

namespace kiln::KILN_IMPL::simd {

using Vector = xsimd::batch<float>;
inline constexpr std::int64_t kLanes = Vector::size;

#if defined(__AVX2__) && !defined(__AVX512F__)
/// All bits of the first `count` lanes.
inline __m256i first_lanes(std::int64_t count) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lanes);
}
#endif

/// The first `count` elements, at most kLanes; the lanes behind them are `fill`, and nothing else is read.
inline Vector load_part(const float* from, std::int64_t count, float fill = 0) {
#if defined(__AVX512F__)
  return _mm512_mask_loadu_ps(_mm512_set1_ps(fill), static_cast<__mmask16>((1u << count) - 1), from);
#elif defined(__AVX2__)
  const __m256i mask = first_lanes(count);
  return _mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(from, mask), _mm256_castsi256_ps(mask));
#else
  alignas(64) float lanes[kLanes];
  for (std::int64_t i = 0; i < kLanes; ++i) lanes[i] = i < count ? from[i] : fill;
  return Vector::load_aligned(lanes);
#endif
}
/// Writes the first `count` lanes, and nothing else.
inline void store_part(float* to, Vector vector, std::int64_t count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), vector);
#elif defined(__AVX2__)
  _mm256_maskstore_ps(to, first_lanes(count), vector);
#else
  alignas(64) float lanes[kLanes];
  vector.store_aligned(lanes);
  for (std::int64_t i = 0; i < count; ++i) to[i] = lanes[i];
#endif
}

}  // namespace kiln::KILN_IMPL::simd
