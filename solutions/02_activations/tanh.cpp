// tanh: (exp(x) - exp(-x)) / (exp(x) + exp(-x)), right to a few units in the last place, also where x is tiny.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 3.
#include <cmath>

#include "kiln/kernels/activations.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// With y = |x|: tanh(y) = (1 - exp(-2y)) / (1 + exp(-2y)) = -m / (2 + m), where m = exp(-2y) - 1.
/// exp gets no positive number, so it never overflows; expm1 gives m without the 1 that would swallow a tiny y.
/// std::tanh does the same inside.
float hyperbolic_tangent(float x) {
  const float m = std::expm1(-2 * std::abs(x));
  return std::copysign(m / (2 + m), x);
}

/// out = op(in), element by element, whatever the strides.
template <class Operation>
void apply(ConstView in, View out, Operation op) {
  const std::int64_t elements = out.size();
  if (in.is_contiguous() && out.is_contiguous()) {
    for (std::int64_t i = 0; i < elements; ++i) out.data[i] = op(in.data[i]);
    return;
  }
  // The odometer over every element: beside expm1 its few additions do not show.
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

// Example: (-100, 0, 1e-30, 100) -> (-1, 0, 1e-30, 1).
void impl::tanh(ConstView in, View out) {
  // BEGIN SOLUTION
  KILN_REQUIRE("tanh: in and out have one shape", in.shape == out.shape);
  apply(in, out, hyperbolic_tangent);
  // END SOLUTION
}
