// From a measured ratio to points: the interval is compared with the steps of module.toml.
// Promises: noise never costs a student a step. Where the interval straddles a step the answer is "measure more", and
// once the budget is used up the student gets the higher step and the decision says so.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "speed/statistics.hpp"

namespace kiln::speed {

/// Reaching `ratio` (the reference's time over the student's) is worth `points` in all, not in addition.
struct Step {
  double ratio = 0;
  double points = 0;
  friend bool operator==(const Step&, const Step&) = default;
};

struct Decision {
  double points = 0;              ///< of the step reached, 0 below the first
  double max = 0;                 ///< of the last step
  bool settled = true;            ///< false: the interval straddles a step, measure more
  std::optional<Step> straddled;  ///< the highest step inside the interval, where not settled
  std::optional<Step> reached;    ///< the step that gives `points`
  std::optional<Step> next;       ///< the step above it, nothing at the top
  bool full() const { return !next; }
};

/// A step is reached where the whole interval lies at or above its ratio, missed where the whole interval lies below
/// it, and straddled where low < ratio <= high. A straddled step is given, with settled = false: while there is budget
/// left measure more, and at its end `points` stand. Steps ascend in ratio and in points.
/// Error(invalid_argument) where they do not, where there are none, or where the interval is not finite and in order.
Decision decide(const Interval& interval, std::span<const Step> steps);

/// Whether the ratios come nowhere near the first step: each lies below half of it, but for one in ten at most, in whose
/// rounds somebody may have held the reference up. Then no drift of the machine can have cost the step. False where there
/// are no ratios or no steps.
bool far_below(std::span<const double> ratios, std::span<const Step> steps);

/// One sentence for the result: "0.31 (0.29 to 0.33) reaches 0.3 for 4 of 6 points; the next step is 0.6 for 6".
std::string describe(const Decision& decision, const Interval& interval);

}  // namespace kiln::speed
