// adamw: one step of AdamW, Adam with a weight decay that goes its own way.
// Contract: kiln/kernels/optimizers.hpp. Lesson: modules/05_optimizers/README.md, step 5.
//
// Write what stands below as STUB(); then run `kiln check adamw`.
// Stuck? `kiln hint adamw`.
#include <cmath>
#include <limits>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

// The walk is that of adam.cpp, and so is nearly all of the formula. Only two lines differ: the decay neither enters
// the moments nor is divided by the root.

// Example: the first step, moments 0, gradient 4, parameter 10, learning_rate 0.1, weight_decay 0.5. The decay takes
// 0.1 * 0.5 * 10 = 0.5, Adam takes 0.1 * 4 / 4 = 0.1, and 9.4 is left; the moments know nothing of the decay.
void impl::adamw_step(ConstView gradient, AdamOptions options, std::int64_t step, View parameter, View first_moment,
                      View second_moment) {
  STUB();
}
