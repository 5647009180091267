// A milestone: a whole network, trained and judged on data that it never saw, on whichever implementation of each
// kernel exists. The file modules/NN/NAME.cpp defines one; linking picks it. The program around it is main.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace kiln::milestone {

struct Options {
  std::uint64_t seed = 1;  ///< of the data, the first weights and the order of examples
  int epochs = 0;          ///< at most; 0: as many as the milestone takes by itself
};

/// Called after each epoch: its number from 1 on, how many there are at most, and its loss.
using Progress = std::function<void(int epoch, int epochs, double loss)>;

struct Outcome {
  std::vector<double> loss;                   ///< one an epoch
  double accuracy = 0;                        ///< the share of the held-out examples that are classified right
  std::int64_t trained_on = 0, held_out = 0;  ///< examples
};

struct Milestone {
  const char* name;   ///< "perceptron"
  const char* title;  ///< "The perceptron (1958): ..."
  double goal;        ///< of the accuracy
  Outcome (*run)(const Options& options, const Progress& progress);
};

/// Defined by the milestone's own file.
const Milestone& milestone();

}  // namespace kiln::milestone
