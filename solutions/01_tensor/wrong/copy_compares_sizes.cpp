// Wrong: any output with as many elements is accepted, whatever its shape.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("the sizes differ", in.size() == out.size());
  KILN_REQUIRE("the output is not dense", out.is_contiguous());
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = in.rank() - 1; d >= 0; --d) {
      offset += rest % in.shape[d] * in.strides[d];
      rest /= in.shape[d];
    }
    out.data[element] = in.data[offset];
  }
}
