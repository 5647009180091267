// The checks, one exercise at a time.
#include "grader/book/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "speed/statistics.hpp"

namespace kiln::grader {

namespace {

/// Sums of shares differ in the last bits only.
constexpr double kRounding = 1e-6;

std::string check_speed(const SpeedResult& speed, const Exercise& exercise) {
  const auto same = [&](const SpeedCase& each) { return each.name == speed.name; };
  const auto known = std::find_if(exercise.speed.begin(), exercise.speed.end(), same);
  if (known == exercise.speed.end()) return fmt::format("the course has no speed case {}", speed.name);
  if (speed.points == 0) return "";
  if (speed.samples.empty()) return fmt::format("{} has {} points and no samples", speed.name, speed.points);
  const double median = kiln::speed::median(speed.samples);
  if (std::abs(median - speed.ratio) > kRounding * std::max(1.0, median))
    return fmt::format("{}: the median of its samples is {:.6f}, its ratio {:.6f}", speed.name, median, speed.ratio);
  // Where the interval straddled a step to the end, the higher step was given: no more than what its end reaches.
  const double most = known->points_for(std::max(speed.ratio, speed.high));
  if (speed.points > most + kRounding)
    return fmt::format("{}: {} points, and no more than {} can be reached at {:.3f}", speed.name, speed.points, most,
                       speed.high);
  return "";
}

std::string check_exercise(const ExerciseResult& result, const Exercise& exercise) {
  if (result.verdict == Verdict::judge_error)
    return "the judge failed at it" + (result.detail.empty() ? "" : ": " + result.detail);
  if (std::abs(result.max - exercise.max_points()) > kRounding)
    return fmt::format("its maximum is {}, the course's {}", result.max, exercise.max_points());
  if (!(result.points >= 0 && result.points <= result.max + kRounding))
    return fmt::format("it has {} points of {}", result.points, result.max);
  double most = result.passed > 0 ? exercise.points.visible + exercise.points.hidden : 0;
  double speed_points = 0;
  for (const SpeedResult& speed : result.speed) {
    if (std::string problem = check_speed(speed, exercise); !problem.empty()) return problem;
    speed_points += speed.points;
  }
  if (result.failed > 0 && speed_points > 0) return "it has points for speed although a test failed";
  most += speed_points;
  if (result.points > most + kRounding)
    return fmt::format("it has {} points, and its tests and samples carry no more than {}", result.points, most);
  const bool whole = result.verdict == Verdict::pass;
  if (whole && (result.failed > 0 || result.passed == 0)) return "it passed, and not all of its tests did";
  if (whole && std::abs(result.points - result.max) > kRounding)
    return fmt::format("it passed with {} points of {}", result.points, result.max);
  return "";
}

}  // namespace

std::string why_not_verified(const ModuleResult& result, const Module& module) {
  if (result.id != module.id) return fmt::format("it is of module {}, not {}", result.id, module.id);
  if (result.exercises.size() != module.exercises.size())
    return fmt::format("it has {} exercises, the course {}", result.exercises.size(), module.exercises.size());
  for (std::size_t i = 0; i < result.exercises.size(); ++i) {
    const ExerciseResult& exercise = result.exercises[i];
    if (exercise.id != module.exercises[i].id)
      return fmt::format("{} stands where the course has {}", exercise.id, module.exercises[i].id);
    const std::string problem = check_exercise(exercise, module.exercises[i]);
    if (!problem.empty()) return fmt::format("{}: {}", exercise.id, problem);
  }
  return "";
}

}  // namespace kiln::grader
