// Wording, in one place so that terminal, HTML and Markdown say the same.
#include "grader/report/words.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace kiln::grader {

std::string_view mark_of(Verdict verdict, bool unicode) {
  switch (verdict) {
    case Verdict::pass: return unicode ? "✓" : "+";
    case Verdict::slow: return "~";
    case Verdict::fail: return unicode ? "✗" : "x";
    case Verdict::not_attempted: return unicode ? "·" : "-";
    case Verdict::compile_error: return "C";
    case Verdict::crash: return "!";
    case Verdict::timeout: return "T";
    case Verdict::memory: return "M";
    case Verdict::violation: return "V";
    case Verdict::judge_error: return "?";
  }
  return "?";
}

Style style_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return Style::good;
    case Verdict::slow: return Style::warn;
    case Verdict::not_attempted: return Style::dim;
    case Verdict::judge_error: return Style::accent;
    default: return Style::bad;
  }
}

std::string label_of(Verdict verdict) {
  std::string label(to_string(verdict));
  std::ranges::replace(label, '_', ' ');
  return label;
}

std::string_view meaning_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "right and at full speed";
    case Verdict::slow: return "right, below full speed";
    case Verdict::fail: return "some test found a wrong result";
    case Verdict::not_attempted: return "still the stub, or the file is missing";
    case Verdict::compile_error: return "the file does not compile or breaks the contract";
    case Verdict::crash: return "the kernel killed or ended its worker process";
    case Verdict::timeout: return "the kernel used up its time";
    case Verdict::memory: return "the kernel asked for more memory than it may have";
    case Verdict::violation: return "the code asked for what the sandbox forbids";
    case Verdict::judge_error: return "the grader itself failed; not the submission's fault, no points are lost";
  }
  return "";
}

std::vector<NextStep> next_steps(const ExerciseResult& exercise) {
  const NextStep check{"kiln check " + exercise.id, "runs this exercise again"};
  const NextStep hint{"kiln hint " + exercise.id, "gives the next of three hints"};
  const NextStep sanitize{"kiln check " + exercise.id + " --sanitize",
                          "names the line that reads or writes out of bounds"};
  const NextStep debug{"kiln check " + exercise.id + " --in-process", "runs the tests in one process, for a debugger"};
  switch (exercise.verdict) {
    case Verdict::pass: return {};
    case Verdict::slow: return {{"kiln bench " + exercise.id, "times the kernel by size"}, hint, check};
    case Verdict::fail: return {check, hint, debug};
    case Verdict::not_attempted:
      return {{"", "read the module's lesson, then replace STUB() in the exercise's file"}, hint, check};
    case Verdict::compile_error: return {{"", "cure the first message first; the others often follow from it"}, check};
    case Verdict::crash: return {sanitize, debug, hint};
    case Verdict::timeout:
      return {{"", "look for a loop that does not end, or work that grows too fast with the size"}, debug, hint};
    case Verdict::memory:
      return {{"", "kernels write into the outputs they are given; allocate nothing that grows with the input"},
              sanitize};
    case Verdict::violation:
      return {{"", "a kernel computes and nothing else: no files, processes, network or exit"}, check};
    case Verdict::judge_error: return {{"kiln doctor", "says what is wrong with this machine"}, check};
  }
  return {};
}

std::string format_ratio(double ratio) {
  if (!std::isfinite(ratio)) return "?";
  if (ratio >= 99.95) return fmt::format("{:.0f}x", ratio);
  if (ratio >= 9.995) return fmt::format("{:.1f}x", ratio);
  if (ratio >= 0.0995 || ratio <= 0) return fmt::format("{:.2f}x", ratio);
  return fmt::format("{:.2g}x", ratio);
}

std::string format_seconds(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  if (seconds >= 1) return fmt::format("{:.3g} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (seconds >= 1e-6) return fmt::format("{:.3g} us", seconds * 1e6);
  return fmt::format("{:.3g} ns", seconds * 1e9);
}

std::optional<SpeedStep> reached_step(const SpeedResult& speed) {
  std::optional<SpeedStep> reached;
  for (const SpeedStep& step : speed.steps)
    if (step.points <= speed.points) reached = step;
  return reached;
}

std::optional<SpeedStep> next_step_of(const SpeedResult& speed) {
  for (const SpeedStep& step : speed.steps)
    if (step.points > speed.points) return step;
  return std::nullopt;
}

std::string speed_sentence(const SpeedResult& speed) {
  if (!speed.measured) {
    return fmt::format("not measured{}{}; measure again on an idle machine", speed.note.empty() ? "" : ": ",
                       speed.note);
  }
  std::string text = fmt::format("{} the reference's speed (95 % interval {} to {}), {} of {} points.",
                                 format_ratio(speed.ratio), format_ratio(speed.low), format_ratio(speed.high),
                                 format_points(speed.points), format_points(speed.max));
  if (const auto reached = reached_step(speed))
    text += fmt::format(" Reached the step at {}.", format_ratio(reached->ratio));
  if (!speed.settled) text += " The interval straddles a step to the end, so the higher step was given.";
  if (const auto next = next_step_of(speed)) {
    text += fmt::format(" The next step is {} for {} points.", format_ratio(next->ratio), format_points(next->points));
  }
  if (!speed.note.empty()) text += " Note: " + speed.note + ".";
  return text;
}

std::string finding_sentence(const Finding& finding) {
  std::string place = finding.file;
  if (finding.line > 0) place += fmt::format(":{}", finding.line);
  if (!finding.function.empty()) place += " in " + finding.function;
  return fmt::format("{}: {} ({} sanitizer{})", place, finding.what, finding.sanitizer,
                     finding.hidden ? ", under a hidden test" : "");
}

std::string sanitizers_sentence(const ExerciseResult& exercise) {
  if (exercise.sanitizers.empty()) return {};
  const bool ran = exercise.sanitizers.find(kCouldNotRun) == std::string::npos;
  const std::size_t count = exercise.findings.size();
  return fmt::format(
      "Sanitizers ({}): {}", exercise.sanitizers,
      count == 0 ? ran ? "nothing found" : "no finding" : fmt::format("{} finding{}", count, count == 1 ? "" : "s"));
}

std::string points_of(const ExerciseResult& exercise) {
  return exercise.verdict == Verdict::judge_error ? "?" : format_points(exercise.points);
}

int count_judge_errors(const SubmissionResult& submission) {
  int count = 0;
  for (const ModuleResult& module : submission.modules)
    for (const ExerciseResult& exercise : module.exercises) count += exercise.verdict == Verdict::judge_error;
  return count;
}

}  // namespace kiln::grader
