// Wrong: one sum for the whole tensor, so that no row has a sum of 1 of its own.
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

/// out = exp(in - maximum); returns their sum.
float write_exp(ConstView in, View out) {
  float best = -INFINITY, sum = 0;
  for (std::int64_t i = 0; i < in.size(); ++i)
    if (in.data[offset_of(i, in.shape, in.strides)] > best) best = in.data[offset_of(i, in.shape, in.strides)];
  for (std::int64_t i = 0; i < in.size(); ++i) {
    const float e = std::exp(in.data[offset_of(i, in.shape, in.strides)] - (best == -INFINITY ? 0 : best));
    out.data[offset_of(i, out.shape, out.strides)] = e;
    sum += e;
  }
  return sum;
}

}  // namespace

void impl::softmax(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  KILN_REQUIRE("there are no rows", in.rank() > 0);
  const float sum = write_exp(in, out);
  if (sum == 0) return;
  for (std::int64_t i = 0; i < in.size(); ++i) out.data[offset_of(i, out.shape, out.strides)] /= sum;
}
