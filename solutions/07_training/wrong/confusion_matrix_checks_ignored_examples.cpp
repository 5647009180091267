// Wrong: an example that is ignored need not have a prediction.
#include "kiln/kernels/training.hpp"

using namespace kiln;

void impl::confusion_matrix(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                            std::int32_t ignore_index, std::int64_t classes, std::span<std::int64_t> counts) {
  KILN_REQUIRE("the lengths differ", predictions.size() == labels.size());
  KILN_REQUIRE("there is no class", classes > 0);
  const auto size = static_cast<std::int64_t>(counts.size());
  KILN_REQUIRE("counts has another size", (size / classes == classes && size % classes == 0));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != ignore_index) KILN_REQUIRE("a label is out of range", (labels[i] >= 0 && labels[i] < classes));
    KILN_REQUIRE("a prediction is out of range", (predictions[i] >= 0 && predictions[i] < classes));
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignore_index) continue;
    ++counts[static_cast<std::size_t>(labels[i] * classes + predictions[i])];
  }
}
