// A small class of results for the tests of reports: every verdict, hostile names and output, speeds of all kinds.
#pragma once

#include <string>
#include <vector>

#include "grader/record/result.hpp"

namespace kiln::grader::testing {

/// What a hostile student would like to be printed: an escape sequence, markup, a carriage return, reordering, bytes
/// that are not UTF-8.
inline const std::string kHostile =
    "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\r\"'&|`[x](javascript:y)\xe2\x80\xae evil \xff\xfe";

inline SpeedResult measured(std::string name, double ratio, double points) {
  SpeedResult speed{.name = std::move(name),
                    .ratio = ratio,
                    .low = 0.96 * ratio,
                    .high = 1.05 * ratio,
                    .points = points,
                    .max = 4,
                    .student_seconds = 0.00048 / ratio,
                    .reference_seconds = 0.00048,
                    .steps = {{0.3, 1.5}, {0.8, 4}}};
  for (int i = 0; i < 24; ++i) speed.samples.push_back(ratio * (1 + 0.004 * ((7 * i) % 24 - 12)));
  return speed;
}

inline ExerciseResult passed(std::string id, double max, int tests) {
  return {.id = std::move(id), .verdict = Verdict::pass, .points = max, .max = max, .passed = tests};
}

inline ExerciseResult with(ExerciseResult exercise, Verdict verdict, double points, int failed = 0,
                           std::string detail = "") {
  exercise.verdict = verdict;
  exercise.points = points;
  exercise.failed = failed;
  exercise.passed -= failed;
  exercise.detail = std::move(detail);
  const bool ran = verdict != Verdict::not_attempted && verdict != Verdict::compile_error &&
                   verdict != Verdict::violation && verdict != Verdict::judge_error;
  if (!ran) exercise.passed = exercise.failed = 0;
  return exercise;
}

inline ExerciseResult timed_matmul(double ratio, double points, Verdict verdict) {
  ExerciseResult matmul = with(passed("matmul", 10, 14), verdict, 6 + points);
  matmul.speed = {measured("n = 256", ratio, points)};
  return matmul;
}

inline SubmissionResult submission(std::string name, std::vector<ExerciseResult> exercises) {
  SubmissionResult result{
      .submission = std::move(name),
      .modules = {{"01_tensor", 0, 0, std::move(exercises)}},
      .receipt = {"0.1.0", "g++ 12.2.0", "-std=c++20 -O3 -march=x86-64-v3", "AMD EPYC 9R14",
                  "bubblewrap, user namespace, seccomp, limits", "0x5eedc0ffee", "2024-05-01T10:00:00Z", 11.4}};
  add_up(result);
  return result;
}

inline ExerciseResult failed_reduce() {
  ExerciseResult reduce = with(passed("reduce", 8, 12), Verdict::fail, 3, 2);
  reduce.failures = {
      {"reduce.max_keeps_nan", "fail",
       "max over axis 1 of a (3, 17) view, strides (17, 1)\n  out[1]: expected nan, got 4.25\n  worst error: not "
       "comparable\n  seed 0x1f\nrun it alone: kiln check reduce --filter reduce.max_keeps_nan --seed 0x1f",
       false},
      {"reduce.empty_axis", "out_of_bounds", "secret shape (0, 5): wrote 4 bytes past the end of out", true}};
  return reduce;
}

/// Full marks, slow, wrong, not compiling, crashing, hostile, unfit for intake, and one that the judge failed on.
inline std::vector<SubmissionResult> sample_class() {
  const auto fill = passed("fill", 4, 9), copy = passed("copy", 6, 11), reduce = passed("reduce", 8, 12);
  SubmissionResult hostile =
      submission(kHostile, {with(fill, Verdict::violation, 0, 0, "openat of a file is not allowed: " + kHostile), copy,
                            reduce, with(passed("matmul", 10, 14), Verdict::memory, 0, 3)});
  hostile.modules[0].exercises[3].failures = {{"matmul." + kHostile, kHostile, kHostile, false}};
  hostile.notes = {"ignored: " + kHostile};
  SubmissionResult broken{.submission = "s09-broken.zip",
                          .max = 28,
                          .verdict = Verdict::not_attempted,
                          .problem = "the archive is damaged: truncated ZIP file header; ask for a new upload"};
  return {
      submission("s01-full", {fill, copy, reduce, timed_matmul(1.02, 4, Verdict::pass)}),
      submission("s02-slow", {fill, copy, reduce, timed_matmul(0.31, 1.5, Verdict::slow)}),
      submission("s03-wrong", {fill, copy, failed_reduce(), timed_matmul(0.93, 4, Verdict::pass)}),
      submission("s04-half", {fill, copy, with(reduce, Verdict::not_attempted, 0),
                              with(passed("matmul", 10, 14), Verdict::timeout, 2, 4)}),
      submission("s05-typo", {fill,
                              with(copy, Verdict::compile_error, 0, 0,
                                   "copy.cpp: In function 'void kiln::student::copy(ConstView, View)':\ncopy.cpp:12:3: "
                                   "error: expected ';' before '}' token\n   12 |   }\n      |   ^"),
                              reduce, timed_matmul(0.9, 4, Verdict::pass)}),
      submission("s06-cr\xc3\xa9puscule-\xe6\x9d\xb1\xe4\xba\xac",
                 {with(fill, Verdict::crash, 1, 2), copy, reduce, timed_matmul(7.4, 4, Verdict::pass)}),
      hostile,
      submission("s08-unlucky", {fill, with(copy, Verdict::judge_error, 0, 0, "the oracle of copy could not be loaded"),
                                 reduce, timed_matmul(0.88, 4, Verdict::pass)}),
      broken,
  };
}

}  // namespace kiln::grader::testing
