// fill: left its debug output in; in all it prints a few megabytes.
#include <cstdio>

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
  for (int i = 0; i < 500; ++i) std::printf("element %d of %lld: %g, which is what was asked for\n", i, static_cast<long long>(out.size()), static_cast<double>(value));
  work(out, value);
}
