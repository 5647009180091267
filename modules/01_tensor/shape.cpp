// shape: the arithmetic of indices. Strides of a dense tensor, the shape two tensors broadcast to, where an index lies.
// Contract: kiln/kernels/tensor.hpp. Lesson: modules/01_tensor/README.md, step 2.
//
// Write what stands below as STUB(); then run `kiln check shape`.
// Stuck? `kiln hint shape`.
#include <algorithm>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

// Example: (2, 3, 4) -> (12, 4, 1).
Strides impl::contiguous_strides(Shape shape) {
  STUB();
}

// Example: (3, 1) and (4) -> (3, 4), because (4) stands for (1, 4).
Shape impl::broadcast_shapes(Shape a, Shape b) {
  STUB();
}

// Example: index (1, 2) in shape (2, 3) with strides (3, 1) -> 5.
std::int64_t impl::index_to_offset(Shape index, Shape shape, Strides strides) {
  STUB();
}
