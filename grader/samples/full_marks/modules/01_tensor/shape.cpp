// shape: the arithmetic of indices. Strides of a dense tensor, the shape two tensors broadcast to, where an index lies.
// Contract: kiln/kernels/tensor.hpp. Lesson: modules/01_tensor/README.md, step 2.
#include <algorithm>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

// Example: (2, 3, 4) -> (12, 4, 1).
Strides impl::contiguous_strides(Shape shape) {
  Strides strides = Shape::filled(shape.rank(), 1);
  // Walk from the last dimension to the first: one step in `d` passes over everything behind `d`.
  std::int64_t step = 1;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    strides[d] = step;
    step *= std::max<std::int64_t>(shape[d], 1);
  }
  return strides;
}

// Example: (3, 1) and (4) -> (3, 4), because (4) stands for (1, 4).
Shape impl::broadcast_shapes(Shape a, Shape b) {
  Shape out = Shape::filled(std::max(a.rank(), b.rank()), 1);
  // Count dimensions from the end, where both shapes align; one that is missing has extent 1.
  for (int back = 1; back <= out.rank(); ++back) {
    const std::int64_t of_a = back <= a.rank() ? a[a.rank() - back] : 1;
    const std::int64_t of_b = back <= b.rank() ? b[b.rank() - back] : 1;
    KILN_REQUIRE("broadcast_shapes: " + to_string(a) + " and " + to_string(b) + " differ in dimension -" +
                     std::to_string(back) + "; make the extents equal, or one of them 1",
                 (of_a == of_b || of_a == 1 || of_b == 1));
    // Taking the larger extent would turn 0 against 1 into 1; it is 0.
    out[out.rank() - back] = of_a == 1 ? of_b : of_a;
  }
  return out;
}

// Example: index (1, 2) in shape (2, 3) with strides (3, 1) -> 5.
std::int64_t impl::index_to_offset(Shape index, Shape shape, Strides strides) {
  KILN_REQUIRE("index_to_offset: the index needs one entry a dimension", index.rank() == shape.rank());
  KILN_REQUIRE("index_to_offset: the strides need one entry a dimension", strides.rank() == shape.rank());
  std::int64_t offset = 0;
  for (int d = 0; d < shape.rank(); ++d) {
    KILN_REQUIRE("index_to_offset: an index starts at 0", index[d] >= 0);
    KILN_REQUIRE("index_to_offset: an index ends before its extent", index[d] < shape[d]);
    offset += index[d] * strides[d];
  }
  return offset;
}
