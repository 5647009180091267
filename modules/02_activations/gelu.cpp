// gelu and gelu_tanh: x times the probability that a normal variable lies below x, and an approximation of it.
// Contract: kiln/kernels/activations.hpp. Lesson: modules/02_activations/README.md, step 4.
//
// Write what stands below as STUB(); then run `kiln check gelu`.
// Stuck? `kiln hint gelu`.
#include <cmath>

#include "kiln/kernels/activations.hpp"

using namespace kiln;

// Example: (-1, 0, 1) -> (-0.15866, 0, 0.84134).
void impl::gelu(ConstView in, View out) {
  STUB();
}

// Example: (-1, 0, 1) -> (-0.15881, 0, 0.84119).
void impl::gelu_tanh(ConstView in, View out) {
  STUB();
}
