// Wrong: on the left, 1 - sigmoid(|x|) is a difference of numbers that are nearly 1; from -17 on nothing is left.
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

float logistic(float x) {
  const float right = 1 / (1 + std::exp(-std::abs(x)));
  return x < 0 ? 1 - right : right;
}

}  // namespace

void impl::sigmoid(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  for (std::int64_t i = 0; i < out.size(); ++i)
    out.data[offset_of(i, out.shape, out.strides)] = logistic(in.data[offset_of(i, in.shape, in.strides)]);
}
