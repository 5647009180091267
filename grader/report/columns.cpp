// Finding the columns and a submission's value in each.
#include "grader/report/columns.hpp"

#include <algorithm>

#include "grader/report/words.hpp"

namespace kiln::grader {
namespace {

ColumnValue value_of(const ExerciseResult& exercise) {
  ColumnValue value{.present = true, .verdict = exercise.verdict, .points = points_of(exercise)};
  if (const auto speed = overall_speed(exercise)) value.ratio = speed->ratio;
  return value;
}

ColumnValue value_of(const ModuleResult& module) {
  std::vector<Verdict> verdicts;
  for (const ExerciseResult& exercise : module.exercises) verdicts.push_back(exercise.verdict);
  const auto verdict = most_serious(verdicts);
  return {.present = true, .verdict = verdict.value_or(Verdict::not_attempted), .points = format_points(module.score)};
}

void add_once(std::vector<Column>& columns, Column column) {
  const auto same = [&](const Column& other) {
    return other.module == column.module && other.exercise == column.exercise;
  };
  if (std::ranges::none_of(columns, same)) columns.push_back(std::move(column));
}

}  // namespace

std::vector<Column> columns_of(std::span<const SubmissionResult> submissions) {
  std::vector<Column> modules, exercises;
  for (const SubmissionResult& submission : submissions) {
    for (const ModuleResult& module : submission.modules) {
      add_once(modules, {.module = module.id, .exercise = "", .title = module.id});
      for (const ExerciseResult& exercise : module.exercises)
        add_once(exercises, {.module = module.id, .exercise = exercise.id, .title = exercise.id});
    }
  }
  std::vector<Column> columns = modules.size() > 1 ? modules : exercises;
  for (Column& column : columns) {
    for (const SubmissionResult& submission : submissions) {
      const ColumnValue value = value_in(column, submission);
      column.timed = column.timed || value.ratio.has_value();
      column.points_width = std::max(column.points_width, static_cast<int>(value.points.size()));
    }
  }
  return columns;
}

ColumnValue value_in(const Column& column, const SubmissionResult& submission) {
  for (const ModuleResult& module : submission.modules) {
    if (module.id != column.module) continue;
    if (column.exercise.empty()) return value_of(module);
    for (const ExerciseResult& exercise : module.exercises)
      if (exercise.id == column.exercise) return value_of(exercise);
  }
  return {};
}

}  // namespace kiln::grader
