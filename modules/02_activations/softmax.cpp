// softmax: a row of any numbers becomes a row of positive numbers whose sum is 1.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 5.
//
// Write what stands below as STUB(); then run `kiln check softmax`.
// Stuck? `kiln hint softmax`.
#include <cmath>

#include "kiln/kernels/activations.hpp"

using namespace kiln;

// Example: in (2, 3) has two rows; (1000, 1001, 1002) -> (0.0900, 0.2447, 0.6652).
void impl::softmax(ConstView in, View out) {
  STUB();
}
