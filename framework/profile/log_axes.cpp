// Ticks at 1, 2 and 5 of every power of ten; names of ticks where they fit.
#include "profile/log_axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace kiln::profile {
namespace {

constexpr double kSmall = 10.5;  // pixels, of the class "small"

std::vector<double> ticks(const Range& range) {
  std::vector<double> all;
  for (double power = std::pow(10, std::floor(std::log10(range.low))); power <= range.high * 1.001; power *= 10)
    for (const double step : {1.0, 2.0, 5.0})
      if (step * power >= range.low * 0.999 && step * power <= range.high * 1.001) all.push_back(step * power);
  return all;
}

Range widened(const Range& range) {
  Range wide{range.low * 0.8, range.high * 1.25};
  const auto down = [](double value) {
    const double power = std::pow(10, std::floor(std::log10(value)));
    return value >= 5 * power ? 5 * power : value >= 2 * power ? 2 * power : power;
  };
  wide.low = down(wide.low);
  const double below = down(wide.high), power = std::pow(10, std::floor(std::log10(below) + 1e-9));
  wide.high = below > 4 * power ? 10 * power : below > 1.5 * power ? 5 * power : 2 * power;
  return wide;
}

bool is_power_of_ten(double value) {
  const double exponent = std::log10(value);
  return std::abs(exponent - std::round(exponent)) < 1e-6;
}

}  // namespace

void Range::hold(double value) {
  if (!(value > 0) || !std::isfinite(value)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

std::string short_number(double value) {
  static constexpr std::array<std::pair<double, const char*>, 4> kUnits{
      {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}};
  for (const auto& [unit, letter] : kUnits)
    if (value >= 0.9995 * unit) return fmt::format("{:.3g}{}", value / unit, letter);
  return fmt::format("{:.3g}", value);
}

LogAxes::LogAxes(double left, double top, double width, double height, Range x, Range y)
    : left_(left), top_(top), width_(width), height_(height), x_(widened(x)), y_(widened(y)) {}

double LogAxes::x(double value) const { return left_ + width_ * std::log(value / x_.low) / std::log(x_.high / x_.low); }
double LogAxes::y(double value) const {
  return top_ + height_ * (1 - std::log(value / y_.low) / std::log(y_.high / y_.low));
}

void LogAxes::draw(Svg& svg, const std::string& x_name, const std::string& y_name) const {
  const double bottom = top_ + height_, right = left_ + width_;
  const std::vector<double> across = ticks(x_), up = ticks(y_);
  // Where all names would touch, keep those of powers of ten.
  const bool all_across = static_cast<double>(across.size()) * 40 < width_;
  const bool all_up = static_cast<double>(up.size()) * 15 < height_;
  for (const double tick : across) {
    svg.line(x(tick), top_, x(tick), bottom, "grid");
    if (all_across || is_power_of_ten(tick)) svg.text(x(tick), bottom + 16, short_number(tick), "small dim", "middle");
  }
  for (const double tick : up) {
    svg.line(left_, y(tick), right, y(tick), "grid");
    if (all_up || is_power_of_ten(tick)) svg.text(left_ - 6, y(tick) + 3.5, short_number(tick), "small dim", "end");
  }
  svg.rectangle(left_, top_, width_, height_, "frame");
  svg.text(left_ + width_ / 2, bottom + 36, x_name, "label", "middle");
  svg.text_upwards(left_ - 46, top_ + height_ / 2, y_name);
}

void LogAxes::draw_power(Svg& svg, double factor, double power, double limit, const std::string& classes) const {
  const auto value = [&](double at) { return factor * std::pow(at, power); };
  double from = x_.low, to = x_.high;
  if (power > 0) {
    from = std::max(from, std::pow(y_.low / factor, 1 / power));
    to = std::min(to, std::pow(std::min(limit, y_.high) / factor, 1 / power));
  }
  if (from >= to) return;
  svg.path({{x(from), y(value(from))}, {x(to), y(value(to))}}, classes);
}

void LogAxes::keep_clear(double at_x, double at_y, double radius) {
  taken_.push_back({x(at_x) - radius, y(at_y) - radius, x(at_x) + radius, y(at_y) + radius});
}

void LogAxes::label(Svg& svg, double at_x, double at_y, const std::string& words, const std::string& classes,
                    double gap) {
  const double wide = text_width(words, kSmall), px = x(at_x), py = y(at_y);
  // To the right, to the left, then in growing steps below and above.
  const auto box = [&](bool to_left, double shift) {
    const double start = to_left ? px - gap - wide : px + gap;
    return Box{start, py + shift - kSmall + 3, start + wide, py + shift + 5};
  };
  const auto free = [&](const Box& wanted) {
    return wanted.left >= left_ && wanted.right <= left_ + width_ && wanted.top >= top_ &&
           wanted.bottom <= top_ + height_ && std::ranges::none_of(taken_, [&](const Box& other) {
             return wanted.left < other.right && other.left < wanted.right && wanted.top < other.bottom &&
                    other.top < wanted.bottom;
           });
  };
  Box chosen = box(px + gap + wide > left_ + width_, 3.5);
  bool found = false;
  for (double shift = 0; shift <= 60 && !found; shift += 7)
    for (const double sign : {1.0, -1.0})
      for (const bool to_left : {false, true}) {
        if (found) break;
        const Box tried = box(to_left, 3.5 + sign * shift);
        found = free(tried);
        if (found) chosen = tried;
      }
  taken_.push_back(chosen);
  svg.text(chosen.left, chosen.bottom - 5, words, classes);
}

}  // namespace kiln::profile
