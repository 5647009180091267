// perceptron_step: Rosenblatt's rule, the first by which a machine learned from its mistakes.
// Contract: kiln/kernels/layers.hpp. Lesson: modules/03_layers/README.md, step 2.
//
// Write what stands below as STUB(); then run `kiln check perceptron_step`.
// Stuck? `kiln hint perceptron_step`.
#include <cmath>

#include "kiln/kernels/layers.hpp"

using namespace kiln;

// Example: x (2, 1), label -1, weight (1, 0), bias 0: the score is 2, so the example is on the wrong side. With a
// learning rate of 0.5 weight becomes (0, -0.5) and bias -0.5, and true is returned.
bool impl::perceptron_step(ConstView x, float label, float learning_rate, View weight, View bias) {
  STUB();
}
