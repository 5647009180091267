// Wrong: takes Phi for 0 from -3 on, where it is 0.0013.
#include <cmath>

#include "kiln/kernels/activations.hpp"

using namespace kiln;

namespace {

/// Where the element with this number lies.
std::int64_t offset_of(std::int64_t element, const Shape& shape, const Strides& strides) {
  std::int64_t offset = 0;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    offset += element % shape[d] * strides[d];
    element /= shape[d];
  }
  return offset;
}

float gaussian(float x) {
  if (x < -3) return 0;
  return x * 0.5f * (1 + std::erf(x / std::sqrt(2.0f)));
}

float approximate_gaussian(float x) {
  if (x == -INFINITY) return 0;
  return x * 0.5f * (1 + std::tanh(0.797884561f * (x + 0.044715f * x * x * x)));
}

}  // namespace

void impl::gelu(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  for (std::int64_t i = 0; i < out.size(); ++i)
    out.data[offset_of(i, out.shape, out.strides)] = gaussian(in.data[offset_of(i, in.shape, in.strides)]);
}

void impl::gelu_tanh(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  for (std::int64_t i = 0; i < out.size(); ++i)
    out.data[offset_of(i, out.shape, out.strides)] = approximate_gaussian(in.data[offset_of(i, in.shape, in.strides)]);
}
