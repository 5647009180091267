// A table of text in aligned columns. Cells hold printable text; widths count terminal columns.
#pragma once

#include <string>
#include <vector>

#include "grader/report/terminal.hpp"
#include "grader/report/text.hpp"

namespace kiln::grader {

struct Cell {
  std::string text;
  Style style = Style::plain;
  Align align = Align::left;
};

class Grid {
 public:
  void header(std::vector<Cell> cells) { header_ = std::move(cells); }
  void row(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }

  /// Columns that the widest line takes.
  int width() const;
  /// Header, rule and rows, each ending in a newline, without spaces at line ends.
  std::string render(const Terminal& terminal) const;

 private:
  std::vector<int> column_widths() const;

  std::vector<Cell> header_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace kiln::grader
