// copy: a view of any strides becomes dense, row-major memory.
// Contract: kiln/kernels/tensor.hpp. Lesson: modules/01_tensor/README.md, step 3.
//
// Write what stands below as STUB(); then run `kiln check copy`.
// Stuck? `kiln hint copy`.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

// Example: shape (3, 2) with strides (1, 3) is the transpose of a dense (2, 3); its elements lie at 0, 3, 1, 4, 2, 5.
void impl::copy(ConstView in, View out) {
  STUB();
}
