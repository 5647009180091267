// confusion_matrix: which class is taken for which.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 2.
//
// Write what stands below as STUB(); then run `kiln check confusion_matrix`.
// Stuck? `kiln hint confusion_matrix`.
#include <string>

#include "kiln/kernels/training.hpp"

using namespace kiln;

// Example: classes 2, counts {0, 0, 0, 0}; labels {0, 0, 1}, predictions {0, 1, 1}: counts becomes {1, 1, 0, 1}.
void impl::confusion_matrix(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                            std::int32_t ignore_index, std::int64_t classes, std::span<std::int64_t> counts) {
  STUB();
}
