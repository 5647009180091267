// Wording one exercise's result for its author.
#include "grader/report/explain.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "grader/record/audience.hpp"
#include "grader/report/text.hpp"
#include "grader/report/words.hpp"

namespace kiln::grader {
namespace {

constexpr std::size_t kMessageLines = 30, kMessageBytes = 4000;
constexpr std::size_t kShownFailures = 5;

/// A stranger's text as an indented, wrapped block.
std::string block(std::string_view raw, int indent, const Terminal& terminal) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string text;
  const std::string shown = clip(terminal.safe_lines(raw), kMessageLines, kMessageBytes);
  std::istringstream lines(shown);
  for (std::string whole; std::getline(lines, whole);) {
    // A command is copied with the mouse: it stays on its line.
    const bool command = whole.starts_with("alone: ");
    for (const std::string& line : command ? std::vector{whole} : wrap(whole, terminal.text_width() - indent))
      text += line.empty() ? "\n" : margin + line + '\n';
  }
  return text;
}

std::string headline(const ExerciseResult& exercise, const Terminal& terminal) {
  const Style style = style_of(exercise.verdict);
  std::string text = terminal.paint(style, mark_of(exercise.verdict, terminal.unicode)) + ' ' +
                     terminal.paint(Style::bold, terminal.safe(exercise.id)) + ": " +
                     terminal.paint(style, label_of(exercise.verdict)) + ", " +
                     fmt::format("{} of {} points", points_of(exercise), format_points(exercise.max));
  if (const int all = exercise.passed + exercise.failed; all > 0)
    text += fmt::format(", {} of {} tests passed", exercise.passed, all);
  return text + '\n' + block(meaning_of(exercise.verdict), 2, terminal);
}

std::string failures(const ExerciseResult& exercise, const Terminal& terminal) {
  // Visible failures first: those can be worked on.
  std::vector<TestFailure> shown = exercise.failures;
  std::stable_partition(shown.begin(), shown.end(), [](const TestFailure& failure) { return !failure.hidden; });
  const std::size_t left_out = shown.size() > kShownFailures ? shown.size() - kShownFailures : 0;
  shown.resize(shown.size() - left_out);
  std::string text;
  for (const TestFailure& failure : shown) {
    text += "  " + terminal.paint(Style::bad, terminal.safe(failure.name));
    if (!failure.kind.empty() && failure.kind != "fail") text += " (" + terminal.safe(failure.kind) + ")";
    text += '\n';
    text += block(failure.hidden ? "a hidden test; it checks the contract with cases that the visible tests leave out"
                                 : failure.message,
                  4, terminal);
  }
  if (left_out > 0) text += fmt::format("  and {} more failed tests\n", left_out);
  return text;
}

std::string findings(const ExerciseResult& exercise, const Terminal& terminal) {
  if (exercise.findings.empty()) return {};
  std::string text = "  " + terminal.safe(sanitizers_sentence(exercise)) + '\n';
  for (const Finding& finding : exercise.findings) {
    text += "  " + terminal.paint(Style::bad, terminal.safe(finding_sentence(finding))) + '\n';
    if (!finding.text.empty()) text += block(finding.text, 4, terminal);
  }
  return text;
}

std::string speeds(const ExerciseResult& exercise, const Terminal& terminal) {
  std::string text;
  for (const SpeedResult& speed : exercise.speed) {
    text += "  " + terminal.paint(Style::accent, "speed " + terminal.safe(speed.name)) + '\n';
    text += block(speed_sentence(speed), 4, terminal);
  }
  return text;
}

std::string next(const ExerciseResult& exercise, const Terminal& terminal) {
  const auto steps = next_steps(exercise);
  int width = 0;
  for (const NextStep& step : steps) width = std::max(width, display_width(terminal.safe(step.command)));
  std::string text;
  for (const NextStep& step : steps) {
    if (step.command.empty()) {
      text += block(step.why, 4, terminal);
    } else {
      text += "    " + terminal.paint(Style::accent, pad(terminal.safe(step.command), width)) + "  " +
              terminal.paint(Style::dim, step.why) + '\n';
    }
  }
  return text.empty() ? text : "  next\n" + text;
}

std::string explain_seen(const ExerciseResult& exercise, const Terminal& terminal) {
  std::string text = headline(exercise, terminal);
  if (!exercise.detail.empty()) text += block(exercise.detail, 2, terminal);
  return text + failures(exercise, terminal) + findings(exercise, terminal) + speeds(exercise, terminal) +
         next(exercise, terminal);
}

}  // namespace

std::string explain(const ExerciseResult& exercise, const Terminal& terminal) {
  const SubmissionResult seen = seen_by(Audience::student, {.modules = {{.exercises = {exercise}}}});
  return explain_seen(seen.modules[0].exercises[0], terminal);
}

std::string explain(const ModuleResult& module, const Terminal& terminal) {
  std::string text;
  for (const ExerciseResult& exercise : module.exercises) {
    if (exercise.verdict == Verdict::pass && exercise.findings.empty()) continue;
    text += (text.empty() ? "" : "\n") + explain(exercise, terminal);
  }
  if (!text.empty() || module.exercises.empty()) return text;
  return terminal.paint(Style::good, "Full marks: every exercise is right and at full speed.") + '\n';
}

}  // namespace kiln::grader
