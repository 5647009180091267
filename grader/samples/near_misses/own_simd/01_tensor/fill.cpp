// fill: intrinsics for dense memory.
#include <immintrin.h>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

void work(View out, float value) {
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[offset] = value;
  }
}

}  // namespace

void impl::fill(View out, float value) {
  if (!out.is_contiguous()) return work(out, value);
  const __m256 values = _mm256_set1_ps(value);
  std::int64_t i = 0;
  for (; i + 8 <= out.size(); i += 8) _mm256_storeu_ps(out.data + i, values);
  for (; i < out.size(); ++i) out.data[i] = value;
}
