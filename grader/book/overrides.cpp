// Which override counts, and what it makes of the points.
#include "grader/book/overrides.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace kiln::grader {

namespace {

double finite(double points) { return std::isfinite(points) ? std::max(points, 0.0) : 0; }

const ExerciseResult* find_exercise(const ModuleResult* result, const std::string& id) {
  if (result == nullptr) return nullptr;
  const auto found = std::ranges::find(result->exercises, id, &ExerciseResult::id);
  return found == result->exercises.end() ? nullptr : &*found;
}

}  // namespace

void OverridesOfModule::add(const Override& override) {
  const auto order = [](const Override& o) { return std::tuple(o.at, o.id); };
  all_.insert(std::ranges::upper_bound(all_, order(override), {}, order), override);
}

const Override* OverridesOfModule::in_force(const std::string& exercise) const {
  for (auto one = all_.rbegin(); one != all_.rend(); ++one)
    if (one->exercise == exercise) return &*one;
  return nullptr;
}

std::map<std::string, const Override*> OverridesOfModule::exercises_in_force() const {
  std::map<std::string, const Override*> last;
  for (const Override& override : all_)
    if (!override.exercise.empty()) last[override.exercise] = &override;
  return last;
}

double OverridesOfModule::points(const ModuleResult* result) const {
  if (const Override* whole = in_force("")) return finite(whole->points);
  double points = result == nullptr ? 0 : finite(result->score);
  for (const auto& [exercise, override] : exercises_in_force()) {
    const ExerciseResult* judged = find_exercise(result, exercise);
    // An exercise that the course has no more cannot give points beside those that it has.
    if (result != nullptr && judged == nullptr) continue;
    points += finite(override->points) - (judged == nullptr ? 0 : finite(judged->points));
  }
  return finite(points);
}

std::vector<std::string> OverridesOfModule::notes(const ModuleResult* result) const {
  std::vector<std::string> notes;
  const Override* whole = in_force("");
  for (const Override& override : all_) {
    const ExerciseResult* judged = find_exercise(result, override.exercise);
    const bool replaced = in_force(override.exercise) != &override;
    const double before =
        override.exercise.empty() ? (result == nullptr ? 0 : result->score) : (judged == nullptr ? 0 : judged->points);
    std::string text =
        fmt::format("override {}: {} {} points in place of {}, by {}: {}", override.id,
                    override.exercise.empty() ? override.module : override.exercise, format_points(override.points),
                    format_points(before), override.author, override.reason);
    if (replaced)
      text += " (replaced by a later one)";
    else if (!override.exercise.empty() && whole != nullptr)
      text += fmt::format(" (without effect beside override {} of the whole module)", whole->id);
    else if (!override.exercise.empty() && result != nullptr && judged == nullptr)
      text += " (without effect: the module has no such exercise)";
    notes.push_back(std::move(text));
  }
  return notes;
}

}  // namespace kiln::grader
