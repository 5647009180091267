// Wrong: a stride is taken for a distance, its sign is lost.
#include <cstdlib>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * std::abs(out.strides[d]);
      rest /= out.shape[d];
    }
    out.data[offset] = value;
  }
}
