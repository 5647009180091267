// confusion_matrix: which class is taken for which.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 2.
#include <string>

#include "kiln/kernels/training.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

void check(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels, std::int32_t ignore_index,
           std::int64_t classes, std::int64_t count) {
  KILN_REQUIRE("confusion_matrix: every prediction has a label", predictions.size() == labels.size());
  KILN_REQUIRE("confusion_matrix: there is a class at least", classes >= 1);
  // By division: classes * classes may lie beyond 64 bits.
  KILN_REQUIRE("confusion_matrix: counts has `classes` rows", count / classes == classes);
  KILN_REQUIRE("confusion_matrix: counts ends with a whole row", count % classes == 0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignore_index) continue;
    const std::int32_t label = labels[i], prediction = predictions[i];
    KILN_REQUIRE("confusion_matrix: label " + std::to_string(i) + " is at least 0", label >= 0);
    KILN_REQUIRE("confusion_matrix: label " + std::to_string(i) + " is below the number of classes", label < classes);
    KILN_REQUIRE("confusion_matrix: prediction " + std::to_string(i) + " is at least 0", prediction >= 0);
    KILN_REQUIRE("confusion_matrix: prediction " + std::to_string(i) + " is below the number of classes",
                 prediction < classes);
  }
}

}  // namespace
// END SOLUTION

// Example: classes 2, counts {0, 0, 0, 0}; labels {0, 0, 1}, predictions {0, 1, 1}: counts becomes {1, 1, 0, 1}.
void impl::confusion_matrix(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                            std::int32_t ignore_index, std::int64_t classes, std::span<std::int64_t> counts) {
  // BEGIN SOLUTION
  // A whole walk for the checks first: whoever catches the error finds the counts of the batches before.
  check(predictions, labels, ignore_index, classes, static_cast<std::int64_t>(counts.size()));
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != ignore_index) ++counts[static_cast<std::size_t>(labels[i] * classes + predictions[i])];
  // END SOLUTION
}
