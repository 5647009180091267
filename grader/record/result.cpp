// Names, order and sums of results.
#include "grader/record/result.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "speed/statistics.hpp"

namespace kiln::grader {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "pass";
    case Verdict::slow: return "slow";
    case Verdict::fail: return "fail";
    case Verdict::not_attempted: return "not_attempted";
    case Verdict::compile_error: return "compile_error";
    case Verdict::crash: return "crash";
    case Verdict::timeout: return "timeout";
    case Verdict::memory: return "memory";
    case Verdict::violation: return "violation";
    case Verdict::judge_error: return "judge_error";
  }
  return "judge_error";
}

std::optional<Verdict> verdict_from(std::string_view name) {
  for (const Verdict verdict : kVerdictsBySeriousness)
    if (to_string(verdict) == name) return verdict;
  return std::nullopt;
}

int seriousness(Verdict verdict) {
  const auto place = std::ranges::find(kVerdictsBySeriousness, verdict);
  return static_cast<int>(place - std::begin(kVerdictsBySeriousness));
}

std::optional<Verdict> most_serious(std::span<const Verdict> verdicts) {
  if (verdicts.empty()) return std::nullopt;
  return *std::ranges::max_element(verdicts, {}, seriousness);
}

std::optional<OverallSpeed> overall_speed(const ExerciseResult& exercise) {
  std::vector<double> ratios, lows, highs;
  const auto usable = [](double value) { return std::isfinite(value) && value > 0; };
  for (const SpeedResult& speed : exercise.speed) {
    if (!speed.measured || !usable(speed.ratio) || !usable(speed.low) || !usable(speed.high)) continue;
    ratios.push_back(speed.ratio);
    lows.push_back(speed.low);
    highs.push_back(speed.high);
  }
  if (ratios.empty()) return std::nullopt;
  // One case keeps its exact figures: a round trip through logarithms would change the last digit.
  if (ratios.size() == 1) return OverallSpeed{ratios[0], lows[0], highs[0]};
  return OverallSpeed{speed::geometric_mean(ratios), speed::geometric_mean(lows), speed::geometric_mean(highs)};
}

void add_up(ModuleResult& module) {
  module.score = 0;
  if (module.exercises.empty()) return;
  module.max = 0;
  for (const ExerciseResult& exercise : module.exercises) {
    module.score += exercise.points;
    module.max += exercise.max;
  }
}

void add_up(SubmissionResult& submission) {
  submission.score = 0;
  std::vector<Verdict> verdicts;
  double max = 0;
  for (ModuleResult& module : submission.modules) {
    add_up(module);
    submission.score += module.score;
    max += module.max;
    for (const ExerciseResult& exercise : module.exercises) verdicts.push_back(exercise.verdict);
  }
  if (verdicts.empty()) return;
  submission.max = max;
  submission.verdict = *most_serious(verdicts);
}

std::map<Verdict, int> count_verdicts(std::span<const SubmissionResult> submissions) {
  std::map<Verdict, int> counts;
  for (const SubmissionResult& submission : submissions) ++counts[submission.verdict];
  return counts;
}

std::string kind_of(const Finding& finding) {
  const std::string_view what = std::string_view(finding.what).substr(0, finding.what.find(": "));
  const auto digit = [&](std::size_t i) {
    return i < what.size() && std::isdigit(static_cast<unsigned char>(what[i]));
  };
  const auto name = [&](std::size_t i) { return std::isalnum(static_cast<unsigned char>(what[i])) || what[i] == '_'; };
  std::string kind;
  for (std::size_t i = 0; i < what.size();) {
    const std::size_t sign = what[i] == '-' ? 1 : 0;
    if (!digit(i + sign) || (i > 0 && name(i - 1))) {
      kind += what[i++];
      continue;
    }
    // A number, with its fraction and exponent.
    for (i += sign; digit(i) || (i < what.size() && what[i] == '.');) ++i;
    if (i < what.size() && what[i] == 'e' && (digit(i + 1) || digit(i + 2)))
      for (i += 2; digit(i);) ++i;
    kind += 'N';
  }
  return kind;
}

std::string format_points(double points) {
  if (!std::isfinite(points)) return "?";
  std::string text = fmt::format("{:.2f}", points);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace kiln::grader
