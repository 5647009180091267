// Wrong: reads the input as if it were dense.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  KILN_REQUIRE("the output is not dense", out.is_contiguous());
  for (std::int64_t element = 0; element < out.size(); ++element) out.data[element] = in.data[element];
}
