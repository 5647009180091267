// The words of a problem.
#include "grader/course/problem.hpp"

namespace kiln::grader {

std::string to_string(const Problem& problem) {
  std::string text = problem.file;
  if (problem.line > 0) text += ':' + std::to_string(problem.line) + ':' + std::to_string(problem.column);
  text += ": " + problem.what + ' ' + problem.expected;
  if (!problem.found.empty()) text += ", found " + problem.found;
  return text;
}

std::string to_string(const Problems& problems) {
  std::string text;
  for (const Problem& problem : problems) text += to_string(problem) + '\n';
  return text;
}

}  // namespace kiln::grader
