// log_softmax: the logarithms of a softmax, without the softmax.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 6.
//
// Write what stands below as STUB(); then run `kiln check log_softmax`.
// Stuck? `kiln hint log_softmax`.
#include <cmath>

#include "kiln/kernels/activations.hpp"

using namespace kiln;

// Example: in (2, 3) has two rows; (1000, 1001, 1002) -> (-2.4076, -1.4076, -0.4076).
void impl::log_softmax(ConstView in, View out) {
  STUB();
}
