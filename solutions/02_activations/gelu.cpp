// gelu and gelu_tanh: x times the probability that a normal variable lies below x, and an approximation of it.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 4.
#include <cmath>

#include "kiln/kernels/activations.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// x * p, for a probability p that vanishes faster than x grows: -inf * 0 would be NaN.
float weighted(float x, float p) { return p == 0 ? 0 : x * p; }

/// Phi(x) = (1 + erf(x / sqrt(2))) / 2 = erfc(-x / sqrt(2)) / 2. Far to the left 1 + erf is a difference of two numbers
/// that are nearly 1; erfc gives the same small number with all of its digits.
float gaussian(float x) {
  constexpr float kSqrtHalf = 0.707106781f;
  return weighted(x, 0.5f * std::erfc(-x * kSqrtHalf));
}

/// (1 + tanh(u)) / 2 = 1 / (1 + exp(-2u)). Where exp overflows, the probability is 0, and so is the result.
float approximate_gaussian(float x) {
  constexpr float kTwiceSqrtTwoOverPi = 1.59576912f;
  return weighted(x, 1 / (1 + std::exp(-kTwiceSqrtTwoOverPi * (x + 0.044715f * x * x * x))));
}

/// out = op(in), element by element, whatever the strides.
template <class Operation>
void apply(ConstView in, View out, Operation op) {
  const std::int64_t elements = out.size();
  if (in.is_contiguous() && out.is_contiguous()) {
    for (std::int64_t i = 0; i < elements; ++i) out.data[i] = op(in.data[i]);
    return;
  }
  // The odometer over every element: beside erfc or exp its few additions do not show.
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

// Example: (-1, 0, 1) -> (-0.15866, 0, 0.84134).
void impl::gelu(ConstView in, View out) {
  // BEGIN SOLUTION
  KILN_REQUIRE("gelu: in and out have one shape", in.shape == out.shape);
  apply(in, out, gaussian);
  // END SOLUTION
}

// Example: (-1, 0, 1) -> (-0.15881, 0, 0.84119).
void impl::gelu_tanh(ConstView in, View out) {
  // BEGIN SOLUTION
  KILN_REQUIRE("gelu_tanh: in and out have one shape", in.shape == out.shape);
  apply(in, out, approximate_gaussian);
  // END SOLUTION
}
