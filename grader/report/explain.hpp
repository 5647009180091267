// A result in words for the student at the terminal: what happened, where, and what to do next.
// The result goes through seen_by(student) first, so hidden tests are named and no more.
#pragma once

#include <string>

#include "grader/record/result.hpp"
#include "grader/report/terminal.hpp"

namespace kiln::grader {

/// Verdict and points, the compiler's or the judge's words, each failed test with its message, the speed of each case
/// against its steps, and the next commands. Ends with a newline.
std::string explain(const ExerciseResult& exercise, const Terminal& terminal);

/// Each exercise of the module below full marks, one after the other; a congratulation where there is none.
std::string explain(const ModuleResult& module, const Terminal& terminal);

}  // namespace kiln::grader
