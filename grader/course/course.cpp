// Sums and look-ups of the course model.
#include "grader/course/course.hpp"

namespace kiln::grader {

double SpeedCase::max_points() const { return steps.empty() ? 0 : steps.back().points; }

double SpeedCase::points_for(double ratio) const {
  double points = 0;
  for (const Step& step : steps)
    if (ratio >= step.ratio) points = step.points;
  return points;
}

double Exercise::max_points() const {
  double sum = points.visible + points.hidden;
  for (const SpeedCase& speed_case : speed) sum += speed_case.max_points();
  return sum;
}

double Module::max_points() const {
  double sum = 0;
  for (const Exercise& exercise : exercises) sum += exercise.max_points();
  return sum;
}

const Exercise* Module::find_exercise(std::string_view wanted) const {
  for (const Exercise& exercise : exercises)
    if (exercise.id == wanted) return &exercise;
  return nullptr;
}

const Module* Course::find_module(std::string_view wanted) const {
  for (const Module& module : modules)
    if (module.id == wanted) return &module;
  return nullptr;
}

}  // namespace kiln::grader
