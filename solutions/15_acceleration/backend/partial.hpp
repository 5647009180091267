// The first lanes of a vector, to and from memory that ends there: xsimd 8.1 has no masks.
#pragma once

#include <cstdint>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/contract.hpp"

namespace kiln::KILN_IMPL {

#if defined(__AVX2__) && !defined(__AVX512F__)
/// All bits of the first `lanes` of eight.
inline __m256i first_of_eight(std::int64_t lanes) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(lanes)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
#endif

/// The first `lanes` floats at `from`, zeros behind them; nothing else is read. lanes is at most the vector's size.
inline xsimd::batch<float> load_first(const float* from, std::int64_t lanes) {
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << lanes) - 1), from);
#elif defined(__AVX2__)
  return _mm256_maskload_ps(from, first_of_eight(lanes));
#else
  alignas(64) float all[xsimd::batch<float>::size] = {};
  for (std::int64_t i = 0; i < lanes; ++i) all[i] = from[i];
  return xsimd::batch<float>::load_aligned(all);
#endif
}

/// Writes the first `lanes` of `vector`, and nothing else.
inline void store_first(float* to, const xsimd::batch<float>& vector, std::int64_t lanes) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1U << lanes) - 1), vector);
#elif defined(__AVX2__)
  _mm256_maskstore_ps(to, first_of_eight(lanes), vector);
#else
  alignas(64) float all[xsimd::batch<float>::size];
  vector.store_aligned(all);
  for (std::int64_t i = 0; i < lanes; ++i) to[i] = all[i];
#endif
}

}  // namespace kiln::KILN_IMPL
