// Wrong: a stride of 0 is taken for "not given", and replaced by that of a dense tensor.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  KILN_REQUIRE("the output is not dense", out.is_contiguous());
  std::int64_t dense = 1;
  for (int d = in.rank() - 1; d >= 0; --d) {
    if (in.strides[d] == 0) in.strides[d] = dense;
    dense *= in.shape[d];
  }
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = in.rank() - 1; d >= 0; --d) {
      offset += rest % in.shape[d] * in.strides[d];
      rest /= in.shape[d];
    }
    out.data[element] = in.data[offset];
  }
}
