// perceptron_step: Rosenblatt's rule, the first by which a machine learned from its mistakes.
// Contract: kiln/kernels/layers.hpp. Lesson: modules/03_layers/README.md, step 2.
#include <cmath>

#include "kiln/kernels/layers.hpp"

using namespace kiln;

// Example: x (2, 1), label -1, weight (1, 0), bias 0: the score is 2, so the example is on the wrong side. With a
// learning rate of 0.5 weight becomes (0, -0.5) and bias -0.5, and true is returned.
bool impl::perceptron_step(ConstView x, float label, float learning_rate, View weight, View bias) {
  // BEGIN SOLUTION
  KILN_REQUIRE("perceptron_step: x is a vector", x.rank() == 1);
  KILN_REQUIRE("perceptron_step: weight has one element a feature", weight.shape == x.shape);
  KILN_REQUIRE("perceptron_step: bias is a scalar", bias.rank() == 0);
  KILN_REQUIRE("perceptron_step: the label is 1 or -1", std::abs(label) == 1.0f);
  KILN_REQUIRE("perceptron_step: the learning rate is not negative", learning_rate >= 0.0f);
  KILN_REQUIRE("perceptron_step: the learning rate is finite", std::isfinite(learning_rate) == true);
  const std::int64_t features = x.shape[0];

  // On which side of the line does the example lie?
  float score = *bias.data;
  for (std::int64_t i = 0; i < features; ++i) score += weight(i) * x(i);
  // Written with <= and not with its opposite: a score of NaN is no mistake to learn from.
  const bool mistaken = label * score <= 0.0f;
  if (!mistaken) return false;

  // Turn the line towards it: the score of this very example changes by label * learning_rate * (|x|^2 + 1).
  const float change = learning_rate * label;
  for (std::int64_t i = 0; i < features; ++i) weight(i) += change * x(i);
  *bias.data += change;
  return true;
  // END SOLUTION
}
