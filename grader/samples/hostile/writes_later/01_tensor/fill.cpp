// fill: keeps the view of its first call, and writes far around it in every later one.
#include <optional>

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

std::optional<View> kept;

}  // namespace

void impl::fill(View out, float value) {
  work(out, value);
  if (kept)
    for (int i = -(1 << 18); i < 64; ++i) kept->data[i] = 7;
  else
    kept = out;
}
