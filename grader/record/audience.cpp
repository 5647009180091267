// Taking out what a student must not see.
#include "grader/record/audience.hpp"

namespace kiln::grader {

SubmissionResult seen_by(Audience audience, SubmissionResult result) {
  if (audience == Audience::instructor) return result;
  result.receipt.seed.clear();
  for (ModuleResult& module : result.modules) {
    for (ExerciseResult& exercise : module.exercises) {
      if (exercise.verdict == Verdict::judge_error) {
        exercise.detail =
            "The grader itself failed here. This is not your fault and costs no points; it will be judged again.";
      }
      for (TestFailure& failure : exercise.failures) {
        if (failure.kind == "judge") failure.message.clear();
        if (!failure.hidden) continue;
        failure.kind.clear();
        failure.message.clear();
      }
      for (Finding& finding : exercise.findings) {
        if (!finding.hidden) continue;
        finding.what = kind_of(finding);
        finding.text.clear();
      }
      const std::size_t reason = exercise.sanitizers.find(kCouldNotRun);
      if (reason != std::string::npos) exercise.sanitizers.resize(reason + kCouldNotRun.size());
    }
  }
  return result;
}

}  // namespace kiln::grader
