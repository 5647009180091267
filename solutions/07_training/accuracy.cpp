// accuracy: the class that a network says, and how often it says the right one.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 1.
#include "kiln/kernels/training.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// The place of the largest of n >= 1 elements, the first of equals; of the first NaN where there is one.
std::int64_t place_of_largest(const float* row, std::int64_t n, std::int64_t step) {
  std::int64_t best = 0;
  for (std::int64_t j = 0; j < n; ++j) {
    const float value = row[j * step];
    if (value != value) return j;
    // Strictly larger: of equals the first one stays.
    if (value > row[best * step]) best = j;
  }
  return best;
}

}  // namespace
// END SOLUTION

// Example: logits (2, 3) = {0.1, 2, -1} and {3, 3, 0}: predictions {1, 0}.
void impl::predicted_classes(ConstView logits, std::span<std::int32_t> predictions) {
  // BEGIN SOLUTION
  KILN_REQUIRE("predicted_classes: logits is (rows, classes)", logits.rank() == 2);
  const std::int64_t rows = logits.shape[0], classes = logits.shape[1];
  KILN_REQUIRE("predicted_classes: logits has a column at least", classes > 0);
  KILN_REQUIRE("predicted_classes: every row of logits has a prediction",
               static_cast<std::int64_t>(predictions.size()) == rows);
  for (std::int64_t i = 0; i < rows; ++i)
    predictions[static_cast<std::size_t>(i)] =
        static_cast<std::int32_t>(place_of_largest(logits.data + i * logits.strides[0], classes, logits.strides[1]));
  // END SOLUTION
}

// Example: predictions {1, 0, 2}, labels {1, 2, -1}, ignore_index -1: one is right, and the third is not asked.
std::int64_t impl::count_correct(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                                 std::int32_t ignore_index) {
  // BEGIN SOLUTION
  KILN_REQUIRE("count_correct: every prediction has a label", predictions.size() == labels.size());
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != ignore_index && predictions[i] == labels[i]) ++correct;
  return correct;
  // END SOLUTION
}
