// Wrong: "not right" is taken for "wrong", but a score of NaN is neither.
#include <cmath>

#include "kiln/kernels/layers.hpp"

using namespace kiln;

bool impl::perceptron_step(ConstView x, float label, float learning_rate, View weight, View bias) {
  KILN_REQUIRE("perceptron_step: x is a vector", x.rank() == 1);
  KILN_REQUIRE("perceptron_step: weight does not fit x", weight.shape == x.shape);
  KILN_REQUIRE("perceptron_step: bias is a scalar", bias.rank() == 0);
  KILN_REQUIRE("perceptron_step: the label is 1 or -1", (label == 1 || label == -1));
  KILN_REQUIRE("perceptron_step: the learning rate", (std::isfinite(learning_rate) && learning_rate >= 0));
  float score = 0;
  for (std::int64_t i = 0; i < x.shape[0]; ++i) score += weight(i) * x(i);
  score += bias();
  if (!(label * score > 0)) {
    for (std::int64_t i = 0; i < x.shape[0]; ++i) weight(i) += learning_rate * label * x(i);
    bias() += learning_rate * label;
    return true;
  }
  return false;
}
