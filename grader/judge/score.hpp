// From what the tests and the measurement found to a verdict and points. Pure functions: every point has one place.
#pragma once

#include <string_view>

#include "grader/course/course.hpp"
#include "grader/judge/test_run.hpp"
#include "grader/record/result.hpp"

namespace kiln::grader {

/// The detail of a judge_error where a test program ran nothing.
inline constexpr std::string_view kNoTest = "no test of this exercise was found";

/// The verdict that a failure of this kind (ErrorKind's name, or "fail") stands for.
Verdict verdict_of_kind(std::string_view kind);

/// Adds a run's tests to the result: counts, failures, verdict, and `share` points times the share of tests passed.
/// A kernel that is not written counts as not_attempted where no test of the exercise could run.
void add_tests(ExerciseResult& result, const TestReport& report, double share, bool hidden);

/// Settles the verdict once all tests are in. Points are lost whole where the exercise broke the sandbox's rules.
void settle_tests(ExerciseResult& result);

/// Adds the measured cases. Points of a case that could not be measured are the judge's fault: judge_error. What a
/// kernel says while it is timed may hold operands that a secret seed has drawn: with `hidden` it is such a failure.
void add_speed(ExerciseResult& result, const Exercise& exercise, const TestReport& report, bool hidden = false);

}  // namespace kiln::grader
