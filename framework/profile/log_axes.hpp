// A plot with two logarithmic axes, and labels that stay off each other.
#pragma once

#include <string>
#include <vector>

#include "profile/svg.hpp"

namespace kiln::profile {

struct Range {
  double low = 1, high = 10;  ///< above 0

  /// Grows to hold a value above 0; others are passed over.
  void hold(double value);
};

/// "1", "0.02", "3k", "20M", "1.5G": short words for a number.
std::string short_number(double value);

class LogAxes {
 public:
  /// The plot's frame in pixels. Ranges are widened to whole steps of 1, 2, 5 and 10.
  LogAxes(double left, double top, double width, double height, Range x, Range y);

  double x(double value) const;
  double y(double value) const;
  Range x_range() const { return x_; }
  Range y_range() const { return y_; }

  /// Frame, grid, numbers and names.
  void draw(Svg& svg, const std::string& x_name, const std::string& y_name) const;
  /// A straight line of the plot from the left to the right edge, y = factor * x^power, cut at the frame and at
  /// `limit`.
  void draw_power(Svg& svg, double factor, double power, double limit, const std::string& classes) const;
  /// Writes near a point where there is room, `gap` pixels from it: what was written or kept clear before stays clear.
  void label(Svg& svg, double at_x, double at_y, const std::string& words, const std::string& classes = "small",
             double gap = 5);
  /// No label within so many pixels of a point.
  void keep_clear(double at_x, double at_y, double radius);

 private:
  struct Box {
    double left, top, right, bottom;
  };
  double left_, top_, width_, height_;
  Range x_, y_;
  std::vector<Box> taken_;
};

}  // namespace kiln::profile
