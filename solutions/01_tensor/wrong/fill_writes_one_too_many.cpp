// Wrong: the loop runs to size() inclusive, and writes one element behind a dense view.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  if (out.is_contiguous() && out.size() > 0) {
    for (std::int64_t element = 0; element <= out.size(); ++element) out.data[element] = value;
    return;
  }
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[offset] = value;
  }
}
