// binary_cross_entropy: the cost of yes-or-no answers, from logits.
// Contract: kiln/kernels/losses.hpp. Lesson: modules/04_losses/README.md, step 2.
//
// Write what stands below as STUB(); then run `kiln check binary_cross_entropy`.
// Stuck? `kiln hint binary_cross_entropy`.
#include <algorithm>
#include <cmath>

#include "kiln/kernels/losses.hpp"

using namespace kiln;

// Example: logits (2, 3) and target (2, 3) -> loss (); a logit of 0 costs log 2 whatever its target.
void impl::binary_cross_entropy(ConstView logits, ConstView target, View loss) {
  STUB();
}
