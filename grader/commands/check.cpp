// check: a student's exercises through the grader's own path, explained.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "grader/build/temp_directory.hpp"
#include "grader/commands/commands.hpp"
#include "grader/judge/judge.hpp"
#include "grader/judge/score.hpp"
#include "grader/record/audience.hpp"
#include "grader/record/json.hpp"
#include "grader/report/explain.hpp"
#include "grader/report/table.hpp"
#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/stop.hpp"
#include "kiln/whole_file.hpp"

namespace kiln::grader {

namespace {

/// Tells where checking stands, on a terminal only: it takes seconds.
void tell(const App& app, const std::string& what) {
  if (app.out.live) fmt::print(stderr, "\r\033[K{}", what);
}

/// Points that this check can give: hidden tests are the grader's, and speed may be left out.
double points_in_reach(const Exercise& exercise, bool timed) {
  return timed ? exercise.max_points() - exercise.points.hidden : exercise.points.visible;
}

/// Whether the one test that was asked for is none of this exercise's.
bool lacks_test(const Job& job) {
  return !job.worker.empty() && job.result.verdict == Verdict::judge_error &&
         job.result.passed + job.result.failed == 0 && job.result.detail == kNoTest;
}

/// The judge's own failures in its own words: on a student's machine there is nobody else to read them.
void tell_judge_errors(const App& app, const ModuleResult& module) {
  for (const ExerciseResult& exercise : module.exercises)
    if (exercise.verdict == Verdict::judge_error)
      fmt::print(stderr, "kiln: {} could not be judged: {}\n", exercise.id, app.out.safe_lines(exercise.detail));
}

ModuleResult check_module(const App& app, const Selection& selection, const CheckOptions& options) {
  JudgeOptions how;
  how.jobs = processors();
  how.cpu = -1;
  how.seed = options.seed;
  how.test = options.test;
  how.only_case = options.only_case;
  how.rerun = "kiln check";
  how.sandboxed = sandbox_for_own_code();
  const bool timed = !options.no_speed && options.test.empty();
  ModuleResult result;
  result.id = selection.module->id;
  const TempDirectory directory("kiln-check");
  const Judge judge(app.installation, *selection.module);
  std::vector<Job> jobs;
  for (const Exercise* exercise : selection.exercises) {
    const auto source = read_file(app.installation.stub(selection.module->id, exercise->file));
    jobs.push_back(make_job(*exercise, source.value_or("")));
    jobs.back().result.max = points_in_reach(*exercise, timed);
    if (!source) jobs.back().result.verdict = Verdict::not_attempted;
    if (!source)
      jobs.back().result.detail =
          exercise->file + " is missing; `kiln reset " + exercise->id + "` brings the stub back";
    jobs.back().done = !source;
  }
  tell(app, "compiling...");
  judge.build(jobs, directory.path(), how);
  for (Job& job : jobs) {
    tell(app, "testing " + job.exercise->id + "...");
    judge.test(job, directory.path(), how);
    if (!options.test.empty() && lacks_test(job)) continue;
    if (!job.done && timed) {
      tell(app, "measuring " + job.exercise->id + "...");
      judge.measure(job, directory.path(), how);
    }
    result.exercises.push_back(job.result);
  }
  tell(app, "");
  add_up(result);
  return result;
}

int exit_status(const std::vector<ModuleResult>& modules, bool meson) {
  bool begun = false, failed = false, judge_failed = false;
  for (const ModuleResult& module : modules) {
    for (const ExerciseResult& exercise : module.exercises) {
      const bool untouched = exercise.verdict == Verdict::not_attempted;
      begun |= !untouched;
      judge_failed |= exercise.verdict == Verdict::judge_error;
      failed |= exercise.verdict != Verdict::pass && !(untouched && meson);
    }
  }
  if (judge_failed) return kJudgeFailed;
  if (!begun && meson) return kSkipped;
  return failed ? kFailed : kWell;
}

bool write_json(const CheckOptions& options, const App& app, const std::vector<ModuleResult>& modules) {
  SubmissionResult submission;
  submission.submission = "working tree";
  submission.modules = modules;
  submission.receipt = make_receipt(app.installation, probe_layers().summary(), options.seed);
  add_up(submission);
  const auto problem = write_atomically(options.json, to_json(seen_by(Audience::student, submission)));
  if (problem) fmt::print(stderr, "kiln: {}\n", *problem);
  return !problem;
}

}  // namespace

int check(const App& app, const CheckOptions& options) {
  const auto selections = select(app, options.word);
  if (selections.empty()) return kBadCall;
  std::vector<ModuleResult> modules;
  int status = kWell;
  for (const Selection& selection : selections) {
    if (!can_judge(app, *selection.module)) return options.meson ? kSkipped : kJudgeFailed;
    if (options.in_process || options.sanitize) {
      status = std::max(status, check_in_process(app, selection, options));
      continue;
    }
    modules.push_back(check_module(app, selection, options));
    if (stop_requested()) return kJudgeFailed;
    if (modules.back().exercises.empty()) {
      modules.pop_back();
      continue;
    }
    fmt::print("{}\n{}", module_table(modules.back(), app.out), explain(modules.back(), app.out));
    tell_judge_errors(app, modules.back());
  }
  if (options.in_process || options.sanitize) return status;
  if (modules.empty()) {
    fmt::print(stderr, "kiln: there is no test named \"{}\" here; `kiln check {}` names the tests that fail.\n",
               options.test, options.word);
    return kBadCall;
  }
  if (!options.json.empty() && !write_json(options, app, modules)) return kJudgeFailed;
  return exit_status(modules, options.meson);
}

}  // namespace kiln::grader
