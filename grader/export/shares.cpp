// Which override counts, and what is left over.
#include "grader/export/shares.hpp"

#include <algorithm>
#include <cmath>

namespace kiln::grader {
namespace {

/// The newest override of `exercise`; of those of one moment the one entered last.
const Override* newest(const std::vector<Override>& overrides, const std::string& exercise) {
  const Override* found = nullptr;
  for (const Override& override : overrides) {
    if (override.exercise != exercise) continue;
    if (!found || override.at > found->at || (override.at == found->at && override.id >= found->id)) found = &override;
  }
  return found;
}

/// Sums of the same points in another order differ in their last bits.
double without_noise(double value) { return std::abs(value) < 1e-9 ? 0 : value; }

}  // namespace

Shares shares_of(const ModuleGrade& grade) {
  Shares shares;
  shares.whole = newest(grade.overrides, "");
  shares.penalty = grade.penalty;
  double sum = 0;
  if (grade.counted) {
    for (const ExerciseResult& exercise : grade.counted->result.exercises) {
      const Override* set = newest(grade.overrides, exercise.id);
      shares.exercises.push_back({&exercise, set, set ? set->points : exercise.points});
      sum += shares.exercises.back().points;
      if (exercise.verdict == Verdict::judge_error && !set && !shares.whole) shares.final = false;
    }
  }
  for (const Override& override : grade.overrides) {
    const auto same = [&](const Share& share) { return share.exercise->id == override.exercise; };
    if (!override.exercise.empty() && std::ranges::none_of(shares.exercises, same) &&
        newest(grade.overrides, override.exercise) == &override)
      shares.elsewhere.push_back(&override);
  }
  shares.by_hand = without_noise(grade.points + grade.penalty - sum);
  return shares;
}

bool is_known(const Share& share) {
  return share.exercise->verdict != Verdict::judge_error || share.set != nullptr || share.points != 0;
}

bool has_grade(const ModuleGrade& grade) { return grade.counted.has_value() || !grade.overrides.empty(); }

}  // namespace kiln::grader
