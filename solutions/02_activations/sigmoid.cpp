// sigmoid: 1 / (1 + exp(-x)), right to a few units in the last place on both sides of 0.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 2.
#include <cmath>

#include "kiln/kernels/activations.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// exp gets no positive number, so it never overflows. On the left, multiply by exp(x) above and below:
/// exp(x) / (1 + exp(x)) is as small as exp(x) and keeps its digits, down to the subnormals.
float logistic(float x) {
  const float e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/// out = op(in), element by element, whatever the strides.
template <class Operation>
void apply(ConstView in, View out, Operation op) {
  const std::int64_t elements = out.size();
  if (in.is_contiguous() && out.is_contiguous()) {
    for (std::int64_t i = 0; i < elements; ++i) out.data[i] = op(in.data[i]);
    return;
  }
  // The odometer over every element: beside exp its few additions do not show.
  Shape index = Shape::filled(out.rank(), 0);
  std::int64_t at_in = 0, at_out = 0;
  for (std::int64_t element = 0; element < elements; ++element) {
    out.data[at_out] = op(in.data[at_in]);
    for (int d = out.rank() - 1; d >= 0; --d) {
      at_in += in.strides[d];
      at_out += out.strides[d];
      if (++index[d] < out.shape[d]) break;
      at_in -= index[d] * in.strides[d];
      at_out -= index[d] * out.strides[d];
      index[d] = 0;
    }
  }
}

}  // namespace
// END SOLUTION

// Example: (-100, 0, 100) -> (3.8e-44, 0.5, 1).
void impl::sigmoid(ConstView in, View out) {
  // BEGIN SOLUTION
  KILN_REQUIRE("sigmoid: in and out have one shape", in.shape == out.shape);
  apply(in, out, logistic);
  // END SOLUTION
}
