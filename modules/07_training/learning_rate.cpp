// learning_rate: the rate of a step; a straight rise, then half a cosine down.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 4.
//
// Write what stands below as STUB(); then run `kiln check learning_rate`.
// Stuck? `kiln hint learning_rate`.
#include <cmath>
#include <limits>
#include <numbers>

#include "kiln/kernels/training.hpp"

using namespace kiln;

// Example: peak 1, last 0, warmup_steps 1, total_steps 3: the rates of steps 0, 1, 2, 3 are 0.5, 1, 0.5, 0.
float impl::learning_rate(std::int64_t step, ScheduleOptions options) {
  STUB();
}
