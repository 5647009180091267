// Wrong: the shorter shape is filled up with ones behind it, not before it.
#include <algorithm>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

Strides impl::contiguous_strides(Shape shape) {
  Strides strides = Shape::filled(shape.rank(), 1);
  std::int64_t step = 1;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    strides[d] = step;
    step *= std::max<std::int64_t>(shape[d], 1);
  }
  return strides;
}

Shape impl::broadcast_shapes(Shape a, Shape b) {
  Shape out = Shape::filled(std::max(a.rank(), b.rank()), 1);
  for (int d = 0; d < out.rank(); ++d) {
    const std::int64_t of_a = d < a.rank() ? a[d] : 1;
    const std::int64_t of_b = d < b.rank() ? b[d] : 1;
    KILN_REQUIRE("the shapes do not broadcast", (of_a == of_b || of_a == 1 || of_b == 1));
    out[d] = of_a == 1 ? of_b : of_a;
  }
  return out;
}

std::int64_t impl::index_to_offset(Shape index, Shape shape, Strides strides) {
  KILN_REQUIRE("the index needs one entry a dimension", index.rank() == shape.rank());
  KILN_REQUIRE("the strides need one entry a dimension", strides.rank() == shape.rank());
  std::int64_t offset = 0;
  for (int d = 0; d < shape.rank(); ++d) {
    KILN_REQUIRE("an index starts at 0", index[d] >= 0);
    KILN_REQUIRE("an index ends before its extent", index[d] < shape[d]);
    offset += index[d] * strides[d];
  }
  return offset;
}
