// What a result must be before it may enter the book: complete, of this course, and with points that its own evidence
// carries.
#pragma once

#include <string>

#include "grader/course/course.hpp"
#include "grader/record/result.hpp"

namespace kiln::grader {

/// Why `result` may not enter; "" where it may. Checks that each exercise of the module is there once and has its
/// maximum, that no verdict is the judge's own fault, and that every point follows from the tests and the raw samples:
/// tests that passed, the median of the samples, the step that it reaches.
std::string why_not_verified(const ModuleResult& result, const Module& module);

}  // namespace kiln::grader
