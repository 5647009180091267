// Wrong: the last rate is forgotten until the run is over.
#include <cmath>
#include <numbers>

#include "kiln/kernels/training.hpp"

using namespace kiln;

float impl::learning_rate(std::int64_t step, ScheduleOptions options) {
  KILN_REQUIRE("peak is negative", options.peak >= 0.0f);
  KILN_REQUIRE("peak is not finite", options.peak < INFINITY);
  KILN_REQUIRE("last is negative", options.last >= 0.0f);
  KILN_REQUIRE("last is above peak", options.last <= options.peak);
  KILN_REQUIRE("total_steps is too small", options.total_steps >= 1);
  KILN_REQUIRE("warmup_steps is negative", options.warmup_steps >= 0);
  KILN_REQUIRE("warmup_steps is too large", options.warmup_steps <= options.total_steps);
  KILN_REQUIRE("step is negative", step >= 0);
  const double peak = options.peak;
  const auto now = static_cast<double>(step), warmup = static_cast<double>(options.warmup_steps);
  const auto total = static_cast<double>(options.total_steps);
  if (step < options.warmup_steps) return static_cast<float>(peak * (now + 1) / (warmup + 1));
  if (step >= options.total_steps) return options.last;
  const double progress = (now - warmup) / (total - warmup);
  return static_cast<float>(peak * (1 + std::cos(std::numbers::pi * progress)) / 2);
}
