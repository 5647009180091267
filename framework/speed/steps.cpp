// The rule that turns an interval into a step.
#include "speed/steps.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "kiln/check.hpp"

namespace kiln::speed {
namespace {

void require_steps(std::span<const Step> steps) {
  KILN_REQUIRE("a speed case needs at least one step", steps.size() > 0u);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    KILN_REQUIRE("a step's ratio must be finite and above 0", (std::isfinite(steps[i].ratio) && steps[i].ratio > 0));
    KILN_REQUIRE("a step's points must be finite and not negative",
                 (std::isfinite(steps[i].points) && steps[i].points >= 0));
    if (i == 0) continue;
    KILN_REQUIRE("steps must ascend in ratio", steps[i - 1].ratio < steps[i].ratio);
    KILN_REQUIRE("steps must ascend in points", steps[i - 1].points < steps[i].points);
  }
}

void require_interval(const Interval& interval) {
  for (const double value : {interval.low, interval.median, interval.high})
    KILN_REQUIRE("a ratio's interval must be finite and above 0", (std::isfinite(value) && value > 0));
  KILN_REQUIRE("a ratio's interval must be in order", interval.low <= interval.median);
  KILN_REQUIRE("a ratio's interval must be in order", interval.median <= interval.high);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

}  // namespace

Decision decide(const Interval& interval, std::span<const Step> steps) {
  require_steps(steps);
  require_interval(interval);
  Decision decision{.max = steps.back().points};
  for (const Step& step : steps) {
    if (interval.high < step.ratio) {
      decision.next = step;
      break;
    }
    decision.reached = step;
    decision.points = step.points;
    if (interval.low < step.ratio) decision.straddled = step;
  }
  decision.settled = !decision.straddled;
  return decision;
}

bool far_below(std::span<const double> ratios, std::span<const Step> steps) {
  if (ratios.empty() || steps.empty()) return false;
  const double half = steps.front().ratio / 2;
  const auto near = std::count_if(ratios.begin(), ratios.end(), [half](double ratio) { return ratio >= half; });
  return static_cast<std::size_t>(near) <= ratios.size() / 10;
}

std::string describe(const Decision& decision, const Interval& interval) {
  std::string text = number(interval.median) + " (" + number(interval.low) + " to " + number(interval.high) + ") ";
  text += decision.reached ? "reaches " + number(decision.reached->ratio) : std::string("is below every step");
  text += " for " + number(decision.points) + " of " + number(decision.max) + " points";
  if (decision.straddled) {
    text +=
        "; the interval straddles the step at " + number(decision.straddled->ratio) + ", and the higher step is given";
  }
  if (decision.next) {
    text += "; the next step is " + number(decision.next->ratio) + " for " + number(decision.next->points);
  }
  return text;
}

}  // namespace kiln::speed
