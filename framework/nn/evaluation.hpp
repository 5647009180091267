// How good a classifier is on data that it did not learn from.
#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.hpp"
#include "nn/layers.hpp"

namespace kiln::nn {

struct Evaluation {
  double loss = 0;  ///< mean cross-entropy
  std::int64_t correct = 0, examples = 0;
  std::int64_t classes = 0;
  std::vector<std::int64_t> confusion;  ///< (classes, classes): rows are the truth, columns what was said

  double accuracy() const { return static_cast<double>(correct) / static_cast<double>(examples); }
};

/// Runs the model in evaluation, without a graph; it is left in the mode that it was in. The result does not depend on
/// batch_size but for rounding of the loss. Error(invalid_argument) where there is no example, or batch_size is
/// below 1.
Evaluation evaluate(Layer& model, const data::Dataset& examples, std::int64_t batch_size = 256);

}  // namespace kiln::nn
