// Recorded and plain take turns: r p p r r p p r ...
#include "profile/steps.hpp"

#include <algorithm>

namespace kiln::profile {
namespace {

/// By linear interpolation; 0 of nothing.
double quantile(std::vector<double> values, double p) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const double place = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

double median(const std::vector<double>& values) { return quantile(values, 0.5); }

}  // namespace

void StepPlan::stretch(std::int64_t steps, double seconds, bool new_epoch) {
  steps_at_once_ = std::max(steps_at_once_, steps);
  const double each = seconds / static_cast<double>(std::max<std::int64_t>(steps, 1));
  const Mode before = mode_;
  if (before == Mode::recorded) {
    recorded_steps_ += steps;
    recorded_seconds_ += seconds;
    recorded_.push_back(each);
  } else if (before == Mode::plain) {
    plain_.push_back(each);
  } else if (before == Mode::warm_up && ++warm_ < kWarmUp) {
    return;
  }
  const bool enough = recorded_steps_ >= wanted_;
  if (enough && plain_.size() >= recorded_.size()) {
    mode_ = Mode::done;
    return;
  }
  if (new_epoch && !enough)
    mode_ = Mode::recorded;
  else if (recorded_.size() == plain_.size())
    mode_ = before == Mode::plain ? Mode::plain : Mode::recorded;
  else
    mode_ = recorded_.size() > plain_.size() ? Mode::plain : Mode::recorded;
  if (mode_ == Mode::recorded && enough) mode_ = Mode::plain;
}

double StepPlan::step_seconds() const { return median(recorded_); }

Overhead StepPlan::overhead() const {
  const std::size_t pairs = std::min(recorded_.size(), plain_.size());
  if (pairs == 0) return {};
  std::vector<double> shares;
  for (std::size_t i = 0; i < pairs; ++i)
    if (plain_[i] > 0) shares.push_back(recorded_[i] / plain_[i] - 1);
  return {.plain = median(plain_),
          .recorded = median(recorded_),
          .share = median(shares),
          .low = quantile(shares, 0.25),
          .high = quantile(shares, 0.75)};
}

}  // namespace kiln::profile
