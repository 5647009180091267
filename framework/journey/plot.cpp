// A grid of cells, filled series by series; points of a series are joined where sizes follow each other.
#include "journey/plot.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "profile/log_axes.hpp"

namespace kiln::journey {
namespace {

using profile::short_number;
constexpr int kMargin = 8, kLeast = 40, kMost = 160;

struct Cell {
  char letter = ' ';
  int series = -1;
};

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

class Grid {
 public:
  Grid(int columns, int lines, profile::Range x, profile::Range y)
      : columns_(columns),
        lines_(lines),
        x_(x),
        y_(y),
        cells_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(lines)) {}

  double column(double value) const { return place(value, x_, columns_); }
  /// From the top.
  double line(double value) const { return lines_ - 1 - place(value, y_, lines_); }
  Cell& at(int column, int line) {
    return cells_[static_cast<std::size_t>(std::clamp(line, 0, lines_ - 1)) * static_cast<std::size_t>(columns_) +
                  static_cast<std::size_t>(std::clamp(column, 0, columns_ - 1))];
  }

  void draw(const Series& series, int number) {
    const char letter = static_cast<char>('a' + number % 26);
    // What joins the points first, so that no point is lost below it.
    for (std::size_t i = 0; i + 1 < series.points.size(); ++i) join(series.points[i], series.points[i + 1], number);
    for (const auto& [x, y] : series.points) {
      Cell& cell = at(round(column(x)), round(line(y)));
      const bool meets = cell.series >= 0 && cell.series != number && cell.letter != '.';
      cell = {meets ? '*' : letter, number};
    }
  }

 private:
  static int round(double value) { return static_cast<int>(std::lround(value)); }
  static double place(double value, const profile::Range& range, int cells) {
    if (range.high <= range.low) return 0;
    return (cells - 1) * std::log(value / range.low) / std::log(range.high / range.low);
  }
  void join(std::pair<double, double> from, std::pair<double, double> to, int number) {
    const double x0 = column(from.first), x1 = column(to.first), y0 = line(from.second), y1 = line(to.second);
    for (int x = round(x0) + 1; x < round(x1); ++x) {
      Cell& cell = at(x, round(y0 + (y1 - y0) * (x - x0) / (x1 - x0)));
      if (cell.letter == ' ') cell = {'.', number};
    }
  }

  int columns_, lines_;
  profile::Range x_, y_;
  std::vector<Cell> cells_;
};

std::string painted(const Cell& cell, bool colour) {
  if (!colour || cell.series < 0) return std::string(1, cell.letter);
  return fmt::format("\033[{}m{}\033[0m", 31 + cell.series % 6, cell.letter);
}

/// Sizes as they are asked for, until they get long.
std::string size_words(double size) { return size < 1e5 ? fmt::format("{:.0f}", size) : short_number(size); }

std::string x_axis(const profile::Range& x, int columns, const std::string& name) {
  std::string numbers(static_cast<std::size_t>(columns), ' ');
  const std::string low = size_words(x.low), high = size_words(x.high),
                    middle = size_words(std::sqrt(x.low * x.high)) + " (" + name + ")";
  const auto put = [&](const std::string& text, int column) {
    const int at = std::clamp(column, 0, std::max(0, columns - static_cast<int>(text.size())));
    numbers.replace(static_cast<std::size_t>(at), std::min(text.size(), numbers.size()), text);
  };
  put(low, 0);
  put(middle, columns / 2 - 2);
  put(high, columns);
  return std::string(kMargin + 1, ' ') + numbers + "\n";
}

}  // namespace

PlotStyle plot_style() {
  PlotStyle style;
  const bool terminal = isatty(1) != 0;
  winsize window{};
  if (terminal && ioctl(1, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
    style.width = window.ws_col;
  else if (const char* columns = std::getenv("COLUMNS"); columns != nullptr && std::atoi(columns) > 0)
    style.width = std::atoi(columns);
  style.width = std::clamp(style.width, kLeast, kMost);
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::strcmp(term, "dumb") == 0;
  const bool forced = is_set("CLICOLOR_FORCE") && std::strcmp(std::getenv("CLICOLOR_FORCE"), "0") != 0;
  style.colour = !is_set("NO_COLOR") && (forced || (terminal && !dumb));
  return style;
}

std::string draw_plot(const std::vector<Series>& series, const std::string& x_name, const std::string& y_name,
                      const PlotStyle& style) {
  profile::Range x{1e300, 0}, y{1e300, 0};
  for (const Series& each : series)
    for (const auto& [size, rate] : each.points) {
      x.hold(size);
      y.hold(rate);
    }
  if (x.high <= 0) return "";
  const int columns = std::max(10, style.width - kMargin - 2);
  Grid grid(columns, style.height, x, y);
  for (std::size_t i = 0; i < series.size(); ++i) grid.draw(series[i], static_cast<int>(i));

  std::string text = y_name + "\n";
  for (int line = 0; line < style.height; ++line) {
    const double share = static_cast<double>(style.height - 1 - line) / std::max(1, style.height - 1);
    const bool named = line % 5 == 0 || line == style.height - 1;
    const double value = y.low * std::pow(y.high / y.low, share);
    text += fmt::format("{:>{}} |", named ? short_number(value) : "", kMargin - 1);
    std::string row, plain;
    for (int column = 0; column < columns; ++column) {
      const Cell& cell = grid.at(column, line);
      if (cell.letter == ' ') {
        plain += ' ';
        continue;
      }
      row += plain + painted(cell, style.colour);
      plain.clear();
    }
    text += row + "\n";
  }
  text += std::string(kMargin, ' ') + "+" + std::string(static_cast<std::size_t>(columns), '-') + "\n";
  text += x_axis(x, columns, x_name);
  for (std::size_t i = 0; i < series.size(); ++i)
    text += fmt::format("{} {}{}", painted({static_cast<char>('a' + i % 26), static_cast<int>(i)}, style.colour),
                        series[i].name, i + 1 < series.size() ? "   " : "\n");
  return text;
}

}  // namespace kiln::journey
