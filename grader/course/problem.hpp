// Problem: what is wrong with a course file, and where; worded for whoever edits that file.
#pragma once

#include <string>
#include <vector>

namespace kiln::grader {

struct Problem {
  std::string file;
  int line = 0, column = 0;  ///< from 1; 0 where the whole file is meant
  std::string what;          ///< exercise "matmul": points.hidden
  std::string expected;      ///< must be a number >= 0
  std::string found;         ///< "three", with its quotes; "" where there is nothing to show
};

using Problems = std::vector<Problem>;

/// modules/01_tensor/module.toml:12:20: exercise "matmul": points.hidden must be a number >= 0, found "three"
std::string to_string(const Problem& problem);
/// One problem a line.
std::string to_string(const Problems& problems);

}  // namespace kiln::grader
