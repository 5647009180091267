// cross_entropy: the cost of choosing among classes, from logits, fused with log_softmax.
// Contract: kiln/kernels/losses.hpp. Lesson: modules/04_losses/README.md, step 3.
#include <cmath>
#include <string>

#include "kiln/kernels/losses.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// Checks every label; returns how many rows count.
std::int64_t checked_count(std::span<const std::int32_t> labels, std::int32_t ignore_index, std::int64_t classes) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignore_index) continue;
    KILN_REQUIRE("cross_entropy: the label of row " + std::to_string(i) + " is at least 0", labels[i] >= 0);
    KILN_REQUIRE("cross_entropy: the label of row " + std::to_string(i) + " is below the number of classes",
                 labels[i] < classes);
    ++count;
  }
  return count;
}

/// The larger one, without a branch: a vector instruction. NaN on the right is dropped here; exp meets it again.
float larger(float left, float right) { return right > left ? right : left; }

/// The largest of n neighbours. One running maximum waits 4 cycles for each comparison; kLanes side by side do not.
float largest(const float* row, std::int64_t n) {
  constexpr std::int64_t kLanes = 32;
  float lanes[kLanes];
  for (float& lane : lanes) lane = -INFINITY;
  std::int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] = larger(lanes[lane], row[j + lane]);
  for (std::int64_t half = kLanes / 2; half > 0; half /= 2)
    for (std::int64_t lane = 0; lane < half; ++lane) lanes[lane] = larger(lanes[lane], lanes[lane + half]);
  float best = lanes[0];
  for (; j < n; ++j) best = larger(best, row[j]);
  return best;
}

float strided_largest(const float* row, std::int64_t n, std::int64_t step) {
  float best = -INFINITY;
  for (std::int64_t j = 0; j < n; ++j) best = larger(best, row[j * step]);
  return best;
}

/// log(sum of exp(row[j])) - row[label] = (best - row[label]) + log(sum of exp(row[j] - best)).
/// The largest term of the sum is exp(0) = 1: it neither overflows nor vanishes, and the logarithm is at least 0. An
/// element costs one comparison and one exp, a row one log. The sum is in double: beside exp that costs nothing, and no
/// number of classes loses digits. A NaN, an inf, and a row of nothing but -inf make a term NaN, and so the sum.
double row_loss(const float* row, std::int64_t n, std::int64_t step, std::int64_t label) {
  const float best = step == 1 ? largest(row, n) : strided_largest(row, n, step);
  double sum = 0;
  for (std::int64_t j = 0; j < n; ++j) sum += std::exp(row[j * step] - best);
  return static_cast<double>(best) - row[label * step] + std::log(sum);
}

}  // namespace
// END SOLUTION

// Example: logits (2, 3), labels {2, 0} -> loss (); the mean of -log_softmax(row 0)[2] and -log_softmax(row 1)[0].
void impl::cross_entropy(ConstView logits, std::span<const std::int32_t> labels, std::int32_t ignore_index, View loss) {
  // BEGIN SOLUTION
  KILN_REQUIRE("cross_entropy: logits is (batch, classes)", logits.rank() == 2);
  const std::int64_t batch = logits.shape[0], classes = logits.shape[1];
  KILN_REQUIRE("cross_entropy: every row of logits has a label", static_cast<std::int64_t>(labels.size()) == batch);
  KILN_REQUIRE("cross_entropy: loss is a scalar", loss.shape == Shape{});
  const std::int64_t count = checked_count(labels, ignore_index, classes);
  KILN_REQUIRE("cross_entropy: the mean of nothing; no row counts of " + std::to_string(batch), count > 0);

  // Rows that are ignored are not read at all: 0 times NaN would be NaN.
  double sum = 0;
  for (std::int64_t i = 0; i < batch; ++i) {
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    if (label == ignore_index) continue;
    sum += row_loss(logits.data + i * logits.strides[0], classes, logits.strides[1], label);
  }
  *loss.data = static_cast<float>(sum / static_cast<double>(count));
  // END SOLUTION
}
