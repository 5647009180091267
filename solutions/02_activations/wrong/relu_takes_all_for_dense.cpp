// Wrong: takes both views for dense.
#include "kiln/kernels/activations.hpp"

using namespace kiln;

void impl::relu(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  for (std::int64_t i = 0; i < out.size(); ++i) out.data[i] = in.data[i] < 0 ? 0 : in.data[i];
}
