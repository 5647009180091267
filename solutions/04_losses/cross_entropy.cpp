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

/// The larger one. NaN on the right is dropped here; exp meets it again.
float larger(float left, float right) { return right > left ? right : left; }

/// How many results run side by side. Every call of exp sends a running sum to memory and back, and the next addition
/// waits for it: with one sum that takes longer than exp itself. Four sums keep the wait out of the way.
constexpr std::int64_t kLanes = 4;

float largest(const float* row, std::int64_t n, std::int64_t step) {
  float lanes[kLanes] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
  std::int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] = larger(lanes[lane], row[(j + lane) * step]);
  float best = larger(larger(lanes[0], lanes[1]), larger(lanes[2], lanes[3]));
  for (; j < n; ++j) best = larger(best, row[j * step]);
  return best;
}

/// Sum of exp(row[j] - best). In double: beside exp that costs nothing, and no number of classes loses digits.
double sum_of_exp(const float* row, std::int64_t n, std::int64_t step, float best) {
  double lanes[kLanes] = {};
  std::int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += std::exp(row[(j + lane) * step] - best);
  double sum = lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
  for (; j < n; ++j) sum += std::exp(row[j * step] - best);
  return sum;
}

/// log(sum of exp(row[j])) - row[label] = (best - row[label]) + log(sum of exp(row[j] - best)).
/// The largest term of the sum is exp(0) = 1: it neither overflows nor vanishes. An element costs one comparison and
/// one exp, a row one logarithm. A NaN, an inf, and a row of nothing but -inf make a term NaN, and with it the sum.
double row_loss(const float* row, std::int64_t n, std::int64_t step, std::int64_t label) {
  const float best = largest(row, n, step);
  return static_cast<double>(best) - row[label * step] + std::log(sum_of_exp(row, n, step, best));
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
