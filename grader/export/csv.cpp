// The tables: tidy, a line an exercise; or wide, a line a student.
#include <fmt/format.h>

#include <algorithm>

#include "grader/export/cells.hpp"
#include "grader/export/export.hpp"
#include "grader/export/shares.hpp"

namespace kiln::grader {
namespace {

constexpr const char* kColumns[] = {
    "student",         "name",           "group",        "on_roster",    "module",      "exercise",
    "verdict",         "points",         "max",          "judged",       "override",    "override_author",
    "override_reason", "penalty",        "tests_passed", "tests_failed", "speed_ratio", "speed_low",
    "speed_high",      "submission",     "attempt",      "attempts",     "handed_in",   "due",
    "late_days",       "free_late_days", "note"};

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

void add_student(Row& row, const StudentGrade& student) {
  row.text(student.id).text(student.name).text(student.group).text(student.on_roster ? "yes" : "no");
}

void add_override(Row& row, const Override* override) {
  if (!override) {
    row.blank().blank().blank();
    return;
  }
  row.number(override->points).text(override->author).text(override->reason);
}

/// From `submission` to `free_late_days`.
void add_attempt(Row& row, const ModuleGrade& grade) {
  if (grade.counted) {
    row.text(grade.counted->submission).number(grade.counted->number).number(grade.attempts);
    row.text(iso_time(grade.counted->handed_in));
  } else {
    row.blank().blank().number(grade.attempts).blank();
  }
  row.text(grade.due ? iso_time(*grade.due) : "").number(grade.late_days).number(grade.free_late_days);
}

std::string exercise_line(const StudentGrade& student, const ModuleGrade& grade, const Share& share) {
  const ExerciseResult& exercise = *share.exercise;
  const bool unknown = exercise.verdict == Verdict::judge_error;
  Row row;
  add_student(row, student);
  row.text(grade.module).text(exercise.id).text(to_string(exercise.verdict));
  is_known(share) ? row.number(share.points) : row.blank();
  row.number(exercise.max);
  unknown ? row.blank() : row.number(exercise.points);
  add_override(row, share.set);
  row.blank().number(exercise.passed).number(exercise.failed);
  const auto speed = overall_speed(exercise);
  speed ? row.number(speed->ratio).number(speed->low).number(speed->high) : row.blank().blank().blank();
  add_attempt(row, grade);
  return row.blank().line();
}

/// What holds for the module as a whole; "" where nothing does.
std::string module_line(const StudentGrade& student, const ModuleGrade& grade, const Shares& shares) {
  const bool nothing = !grade.counted;
  if (!nothing && !shares.whole && shares.by_hand == 0 && shares.penalty == 0 && grade.notes.empty()) return "";
  double max = grade.max;
  for (const Share& share : shares.exercises) max -= share.exercise->max;
  std::vector<std::string> notes = grade.notes;
  if (grade.attempts == 0) notes.insert(notes.begin(), "nothing was handed in");
  for (const Override* set : shares.elsewhere)
    notes.push_back(fmt::format("{} set to {}: {}", set->exercise, format_points(set->points), set->reason));
  Row row;
  add_student(row, student);
  row.text(grade.module).blank().blank();
  row.number(shares.by_hand - shares.penalty).number(max).blank();
  add_override(row, shares.whole);
  row.number(shares.penalty).blank().blank().blank().blank().blank();
  add_attempt(row, grade);
  return row.text(joined(notes)).line();
}

std::string pending_line(const Pending& pending) {
  Row row;
  row.blank().blank().blank().blank().text(pending.module).blank();
  row.text(pending.ours ? to_string(Verdict::judge_error) : "");
  for (int i = 0; i < 12; ++i) row.blank();
  row.text(pending.submission);
  for (int i = 0; i < 6; ++i) row.blank();
  return row.text(pending.reason).line();
}

std::string tidy(const Grades& grades) {
  Row head;
  for (const char* column : kColumns) head.text(column);
  std::string text = head.line();
  for (const StudentGrade& student : grades.students) {
    for (const ModuleGrade& grade : student.modules) {
      const Shares shares = shares_of(grade);
      for (const Share& share : shares.exercises) text += exercise_line(student, grade, share);
      text += module_line(student, grade, shares);
    }
  }
  for (const Pending& pending : grades.pending) text += pending_line(pending);
  return text;
}

const ModuleGrade* grade_of(const StudentGrade& student, const std::string& module) {
  const auto found = std::ranges::find(student.modules, module, &ModuleGrade::module);
  return found == student.modules.end() ? nullptr : &*found;
}

/// Every exercise of the module that anybody's result has, in the results' order.
std::vector<std::string> exercises_of(const Grades& grades, const std::string& module) {
  std::vector<std::string> ids;
  for (const StudentGrade& student : grades.students) {
    const ModuleGrade* grade = grade_of(student, module);
    if (!grade || !grade->counted) continue;
    for (const ExerciseResult& exercise : grade->counted->result.exercises)
      if (std::ranges::find(ids, exercise.id) == ids.end()) ids.push_back(exercise.id);
  }
  return ids;
}

void add_module(Row& row, const ModuleGrade* grade, const std::vector<std::string>& exercises) {
  const Shares shares = grade ? shares_of(*grade) : Shares{};
  for (const std::string& id : exercises) {
    const auto share = std::ranges::find(shares.exercises, id, [](const Share& s) { return s.exercise->id; });
    share != shares.exercises.end() && is_known(*share) ? row.number(share->points) : row.blank();
  }
  shares.whole || shares.by_hand != 0 ? row.number(shares.by_hand) : row.blank();
  grade ? row.number(shares.penalty) : row.blank();
  grade&& has_grade(*grade) && shares.final ? row.number(grade->points) : row.blank();
}

std::string wide(const Grades& grades) {
  Row head;
  for (const char* column : {"student", "name", "group", "on_roster"}) head.text(column);
  std::vector<std::vector<std::string>> exercises;
  for (const GradedModule& module : grades.modules) {
    exercises.push_back(exercises_of(grades, module.id));
    for (const std::string& id : exercises.back()) head.text(module.id + "/" + id);
    head.text(module.id + " set by hand").text(module.id + " penalty").text(module.id);
  }
  std::string text = head.text("points").text("max").line();
  for (const StudentGrade& student : grades.students) {
    Row row;
    add_student(row, student);
    for (std::size_t m = 0; m < grades.modules.size(); ++m)
      add_module(row, grade_of(student, grades.modules[m].id), exercises[m]);
    text += row.number(student.points).number(student.max).line();
  }
  return text;
}

}  // namespace

Exported export_csv(const Grades& grades, const ExportOptions& options) {
  return {{{"", options.wide ? wide(grades) : tidy(grades)}}, {}};
}

}  // namespace kiln::grader
