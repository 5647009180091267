// Wrong: fills everything from the first element to the last, what lies between them too.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  if (out.size() == 0) return;
  std::int64_t low = 0, high = 0;
  for (int d = 0; d < out.rank(); ++d) {
    const std::int64_t reach = (out.shape[d] - 1) * out.strides[d];
    (reach < 0 ? low : high) += reach;
  }
  for (std::int64_t offset = low; offset <= high; ++offset) out.data[offset] = value;
}
