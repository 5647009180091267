// Wrong: a do-while loop copies an element of an empty tensor.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  KILN_REQUIRE("the output is not dense", out.is_contiguous());
  std::int64_t element = 0;
  do {
    std::int64_t rest = element, offset = 0;
    for (int d = in.rank() - 1; d >= 0; --d) {
      if (in.shape[d] == 0) continue;
      offset += rest % in.shape[d] * in.strides[d];
      rest /= in.shape[d];
    }
    out.data[element] = in.data[offset];
  } while (++element < out.size());
}
