// Wrong: the strides of the logits are not asked for.
#include <cmath>

#include "kiln/kernels/training.hpp"

using namespace kiln;

void impl::predicted_classes(ConstView logits, std::span<std::int32_t> predictions) {
  KILN_REQUIRE("logits is no matrix", logits.rank() == 2);
  KILN_REQUIRE("logits has no column", logits.shape[1] > 0);
  KILN_REQUIRE("predictions has another length", static_cast<std::int64_t>(predictions.size()) == logits.shape[0]);
  for (std::int64_t i = 0; i < logits.shape[0]; ++i) {
    std::int64_t best = 0;
    for (std::int64_t j = 0; j < logits.shape[1]; ++j) {
      if (std::isnan(logits.data[i * logits.shape[1] + j])) {
        best = j;
        break;
      }
      if (logits.data[i * logits.shape[1] + j] > logits.data[i * logits.shape[1] + best]) best = j;
    }
    predictions[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(best);
  }
}

std::int64_t impl::count_correct(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                                 std::int32_t ignore_index) {
  KILN_REQUIRE("the lengths differ", predictions.size() == labels.size());
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != ignore_index && labels[i] == predictions[i]) ++correct;
  return correct;
}
