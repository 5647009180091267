// adam: one step of Adam, with weight decay of the L2 kind.
// Contract: kiln/kernels/optimizers.hpp. Lesson: modules/05_optimizers/README.md, step 4.
//
// Write what stands below as STUB(); then run `kiln check adam`.
// Stuck? `kiln hint adam`.
#include <cmath>
#include <limits>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

// What is the same for all elements (both bias corrections, and whatever is made of them) is worked out once, before
// the walk. An element then costs one root and one division.

// Example: the first step, moments 0, gradient 4, beta1 0.9, beta2 0.999. The moments become 0.4 and 0.016, corrected
// by 1 - 0.9 and 1 - 0.999 they are m = 4 and v = 16, and the parameter moves by learning_rate * 4 / (4 + epsilon).
void impl::adam_step(ConstView gradient, AdamOptions options, std::int64_t step, View parameter, View first_moment,
                     View second_moment) {
  STUB();
}
