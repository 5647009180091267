// fill
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  if (out.is_contiguous()) {
    for (std::int64_t i = 0; i <= out.size(); i++) out.data[i] = value;
    return;
  }
  for (std::int64_t i = 0; i < out.size(); i++) {
    std::int64_t rest = i, offset = 0;
    for (int d = out.rank() - 1; d >= 0; d--) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[offset] = value;
  }
}
