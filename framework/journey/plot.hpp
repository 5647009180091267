// The journey drawn with letters, for a terminal: rates over sizes, both logarithmic.
#pragma once

#include <string>
#include <vector>

namespace kiln::journey {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< (size, rate), both above 0
};

struct PlotStyle {
  int width = 80;   ///< columns
  int height = 20;  ///< lines of the plot itself
  bool colour = false;
};

/// By the terminal behind stdout: its width, or COLUMNS, or 80; colour where it is a terminal that is not dumb and
/// NO_COLOR is not set, or where CLICOLOR_FORCE is.
PlotStyle plot_style();

/// A letter a series, "*" where two meet; lines end in LF. Empty where there is no point.
std::string draw_plot(const std::vector<Series>& series, const std::string& x_name, const std::string& y_name,
                      const PlotStyle& style);

}  // namespace kiln::journey
