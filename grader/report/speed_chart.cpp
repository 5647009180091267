// Drawing one measured speed against its steps.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "grader/report/html.hpp"
#include "grader/report/words.hpp"

namespace kiln::grader {
namespace {

// User units of the drawing; the page scales it.
constexpr double kWidth = 540, kLeft = 14, kRight = 526;
constexpr double kAxis = 62, kLane = 44;
constexpr double kLabelWidth = 82, kFirstRow = kAxis + 18, kRowHeight = 13;
constexpr std::size_t kMostTicks = 400;

/// Ratios from 0 to `top` along the axis; what lies beyond sticks to its end.
struct Scale {
  double top;
  double at(double ratio) const { return kLeft + (kRight - kLeft) * std::clamp(ratio / top, 0.0, 1.0); }
};

Scale scale_of(const SpeedResult& speed) {
  double needed = 1.0;  // the reference's own speed is always in sight
  for (const SpeedStep& step : speed.steps) needed = std::max(needed, step.ratio);
  // A kernel far beyond the last step must not squeeze the steps into one corner.
  return {1.12 * std::max(needed, std::min(speed.high, 2 * needed))};
}

std::string vertical(const char* css, double x, double from, double to) {
  return fmt::format(R"(<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)", css, x, x, from, to);
}

std::string label(const char* css, double x, double y, const std::string& text) {
  const char* anchor = x < kLeft + 30 ? "start" : x > kRight - 40 ? "end" : "middle";
  return fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", css, x, y, anchor, text);
}

struct Steps {
  std::string svg;
  double bottom = kFirstRow;  ///< of the lowest row of labels
};

/// A label goes into the first row in which it does not run into the one before.
Steps steps_of(const SpeedResult& speed, Scale scale) {
  Steps steps;
  std::vector<double> last_in_row;
  for (const SpeedStep& step : speed.steps) {
    const double x = scale.at(step.ratio);
    const bool reached = step.points <= speed.points;
    steps.svg += vertical(reached ? "step reached" : "step", x, 24, kAxis + 6);
    std::size_t row = 0;
    while (row < last_in_row.size() && x - last_in_row[row] < kLabelWidth) ++row;
    if (row == last_in_row.size()) last_in_row.push_back(x);
    last_in_row[row] = x;
    const double y = kFirstRow + kRowHeight * static_cast<double>(row);
    steps.bottom = std::max(steps.bottom, y);
    steps.svg += label(reached ? "reached" : "", x, y,
                       fmt::format("{}: {} p", format_ratio(step.ratio), format_points(step.points)));
  }
  return steps;
}

std::string raw_ticks(const SpeedResult& speed, Scale scale) {
  std::string svg;
  for (std::size_t i = 0; i < std::min(speed.samples.size(), kMostTicks); ++i)
    if (std::isfinite(speed.samples[i])) svg += vertical("raw", scale.at(speed.samples[i]), kLane - 13, kLane + 13);
  return svg;
}

}  // namespace

std::string speed_chart(const SpeedResult& speed) {
  const bool drawable = std::isfinite(speed.ratio) && std::isfinite(speed.low) && std::isfinite(speed.high);
  if (!speed.measured || !drawable || speed.ratio <= 0) return {};
  const Scale scale = scale_of(speed);
  const double low = scale.at(speed.low), high = scale.at(speed.high), middle = scale.at(speed.ratio);
  const Steps steps = steps_of(speed, scale);
  std::string svg = fmt::format(R"(<svg class="speed" viewBox="0 0 {} {}" role="img" aria-label="{}">)", kWidth,
                                steps.bottom + 6, escape_html(speed_sentence(speed)));
  svg += fmt::format(R"(<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>)", kLeft, kRight, kAxis, kAxis);
  svg += vertical("one", scale.at(1), 24, kAxis);
  svg += label("", scale.at(1), 16, "reference 1x");
  svg += steps.svg;
  svg += raw_ticks(speed, scale);
  // A narrow interval still shows: at least four units wide.
  const double wide = std::max(high - low, 4.0);
  svg += fmt::format(R"(<rect class="range" x="{:.1f}" y="{}" width="{:.1f}" height="16" rx="3"/>)",
                     std::min(low, high - wide), kLane - 8, wide);
  svg += fmt::format(R"(<circle class="middle" cx="{:.1f}" cy="{}" r="5"/>)", middle, kLane);
  if (std::abs(middle - scale.at(1)) > 70) svg += label("", middle, 16, format_ratio(speed.ratio));
  return svg + "</svg>";
}

}  // namespace kiln::grader
