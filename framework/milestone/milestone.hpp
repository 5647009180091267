// A milestone: a whole network, trained and judged on data that it never saw, on whichever implementation of each
// kernel exists. The file modules/NN/NAME.cpp defines one; linking picks it. The program around it is main.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kiln::milestone {

struct Options {
  std::uint64_t seed = 1;  ///< of the data where it is drawn, the first weights and the order of examples
  int epochs = 0;          ///< at most; 0: as many as the milestone takes by itself
  std::string checkpoint;  ///< file to keep the run in, and to go on from where it exists; "": none
  std::function<bool()> stop = [] { return false; };  ///< asked between steps: true ends the run there
};

/// How far a run is; all counted from 1.
struct Moment {
  std::int64_t epoch = 0, epochs = 0;  ///< the one under way, and how many there are at most
  std::int64_t batch = 0, batches = 0;
  double loss = 0;  ///< over the epoch so far
};
/// Called after each step, or less often.
using Progress = std::function<void(const Moment&)>;

struct Outcome {
  std::vector<double> loss;                   ///< one an epoch
  double accuracy = 0;                        ///< the share of the held-out examples that are classified right
  std::int64_t trained_on = 0, held_out = 0;  ///< examples
  std::vector<std::string> classes;           ///< their names
  std::vector<std::int64_t> confusion;        ///< of the held-out examples: rows are the truth, columns what was said
  bool resumed = false;                       ///< it went on from the checkpoint
  bool stopped = false;                       ///< before its end, because Options::stop said so
};

struct Milestone {
  const char* name;   ///< "perceptron"
  const char* title;  ///< "The perceptron (1958): ..."
  double goal;        ///< of the accuracy
  Outcome (*run)(const Options& options, const Progress& progress);
  bool keeps_checkpoints = false;  ///< without, Options::checkpoint is refused
};

/// Defined by the milestone's own file.
const Milestone& milestone();

}  // namespace kiln::milestone
