// Wrong: writes Phi(in) to out, then multiplies out by in; where they are one view, that is Phi squared.
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

float phi(float x) { return 0.5f * std::erfc(-x * 0.707106781f); }

float phi_tanh(float x) { return 0.5f * (1 + std::tanh(0.797884561f * (x + 0.044715f * x * x * x))); }
void apply(ConstView in, View out, float (*probability)(float)) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  for (std::int64_t i = 0; i < out.size(); ++i)
    out.data[offset_of(i, out.shape, out.strides)] = probability(in.data[offset_of(i, in.shape, in.strides)]);
  for (std::int64_t i = 0; i < out.size(); ++i) {
    const float x = in.data[offset_of(i, in.shape, in.strides)];
    float& result = out.data[offset_of(i, out.shape, out.strides)];
    result = x == -INFINITY ? 0 : result * x;
  }
}

}  // namespace

void impl::gelu(ConstView in, View out) { apply(in, out, phi); }

void impl::gelu_tanh(ConstView in, View out) { apply(in, out, phi_tanh); }
