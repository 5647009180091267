// cross_entropy: the cost of choosing among classes, from logits, fused with log_softmax.
// Contract: kiln/kernels/losses.hpp. Lesson: modules/04_losses/README.md, step 3.
//
// Write what stands below as STUB(); then run `kiln check cross_entropy`.
// Stuck? `kiln hint cross_entropy`.
#include <cmath>
#include <string>

#include "kiln/kernels/losses.hpp"

using namespace kiln;

// Example: logits (2, 3), labels {2, 0} -> loss (); the mean of -log_softmax(row 0)[2] and -log_softmax(row 1)[0].
void impl::cross_entropy(ConstView logits, std::span<const std::int32_t> labels, std::int32_t ignore_index, View loss) {
  STUB();
}
