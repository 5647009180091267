// fill: stores by an instruction of its own, behind a barrier for the compiler.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  asm volatile("" : : : "memory");
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
#if defined(__x86_64__)
    asm volatile("movss %1, %0" : "=m"(out.data[offset]) : "x"(value));
#else
    out.data[offset] = value;
#endif
  }
}
