// The columns of a class's results, shared by the terminal's table and the index page: one an exercise where the class
// was judged on one module, one a module where it was judged on several.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "grader/record/result.hpp"

namespace kiln::grader {

struct Column {
  std::string module;
  std::string exercise;  ///< "" for a column that stands for the whole module
  std::string title;
  bool timed = false;    ///< some submission has a measured speed in it
  int points_width = 1;  ///< characters of the longest points
};

struct ColumnValue {
  bool present = false;  ///< this submission has such an exercise or module
  Verdict verdict = Verdict::judge_error;
  std::string points;
  std::optional<double> ratio;
};

/// In the order in which they first occur.
std::vector<Column> columns_of(std::span<const SubmissionResult> submissions);
ColumnValue value_in(const Column& column, const SubmissionResult& submission);

}  // namespace kiln::grader
