// relu: what is negative becomes 0, everything else stays.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check relu`.
// Stuck? `kiln hint relu`.
#include "kiln/kernels/activations.hpp"

using namespace kiln;

// Example: in (2, 3) with strides (1, 2), out (2, 3) with strides (3, 1); element (1, 0) is read at 1, written at 3.
void impl::relu(ConstView in, View out) {
  STUB();
}
