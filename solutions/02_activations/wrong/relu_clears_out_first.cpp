// Wrong: sets out to 0 before it reads in; where they are one view, nothing is left to read.
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

}  // namespace

void impl::relu(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  for (std::int64_t i = 0; i < out.size(); ++i) out.data[offset_of(i, out.shape, out.strides)] = 0;
  for (std::int64_t i = 0; i < out.size(); ++i) {
    const float x = in.data[offset_of(i, in.shape, in.strides)];
    if (!(x <= 0)) out.data[offset_of(i, out.shape, out.strides)] = x;
  }
}
