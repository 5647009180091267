// fill: leaves its second call by jumping into its first.
#include <csetjmp>

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

std::jmp_buf first;
int calls = 0;

}  // namespace

void impl::fill(View out, float value) {
  if (calls++ == 0) {
    if (setjmp(first) == 0) work(out, value);
    return;
  }
  std::longjmp(first, 1);
}
