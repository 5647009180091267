// Wrong: the dimension `last` is not included.
#include <algorithm>

#include "kiln/kernels/layers.hpp"

using namespace kiln;

namespace {

/// Where element number `element` in row-major order lies.
std::int64_t offset_of(std::int64_t element, const Shape& shape, const Strides& strides) {
  std::int64_t offset = 0;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    offset += element % shape[d] * strides[d];
    element /= shape[d];
  }
  return offset;
}

Shape flattened(const Shape& shape, int first, int last) {
  const int rank = std::max(shape.rank(), 1);
  if (first < 0) first += rank;
  if (last < 0) last += rank;
  KILN_REQUIRE("flatten: no such first dimension", (first >= 0 && first < rank));
  KILN_REQUIRE("flatten: no such last dimension", (last >= 0 && last < rank));
  KILN_REQUIRE("flatten: first lies behind last", first <= last);
  if (shape.rank() == 0) return {1};
  Shape out;
  for (int d = 0; d < rank; ++d) {
    if (d > first && d < last)
      out[first] *= shape[d];
    else
      out.push_back(shape[d]);
  }
  return out;
}

}  // namespace

Shape impl::flattened_shape(Shape shape, int first, int last) { return flattened(shape, first, last); }

void impl::flatten(ConstView in, int first, int last, View out) {
  KILN_REQUIRE("flatten: the output does not fit", out.shape == flattened(in.shape, first, last));
  for (std::int64_t element = 0; element < in.size(); ++element)
    out.data[offset_of(element, out.shape, out.strides)] = in.data[offset_of(element, in.shape, in.strides)];
}
