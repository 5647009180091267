// Laying out a grid: two spaces between columns, one rule under the header.
#include "grader/report/grid.hpp"

#include <algorithm>
#include <numeric>

namespace kiln::grader {
namespace {

constexpr int kGap = 2;

std::string line_of(const std::vector<Cell>& cells, const std::vector<int>& widths, const Terminal& terminal,
                    bool header) {
  std::string line;
  int owed = 0;  // spaces that are written only once something follows them
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[i];
    const int space = widths[i] - display_width(cell.text);
    if (cell.align == Align::right) owed += space;
    if (!cell.text.empty()) {
      line += std::string(static_cast<std::size_t>(owed), ' ') +
              terminal.paint(header ? Style::bold : cell.style, cell.text);
      owed = 0;
    }
    if (cell.align == Align::left) owed += space;
    owed += kGap;
  }
  return line + '\n';
}

}  // namespace

std::vector<int> Grid::column_widths() const {
  std::vector<int> widths;
  const auto grow = [&](const std::vector<Cell>& cells) {
    if (widths.size() < cells.size()) widths.resize(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], display_width(cells[i].text));
  };
  grow(header_);
  for (const auto& row : rows_) grow(row);
  return widths;
}

int Grid::width() const {
  const auto widths = column_widths();
  if (widths.empty()) return 0;
  return std::accumulate(widths.begin(), widths.end(), 0) + kGap * static_cast<int>(widths.size() - 1);
}

std::string Grid::render(const Terminal& terminal) const {
  const auto widths = column_widths();
  std::string text;
  if (!header_.empty()) {
    text += line_of(header_, widths, terminal, true);
    std::string rule;
    for (int i = 0; i < width(); ++i) rule += terminal.unicode ? "─" : "-";
    text += terminal.paint(Style::dim, rule) + '\n';
  }
  for (const auto& row : rows_) text += line_of(row, widths, terminal, false);
  return text;
}

}  // namespace kiln::grader
