// Wrong: NaN > 0 is false, so NaN becomes 0, and what went wrong before is no longer seen.
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

float rectified(float x) { return x > 0 ? x : 0; }

}  // namespace

void impl::relu(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  for (std::int64_t i = 0; i < out.size(); ++i)
    out.data[offset_of(i, out.shape, out.strides)] = rectified(in.data[offset_of(i, in.shape, in.strides)]);
}
