// A small class for the tests of exports: every way in which points come about, and names that attack each format.
#pragma once

#include <string>
#include <vector>

#include "grader/book/grades.hpp"
#include "grader/tests/sample_class.hpp"

namespace kiln::grader::testing {

constexpr UnixSeconds kDue = 1'790'000'000;  // 2026-09-21T14:13:20Z
inline const std::string kSeed = "0x5eedc0ffee", kSecret = "secret shape", kAuthor = "Dr. Overrider";
inline const std::string kFormula = "=cmd|' /C calc'!A0";

/// Names as hostile students choose them: formulas plain, wide, behind spaces and behind other separators; quotes, line
/// breaks, markup, a NUL, bytes that are not UTF-8, joined emoji, and one very long.
inline std::vector<std::string> hostile_names() {
  return {kFormula,
          "+1",
          "-2+3",
          "@SUM(A1)",
          "\t=1",
          "\r=1",
          "  =1",
          "\xc2\xa0\xe3\x80\x80=1",
          "\xef\xbc\x9d"
          "1+1",
          "a;=1",
          "a\n=1",
          "said \"hello\", left",
          "line one\nline two\r\nline three",
          "</testcase><failure/>]]>&amp;",
          std::string("nul\0=1", 6),
          "\xff\xfe\xed\xa0\x80 not UTF-8",
          "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac Zo\xc3\xab",
          std::string(400, 'x')};
}

inline Receipt receipt() { return submission("", {}).receipt; }

inline Attempt attempt(std::string name, std::string module, std::vector<ExerciseResult> exercises, int number = 1) {
  Attempt made{.submission = std::move(name), .number = number, .handed_in = kDue - 3600};
  made.result = {.id = std::move(module), .exercises = std::move(exercises)};
  add_up(made.result);
  made.receipt = receipt();
  return made;
}

/// Grades of an attempt that counts, before lateness and overrides.
inline ModuleGrade graded(Attempt counted) {
  ModuleGrade grade{.module = counted.result.id, .max = counted.result.max, .judged = counted.result.score};
  grade.overridden = grade.points = grade.judged;
  grade.attempts = counted.number;
  grade.counted = std::move(counted);
  grade.due = kDue;
  return grade;
}

inline ModuleGrade nothing(std::string module, double max) {
  ModuleGrade grade{.module = std::move(module), .max = max};
  grade.due = kDue;
  return grade;
}

inline ModuleGrade full_tensor(const std::string& name) {
  return graded(attempt(
      name, "01_tensor",
      {passed("fill", 4, 9), passed("copy", 6, 11), passed("reduce", 8, 12), timed_matmul(1.02, 4, Verdict::pass)}));
}

inline ModuleGrade full_activations(const std::string& name) {
  ExerciseResult softmax = with(passed("softmax", 12, 20), Verdict::slow, 9.1);
  softmax.speed = {measured("256 x 1024", 0.31, 0.6), measured("64 x 64", 0.62, 0.5)};
  return graded(attempt(name, "02_activations", {passed("relu", 8, 6), softmax}, 2));
}

/// Wrong, late by two days of which one is free, and one exercise set by hand.
inline ModuleGrade late_and_changed(const std::string& name) {
  ModuleGrade grade = graded(
      attempt(name, "01_tensor",
              {passed("fill", 4, 9), passed("copy", 6, 11), failed_reduce(), timed_matmul(0.93, 4, Verdict::pass)}));
  ExerciseResult& reduce = grade.counted->result.exercises[2];
  reduce.sanitizers = "address, undefined";
  reduce.findings = {
      {"address", "heap-buffer-overflow: READ of size 4", "reduce.cpp", 12, "reduce", "at reduce.cpp:12", false},
      {"undefined", "index 77 out of bounds for type 'int [64]'", "reduce.cpp", 0, "", kSecret, true}};
  grade.overrides = {{1, name, "01_tensor", "reduce", 5, kAuthor, "first reading", kDue + 10},
                     {2, name, "01_tensor", "reduce", 6.5, kAuthor, "=the test was; -ambiguous", kDue + 20}};
  grade.counted->handed_in = kDue + 2 * 86400 - 60;
  grade.overridden += 3.5;
  grade.late_days = 2;
  grade.free_late_days = 1;
  grade.penalty = 2.8;
  grade.points = grade.overridden - grade.penalty;
  grade.notes = {"2 days late, 1 of them free, 10 % a day: 2.8 points taken"};
  return grade;
}

/// The module as a whole set by hand, and nothing handed in.
inline ModuleGrade given(const std::string& name) {
  ModuleGrade grade = nothing("02_activations", 20);
  grade.overrides = {{3, name, "02_activations", "", 15, kAuthor, "oral exam", kDue + 30}};
  grade.overridden = grade.points = 15;
  return grade;
}

/// Our fault on one exercise.
inline ModuleGrade unlucky(const std::string& name) {
  return graded(
      attempt(name, "01_tensor",
              {passed("fill", 4, 9), with(passed("copy", 6, 11), Verdict::judge_error, 0, 0, "the oracle is gone"),
               with(passed("reduce", 8, 12), Verdict::not_attempted, 0),
               with(passed("matmul", 10, 14), Verdict::crash, 2, 4)}));
}

inline StudentGrade student(std::string id, std::string name, std::vector<ModuleGrade> modules) {
  StudentGrade made{.id = std::move(id), .name = std::move(name), .group = "red", .modules = std::move(modules)};
  for (const ModuleGrade& grade : made.modules) made.points += grade.points, made.max += grade.max;
  return made;
}

inline Grades export_class() {
  Grades grades;
  grades.modules = {{"01_tensor", "Tensors", 28}, {"02_activations", "Activations", 20}};
  grades.students = {student("s01", "Ada Lovelace", {full_tensor("s01"), full_activations("s01")}),
                     student("s02", "Boole, George", {late_and_changed("s02"), given("s02")}),
                     student("s03", "", {nothing("01_tensor", 28), nothing("02_activations", 20)}),
                     student("s04", "Unlucky", {unlucky("s04"), nothing("02_activations", 20)})};
  for (const std::string& name : hostile_names()) {
    Attempt made = attempt(name, "01_tensor",
                           {with(passed("fill", 4, 9), Verdict::compile_error, 0, 0, name),
                            with(passed("copy", 6, 11), Verdict::fail, 4, 2)});
    made.result.exercises[1].failures = {{name, name, name, false}, {"copy.edge", name, kSecret, true}};
    made.notes = {"ignored: " + name};
    const ModuleGrade grade = graded(std::move(made));
    grades.students.push_back(student(name, name, {grade, nothing("02_activations", 20)}));
  }
  grades.students.push_back(student("guest", "", {full_tensor("guest"), nothing("02_activations", 20)}));
  grades.students.back().on_roster = false;
  grades.pending = {{"s03", "01_tensor", "the sandbox could not be set up", true},
                    {"broken.zip", "", "the archive is damaged: " + kFormula, false}};
  grades.problems = {"guest: the roster has no such student", kFormula};
  return grades;
}

}  // namespace kiln::grader::testing
