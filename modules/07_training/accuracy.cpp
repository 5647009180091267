// accuracy: the class that a network says, and how often it says the right one.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check accuracy`.
// Stuck? `kiln hint accuracy`.
#include "kiln/kernels/training.hpp"

using namespace kiln;

// Example: logits (2, 3) = {0.1, 2, -1} and {3, 3, 0}: predictions {1, 0}.
void impl::predicted_classes(ConstView logits, std::span<std::int32_t> predictions) {
  STUB();
}

// Example: predictions {1, 0, 2}, labels {1, 2, -1}, ignore_index -1: one is right, and the third is not asked.
std::int64_t impl::count_correct(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                                 std::int32_t ignore_index) {
  STUB();
}
