// sgd: one step of stochastic gradient descent, with momentum, Nesterov's look ahead and weight decay.
// Contract: kiln/kernels/optimizers.hpp. Lesson: modules/05_optimizers/README.md, steps 2 and 3.
//
// Write what stands below as STUB(); then run `kiln check sgd`.
// Stuck? `kiln hint sgd`.
#include <limits>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

// Write the formula for one element first, then walk all tensors together: each number is loaded once and stored once,
// and what lies between the lines of the formula never leaves the registers.

// Example: learning_rate 0.1, momentum 0.5, no decay. Parameter 1, velocity 2, gradient 3: the velocity becomes
// 0.5 * 2 + 3 = 4 and the parameter 1 - 0.1 * 4 = 0.6; with nesterov it becomes 1 - 0.1 * (3 + 0.5 * 4) = 0.5.
void impl::sgd_step(ConstView gradient, SgdOptions options, View parameter, View velocity) {
  STUB();
}
