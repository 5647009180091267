// learning_rate: the rate of a step; a straight rise, then half a cosine down.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 4.
#include <cmath>
#include <limits>
#include <numbers>

#include "kiln/kernels/training.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

void check(std::int64_t step, const ScheduleOptions& options) {
  // No comparison with NaN is true, so NaN is refused as well.
  KILN_REQUIRE("learning_rate: the peak must not be negative", options.peak >= 0.0f);
  KILN_REQUIRE("learning_rate: the peak must be finite", options.peak < std::numeric_limits<float>::infinity());
  KILN_REQUIRE("learning_rate: the last rate must not be negative", options.last >= 0.0f);
  KILN_REQUIRE("learning_rate: the last rate must not be above the peak", options.last <= options.peak);
  KILN_REQUIRE("learning_rate: there must be a step at least", options.total_steps >= 1);
  KILN_REQUIRE("learning_rate: warmup_steps must not be negative", options.warmup_steps >= 0);
  KILN_REQUIRE("learning_rate: the warm-up must end within the run", options.warmup_steps <= options.total_steps);
  KILN_REQUIRE("learning_rate: steps count from 0", step >= 0);
}

}  // namespace
// END SOLUTION

// Example: peak 1, last 0, warmup_steps 1, total_steps 3: the rates of steps 0, 1, 2, 3 are 0.5, 1, 0.5, 0.
float impl::learning_rate(std::int64_t step, ScheduleOptions options) {
  // BEGIN SOLUTION
  check(step, options);
  // In double before the additions: the largest count has no successor among the integers.
  const double peak = options.peak, last = options.last;
  const auto now = static_cast<double>(step), warmup = static_cast<double>(options.warmup_steps);
  if (step < options.warmup_steps) return static_cast<float>(peak * (now + 1) / (warmup + 1));
  if (step >= options.total_steps) return options.last;
  const double progress = (now - warmup) / (static_cast<double>(options.total_steps) - warmup);
  return static_cast<float>(last + (peak - last) * (1 + std::cos(std::numbers::pi * progress)) / 2);
  // END SOLUTION
}
