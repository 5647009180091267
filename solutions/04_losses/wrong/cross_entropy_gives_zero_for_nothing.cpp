// Wrong: gives 0 where no row counts: a perfect loss for a batch that says nothing.
#include <algorithm>
#include <cmath>

#include "kiln/kernels/losses.hpp"

using namespace kiln;

namespace {

float row_loss(ConstView logits, std::int64_t i, std::int64_t label) {
  float best = logits(i, 0), sum = 0;
  for (std::int64_t j = 1; j < logits.shape[1]; ++j) best = std::max(best, logits(i, j));
  for (std::int64_t j = 0; j < logits.shape[1]; ++j) sum += std::exp(logits(i, j) - best);
  return best - logits(i, label) + std::log(sum);
}

}  // namespace

void impl::cross_entropy(ConstView logits, std::span<const std::int32_t> labels, std::int32_t ignore_index, View loss) {
  KILN_REQUIRE("logits is a matrix", logits.rank() == 2);
  KILN_REQUIRE("a label a row", static_cast<std::int64_t>(labels.size()) == logits.shape[0]);
  KILN_REQUIRE("the loss is a scalar", loss.rank() == 0);
  float sum = 0;
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < logits.shape[0]; ++i) {
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    if (label == ignore_index) continue;
    KILN_REQUIRE("the label is at least 0", label >= 0);
    KILN_REQUIRE("the label is below the classes", label < logits.shape[1]);
    sum += row_loss(logits, i, label);
    ++count;
  }
  *loss.data = count == 0 ? 0.0f : sum / static_cast<float>(count);
}
