// A class's book opened for reading: what the store holds with roster and policy read, ready to be graded.
#pragma once

#include <string>

#include "grader/book/grades.hpp"
#include "grader/book/store.hpp"
#include "grader/course/course.hpp"

namespace kiln::grader {

/// The names under which the store keeps roster and policy.
inline constexpr const char* kRosterDocument = "roster";
inline constexpr const char* kPolicyDocument = "policy";

/// All that grades are made of. Graded are the course's modules of which something was handed in, or whose points
/// somebody set. The error is for a roster or policy in the book that this kiln cannot read, and says what to do.
Expected<GradeInputs, std::string> inputs_of(const Store& store, const Course& course);

}  // namespace kiln::grader
