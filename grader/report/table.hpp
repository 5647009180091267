// The tables of the terminal: a class for an instructor, a module for a student.
// Names and problems come from strangers and are escaped here. Where a terminal is too narrow, columns give way in
// order: points and speeds first, then the exercises; a pipe gets everything.
#pragma once

#include <span>
#include <string>

#include "grader/record/result.hpp"
#include "grader/report/terminal.hpp"

namespace kiln::grader {

/// One row a submission: name, score, verdict, and a column an exercise (mark and points, then the speed ratio where
/// the exercise is timed); with several modules a column a module. Below it the counts of verdicts, the meaning of
/// the marks, and each submission that could not be taken in, with the reason. Ends with a newline.
std::string class_table(std::span<const SubmissionResult> submissions, const Terminal& terminal);

/// What `kiln check` shows of a module: one row an exercise with verdict, points, tests and speed, and the sum.
std::string module_table(const ModuleResult& module, const Terminal& terminal);

}  // namespace kiln::grader
