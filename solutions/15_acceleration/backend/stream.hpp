// Writing past the caches. What a store does not find in a cache is fetched first, only to be overwritten; and where
// the result is too large to be there still when it is read, that is in vain.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "simd.hpp"

namespace kiln::KILN_IMPL {

/// Whether an operation that reads and writes so many floats, 40 MiB and more, leaves next to none of them in a cache.
/// What a cache does hold is slower to write past it.
inline bool exceeds_caches(std::int64_t floats) { return floats > (std::int64_t{10} << 20); }

/// Copies dense floats past the caches; `to` and `from` are aligned to a vector. end_streaming() comes before another
/// thread may read them.
inline void stream(const float* from, float* to, std::int64_t count) {
  std::int64_t i = 0;
#if defined(__AVX512F__)
  for (; i + simd::kLanes <= count; i += simd::kLanes) _mm512_stream_ps(to + i, _mm512_load_ps(from + i));
#elif defined(__AVX2__)
  for (; i + simd::kLanes <= count; i += simd::kLanes) _mm256_stream_ps(to + i, _mm256_load_ps(from + i));
#elif defined(__x86_64__)
  for (; i + simd::kLanes <= count; i += simd::kLanes) _mm_stream_ps(to + i, _mm_load_ps(from + i));
#endif
  if (i < count) std::memcpy(to + i, from + i, static_cast<std::size_t>(count - i) * sizeof(float));
}
inline void end_streaming() {
#ifdef __x86_64__
  _mm_sfence();
#endif
}

}  // namespace kiln::KILN_IMPL
