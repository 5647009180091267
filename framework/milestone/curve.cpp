// One character a column.
#include "milestone/curve.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace kiln::milestone {
namespace {

std::vector<double> averaged(const std::vector<double>& values, int columns) {
  std::vector<double> means;
  const std::size_t n = values.size(), count = std::min(n, static_cast<std::size_t>(columns));
  for (std::size_t column = 0; column < count; ++column) {
    const std::size_t begin = column * n / count, end = (column + 1) * n / count;
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += values[i];
    means.push_back(sum / static_cast<double>(end - begin));
  }
  return means;
}

std::string label(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%9.4g |", value);
  return text;
}

}  // namespace

std::string draw_curve(const std::vector<double>& values, int width, int height) {
  if (values.empty()) return "";
  const std::vector<double> columns = averaged(values, width);
  double most = 0;
  for (double value : columns)
    if (std::isfinite(value)) most = std::max(most, value);

  std::string text;
  for (int line = height - 1; line >= 0; --line) {
    text += line == height - 1 || line == 0 ? label(most * line / (height - 1)) : "          |";
    for (double value : columns) {
      const bool finite = std::isfinite(value);
      const int at = finite && most > 0 ? static_cast<int>(std::lround(std::max(value, 0.0) / most * (height - 1)))
                     : finite           ? 0
                                        : height - 1;
      text += at != line ? ' ' : finite ? '*' : '!';
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text + "          +" + std::string(columns.size(), '-') + "\n";
}

}  // namespace kiln::milestone
