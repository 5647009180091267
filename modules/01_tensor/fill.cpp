// fill: every element of a view gets one value.
// Contract: kiln/kernels/tensor.hpp. Lesson: modules/01_tensor/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check fill`.
// Stuck? `kiln hint fill`.
#include <algorithm>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

// Example: shape (2, 3) with strides (8, 2) has its six elements at offsets 0, 2, 4, 8, 10, 12.
// What lies at 1, 3, 5, 6, ... belongs to somebody else.
void impl::fill(View out, float value) {
  STUB();
}
