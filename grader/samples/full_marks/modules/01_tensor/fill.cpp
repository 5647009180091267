// fill: every element of a view gets one value.
// Contract: kiln/kernels/tensor.hpp. Lesson: modules/01_tensor/README.md, step 1.
#include <algorithm>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

// Example: shape (2, 3) with strides (8, 2) has its six elements at offsets 0, 2, 4, 8, 10, 12.
// What lies at 1, 3, 5, 6, ... belongs to somebody else.
void impl::fill(View out, float value) {
  // Dense memory needs no index at all.
  if (out.is_contiguous()) {
    std::fill_n(out.data, out.size(), value);
    return;
  }
  // Otherwise number the elements in row-major order, and take each number apart into an index, last dimension first.
  // A division a dimension and element, about 5 ns each: short to write; `copy` gets rid of it.
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[offset] = value;
  }
}
