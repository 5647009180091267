// Verdicts and points.
#include "grader/judge/score.hpp"

#include <algorithm>

namespace kiln::grader {

Verdict verdict_of_kind(std::string_view kind) {
  if (kind == "stub" || kind == "missing") return Verdict::not_attempted;
  if (kind == "crash" || kind == "exited") return Verdict::crash;
  if (kind == "timeout") return Verdict::timeout;
  if (kind == "memory") return Verdict::memory;
  if (kind == "violation" || kind == "protocol") return Verdict::violation;
  if (kind == "judge") return Verdict::judge_error;
  return Verdict::fail;
}

void add_tests(ExerciseResult& result, const TestReport& report, double share, bool hidden) {
  if (!report.judge_problem.empty()) {
    result.verdict = Verdict::judge_error;
    result.detail = report.judge_problem;
    return;
  }
  // A share of nothing would be lost without a word.
  if (report.tests.empty() && share > 0) {
    result.verdict = Verdict::judge_error;
    result.detail = kNoTest;
    return;
  }
  int passed = 0;
  for (const TestOutcome& test : report.tests) {
    if (test.passed) {
      ++passed;
      continue;
    }
    ++result.failed;
    result.failures.push_back({test.name, test.kind.empty() ? "fail" : test.kind, test.message, hidden});
  }
  result.passed += passed;
  if (!report.tests.empty()) result.points += share * passed / static_cast<double>(report.tests.size());
}

void settle_tests(ExerciseResult& result) {
  if (result.verdict == Verdict::judge_error && !result.detail.empty()) return;
  if (result.passed + result.failed == 0) {
    result.verdict = Verdict::judge_error;
    result.detail = kNoTest;
    return;
  }
  result.verdict = Verdict::pass;
  for (const TestFailure& failure : result.failures) {
    const Verdict verdict = verdict_of_kind(failure.kind);
    // Half of an exercise that is not written yet is a failure of the exercise, not an exercise that nobody began.
    const bool begun = verdict == Verdict::not_attempted && result.passed > 0;
    const Verdict counted = begun ? Verdict::fail : verdict;
    if (seriousness(counted) > seriousness(result.verdict)) result.verdict = counted;
  }
  if (result.verdict == Verdict::violation) result.points = 0;
  if (result.verdict == Verdict::judge_error) {
    for (const TestFailure& failure : result.failures)
      if (result.detail.empty() && failure.kind == "judge") result.detail = failure.message;
  }
  if (result.verdict == Verdict::not_attempted) {
    // Seven tests that say the same are no news.
    result.detail = result.failures.front().message;
    result.failures.clear();
  }
}

void add_speed(ExerciseResult& result, const Exercise& exercise, const TestReport& report, bool hidden) {
  if (!report.judge_problem.empty()) {
    result.verdict = Verdict::judge_error;
    result.detail = report.judge_problem;
    return;
  }
  result.speed = report.speed;
  if (!report.speed_kind.empty()) {
    result.verdict = verdict_of_kind(report.speed_kind);
    if (result.verdict == Verdict::violation) result.points = 0;
    if (result.verdict == Verdict::judge_error) result.detail = report.speed_problem;
    // Speed counts only where every result is right.
    for (SpeedResult& speed : result.speed) speed.points = 0;
    result.failures.push_back({exercise.id + " while it was timed", report.speed_kind, report.speed_problem, hidden});
    // The case's own note says the same again.
    for (SpeedResult& speed : result.speed)
      if (hidden && speed.note == report.speed_problem) speed.note = "it failed while it was timed";
    ++result.failed;
    return;
  }
  for (const SpeedResult& speed : report.speed) {
    if (!speed.measured) {
      result.verdict = Verdict::judge_error;
      result.detail = "speed of " + speed.name + " could not be measured, measure again: " + speed.note;
      return;
    }
    result.points += speed.points;
    if (speed.points < speed.max && result.verdict == Verdict::pass) result.verdict = Verdict::slow;
  }
  if (report.speed.size() != exercise.speed.size()) {
    result.verdict = Verdict::judge_error;
    result.detail = "not every speed case was measured";
  }
}

}  // namespace kiln::grader
