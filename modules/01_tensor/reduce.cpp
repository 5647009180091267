// reduce: sum, mean and max over one axis of a view.
// Contract: kiln/kernels/tensor.hpp. Lesson: modules/01_tensor/README.md, step 5.
//
// Write what stands below as STUB(); then run `kiln check reduce`.
// Stuck? `kiln hint reduce`.
#include <cmath>
#include <string>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

// sum and max are the same walk with another start and another step; mean is a sum that is divided in the end.

// Example: shape (2, 3, 4), axis 1 -> out (2, 4), or (2, 1, 4) with keepdims; out(i, j) = sum over k of in(i, k, j).
void impl::sum(ConstView in, int axis, bool keepdims, View out) {
  STUB();
}

void impl::mean(ConstView in, int axis, bool keepdims, View out) {
  STUB();
}

void impl::max(ConstView in, int axis, bool keepdims, View out) {
  STUB();
}
