// Exercise 2: index arithmetic.
#include <string>

#include "kiln/kernels/tensor.hpp"

namespace {

using kiln::Shape;
using Extent = std::int64_t;

/// Dimension number `i` counted from the back; shapes go on with ones at the front, for ever.
Extent from_back(const Shape& shape, int i) { return i < shape.rank() ? shape[shape.rank() - 1 - i] : 1; }

void set_from_back(Shape& shape, int i, Extent value) { shape[shape.rank() - 1 - i] = value; }

[[noreturn]] void refuse(const std::string& why) { throw kiln::Error(kiln::ErrorKind::invalid_argument, why); }

}  // namespace

kiln::Strides kiln::impl::contiguous_strides(Shape shape) {
  Strides strides = shape;
  Extent passed = 1;
  for (int i = 0; i < shape.rank(); ++i) {
    set_from_back(strides, i, passed);
    if (from_back(shape, i) > 1) passed *= from_back(shape, i);
  }
  return strides;
}

kiln::Shape kiln::impl::broadcast_shapes(Shape a, Shape b) {
  Shape result = a.rank() > b.rank() ? a : b;
  for (int i = 0; i < result.rank(); ++i) {
    const Extent left = from_back(a, i), right = from_back(b, i);
    if (left == right || right == 1)
      set_from_back(result, i, left);
    else if (left == 1)
      set_from_back(result, i, right);
    else
      refuse("broadcast_shapes: " + to_string(a) + " does not go with " + to_string(b));
  }
  return result;
}

std::int64_t kiln::impl::index_to_offset(Shape index, Shape shape, Strides strides) {
  if (index.rank() != shape.rank() || index.rank() != strides.rank()) refuse("index_to_offset: ranks differ");
  Extent offset = 0;
  for (int d = 0; d < index.rank(); ++d) {
    if (index[d] < 0 || index[d] >= shape[d]) refuse("index_to_offset: outside in dimension " + std::to_string(d));
    offset += index[d] * strides[d];
  }
  return offset;
}
