// copy: as in fill, a division and a remainder for every dimension of every element.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("copy: the shapes differ", in.shape == out.shape);
  KILN_REQUIRE("copy: the output is not dense", out.is_contiguous());
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = in.rank() - 1; d >= 0; --d) {
      offset += rest % in.shape[d] * in.strides[d];
      rest /= in.shape[d];
    }
    out.data[element] = in.data[offset];
  }
}
