// Which steps of a run are recorded: after those that warm up, recorded and plain ones side by side, so that what
// recording costs is measured where it is paid. No clock: times are given.
#pragma once

#include <cstdint>
#include <vector>

#include "profile/report.hpp"

namespace kiln::profile {

/// A milestone tells of moments between steps; what lies between two of them is a stretch of one or several steps.
class StepPlan {
 public:
  static constexpr std::int64_t kWarmUp = 2;  ///< stretches

  explicit StepPlan(std::int64_t wanted) : wanted_(wanted) {}

  enum class Mode { warm_up, recorded, plain, done };
  Mode mode() const { return mode_; }

  /// A stretch is over that took `seconds` and had `steps` steps; `new_epoch` says whether the next begins an epoch of
  /// several stretches: threads that load an epoch keep the kernels that it began with, so it is recorded.
  void stretch(std::int64_t steps, double seconds, bool new_epoch);

  std::int64_t recorded_steps() const { return recorded_steps_; }
  double recorded_seconds() const { return recorded_seconds_; }
  std::int64_t steps_at_once() const { return steps_at_once_; }
  double step_seconds() const;  ///< median of the recorded; 0 where there is none
  Overhead overhead() const;

 private:
  std::int64_t wanted_, warm_ = 0, recorded_steps_ = 0, steps_at_once_ = 1;
  double recorded_seconds_ = 0;
  std::vector<double> recorded_, plain_;  ///< seconds of a step, one a stretch
  Mode mode_ = Mode::warm_up;
};

}  // namespace kiln::profile
