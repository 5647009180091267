// A module's grade taken apart: what each exercise gives and what was changed as a whole, adding up to the grade.
#pragma once

#include <optional>
#include <vector>

#include "grader/book/grades.hpp"

namespace kiln::grader {

struct Share {
  const ExerciseResult* exercise = nullptr;
  const Override* set = nullptr;  ///< the override that counts; nullptr where the judge's points stand
  double points = 0;
};

struct Shares {
  std::vector<Share> exercises;            ///< of the attempt that counts
  const Override* whole = nullptr;         ///< of the module as a whole
  std::vector<const Override*> elsewhere;  ///< of exercises that the attempt does not have
  double by_hand = 0;                      ///< what `whole` and `elsewhere` add to the exercises' sum, or take
  double penalty = 0;                      ///< what lateness takes, at least 0
  bool final = true;                       ///< false: the judge failed on an exercise, and nobody set its points
};

/// The exercises' points + by_hand - penalty = grade.points. Points into `grade`.
Shares shares_of(const ModuleGrade& grade);

/// Whether the points say anything: our own fault is never a zero.
bool is_known(const Share& share);

/// Whether there is anything to grade: an attempt that counts, or points that were set.
bool has_grade(const ModuleGrade& grade);

}  // namespace kiln::grader
