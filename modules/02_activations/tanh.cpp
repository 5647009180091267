// tanh: (exp(x) - exp(-x)) / (exp(x) + exp(-x)), right to a few units in the last place, also where x is tiny.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 3.
//
// Write what stands below as STUB(); then run `kiln check tanh`.
// Stuck? `kiln hint tanh`.
#include <cmath>

#include "kiln/kernels/activations.hpp"

using namespace kiln;

// Example: (-100, 0, 1e-30, 100) -> (-1, 0, 1e-30, 1).
void impl::tanh(ConstView in, View out) {
  STUB();
}
