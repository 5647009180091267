// confusion_matrix, as a beginner writes it: for each cell a walk over all examples.
#include "kiln/kernels/training.hpp"

using namespace kiln;

void impl::confusion_matrix(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                            std::int32_t ignore_index, std::int64_t classes, std::span<std::int64_t> counts) {
  KILN_REQUIRE("the lengths differ", predictions.size() == labels.size());
  KILN_REQUIRE("there is no class", classes > 0);
  KILN_REQUIRE("counts is too small", classes <= static_cast<std::int64_t>(counts.size()) / classes);
  KILN_REQUIRE("counts is too large", classes * classes == static_cast<std::int64_t>(counts.size()));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignore_index) continue;
    KILN_REQUIRE("a label is out of range", (labels[i] >= 0 && labels[i] < classes));
    KILN_REQUIRE("a prediction is out of range", (predictions[i] >= 0 && predictions[i] < classes));
  }
  for (std::int64_t label = 0; label < classes; ++label) {
    for (std::int64_t prediction = 0; prediction < classes; ++prediction) {
      std::int64_t& count = counts[static_cast<std::size_t>(label * classes + prediction)];
      for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] != ignore_index && labels[i] == label && predictions[i] == prediction) ++count;
    }
  }
}
