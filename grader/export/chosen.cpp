// What an export is made of: the chosen part of the grades, as its audience may see it.
#include <algorithm>

#include "grader/export/export.hpp"

namespace kiln::grader {
namespace {

Attempt seen_attempt(Audience audience, Attempt attempt) {
  SubmissionResult result;
  result.modules.push_back(std::move(attempt.result));
  result.receipt = std::move(attempt.receipt);
  result = seen_by(audience, std::move(result));
  attempt.result = std::move(result.modules[0]);
  attempt.receipt = std::move(result.receipt);
  return attempt;
}

void choose_modules(StudentGrade& student, const ExportOptions& options) {
  std::erase_if(student.modules,
                [&](const ModuleGrade& grade) { return !options.module.empty() && grade.module != options.module; });
  student.points = student.max = 0;
  for (ModuleGrade& grade : student.modules) {
    student.points += grade.points;
    student.max += grade.max;
    if (grade.counted) grade.counted = seen_attempt(options.audience, std::move(*grade.counted));
    if (options.audience == Audience::student)
      for (Override& override : grade.overrides) override.author.clear();
  }
}

}  // namespace

Grades chosen(const Grades& grades, const ExportOptions& options) {
  Grades kept = grades;
  const auto other_module = [&](const std::string& id) { return !options.module.empty() && id != options.module; };
  const auto other_student = [&](const std::string& id) { return !options.student.empty() && id != options.student; };
  std::erase_if(kept.modules, [&](const GradedModule& module) { return other_module(module.id); });
  std::erase_if(kept.students, [&](const StudentGrade& student) { return other_student(student.id); });
  // A submission that nothing could be taken from names no module.
  std::erase_if(kept.pending, [&](const Pending& pending) {
    return other_student(pending.submission) || (!pending.module.empty() && other_module(pending.module));
  });
  for (StudentGrade& student : kept.students) choose_modules(student, options);
  if (options.audience == Audience::student) {
    kept.problems.clear();
    for (Pending& pending : kept.pending)
      if (pending.ours)
        pending.reason = "The grader itself failed here. This is not your fault; it will be judged again.";
  }
  return kept;
}

}  // namespace kiln::grader
