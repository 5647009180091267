// The Markdown twin of the HTML page.
#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "grader/report/submission_report.hpp"
#include "grader/report/text.hpp"
#include "grader/report/words.hpp"

namespace kiln::grader {
namespace {

constexpr std::size_t kMessageLines = 80, kMessageBytes = 12000;

/// A stranger's text on one line, with nothing that Markdown or the HTML in it would act upon. An underscore within a
/// word emphasises nothing, and stays as it is so that names like 01_tensor read well as plain text.
std::string inline_text(std::string_view raw) {
  const std::string text = printable(raw);
  const auto is_word = [&](std::size_t i) {
    return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i]));
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool acts = std::string_view("\\`*[]<>|&~").find(c) != std::string_view::npos ||
                      (c == '_' && !(i > 0 && is_word(i - 1) && is_word(i + 1))) ||
                      (i == 0 && std::string_view("#+-").find(c) != std::string_view::npos);
    if (acts) out += '\\';
    out += c;
  }
  return out;
}

/// A stranger's text as a code block, behind a fence longer than any run of backticks in it.
std::string fenced(std::string_view raw) {
  const std::string text = clip(printable(raw, {.keep_lines = true}), kMessageLines, kMessageBytes);
  std::size_t longest = 0, run = 0;
  for (const char c : text) longest = std::max(longest, run = c == '`' ? run + 1 : 0);
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  return fence + "text\n" + text + (!text.empty() && text.back() == '\n' ? "" : "\n") + fence + "\n";
}

std::string out_of(double score, double max) { return format_points(score) + " / " + format_points(max); }

std::string head(const SubmissionResult& result) {
  std::string text =
      fmt::format("# {}\n\n**{}** points, verdict **{}**: {}.\n", inline_text(result.submission),
                  out_of(result.score, result.max), label_of(result.verdict), meaning_of(result.verdict));
  if (!result.problem.empty()) text += "\nNot taken in: " + inline_text(result.problem) + "\n";
  if (const int errors = count_judge_errors(result); errors > 0) {
    text += fmt::format("\nThis score is not final: the grader itself failed on {} exercise{}. That costs no points.\n",
                        errors, errors == 1 ? "" : "s");
  }
  return text;
}

std::string table_of(const ModuleResult& module) {
  std::string text = "| exercise | verdict | points | tests passed | speed |\n|---|---|--:|--:|--:|\n";
  for (const ExerciseResult& exercise : module.exercises) {
    const auto speed = overall_speed(exercise);
    text += fmt::format("| {} | {} | {} / {} | {} of {} | {} |\n", inline_text(exercise.id), label_of(exercise.verdict),
                        points_of(exercise), format_points(exercise.max), exercise.passed,
                        exercise.passed + exercise.failed, speed ? format_ratio(speed->ratio) : "");
  }
  return text + fmt::format("| **sum** | | **{}** | | |\n", out_of(module.score, module.max));
}

std::string section_of(const ExerciseResult& exercise, Audience audience) {
  std::string text = fmt::format("\n### {}: {}, {} / {}\n", inline_text(exercise.id), label_of(exercise.verdict),
                                 points_of(exercise), format_points(exercise.max));
  if (!exercise.detail.empty()) text += "\n" + fenced(exercise.detail);
  for (const TestFailure& failure : exercise.failures) {
    text += "\n- failed " + std::string(failure.hidden ? "hidden test " : "") + inline_text(failure.name);
    if (!failure.kind.empty() && failure.kind != "fail") text += " (" + inline_text(failure.kind) + ")";
    text += "\n";
    if (!failure.message.empty()) text += "\n" + fenced(failure.message);
  }
  if (!exercise.sanitizers.empty()) text += "\n" + inline_text(sanitizers_sentence(exercise)) + ".\n";
  for (const Finding& finding : exercise.findings) {
    text += "\n- " + inline_text(finding_sentence(finding)) + "\n";
    if (!finding.text.empty()) text += "\n" + fenced(finding.text);
  }
  for (const SpeedResult& speed : exercise.speed)
    text += "\n- speed " + inline_text(speed.name) + ": " + inline_text(speed_sentence(speed)) + "\n";
  if (audience == Audience::instructor) return text;
  const auto steps = next_steps(exercise);
  if (!steps.empty()) text += "\nWhat to do next:\n\n";
  for (const NextStep& step : steps)
    text += "- " + (step.command.empty() ? "" : "`" + printable(step.command) + "` ") + step.why + "\n";
  return text;
}

std::string receipt_of(const Receipt& receipt) {
  std::string text;
  const auto add = [&](const char* term, const std::string& value) {
    if (!value.empty()) text += fmt::format("- {}: {}\n", term, inline_text(value));
  };
  add("course", receipt.course);
  add("compiler", receipt.compiler);
  add("flags", receipt.flags);
  add("CPU", receipt.cpu);
  add("sandbox", receipt.sandbox);
  add("seed of the hidden tests", receipt.seed);
  add("started", receipt.started);
  if (receipt.seconds > 0) add("took", format_seconds(receipt.seconds));
  return text.empty() ? text : "\n## Receipt\n\n" + text;
}

}  // namespace

std::string markdown_report(const SubmissionResult& result, Audience audience) {
  const SubmissionResult seen = seen_by(audience, result);
  std::string text = head(seen);
  for (const ModuleResult& module : seen.modules) {
    text += "\n## " + inline_text(module.id) + "\n\n" + table_of(module);
    for (const ExerciseResult& exercise : module.exercises)
      if (exercise.verdict != Verdict::pass || !exercise.speed.empty() || !exercise.findings.empty())
        text += section_of(exercise, audience);
  }
  if (!seen.notes.empty()) text += "\n## Notes on the files\n\n";
  for (const std::string& note : seen.notes) text += "- " + inline_text(note) + "\n";
  return text + receipt_of(seen.receipt);
}

}  // namespace kiln::grader
