// module.toml: whatever stands in it, either problems are told, each with its place, or the module keeps every promise
// of course.hpp, on which the judge relies without asking again.
#include <set>

#include "grader/course/module_parser.hpp"
#include "grader/course/names.hpp"
#include "grader/tests/fuzz/input.hpp"

namespace {

using namespace kiln::grader;
using kiln::fuzz::demand;

void check_speed(const SpeedCase& timed) {
  demand(!timed.steps.empty(), "a speed case has steps");
  double ratio = 0, points = 0;
  for (const Step& step : timed.steps) {
    demand(step.ratio > ratio && step.points > points, "steps ascend");
    ratio = step.ratio, points = step.points;
  }
  demand(timed.max_points() == points && timed.points_for(ratio) == points, "the last step is the most");
}

void check_exercise(const Exercise& exercise) {
  demand(kId.matches(exercise.id) && kFile.matches(exercise.file), "names have their forms");
  demand(exercise.hints.size() == 3, "there are three hints");
  demand(!exercise.slots.empty(), "an exercise has a kernel");
  demand(exercise.points.visible >= 0 && exercise.points.hidden >= 0, "points are no debts");
  demand(exercise.threads >= 1 && exercise.time_limit_ms > 0 && exercise.memory_mb >= 16, "limits are limits");
  for (const SpeedCase& timed : exercise.speed) check_speed(timed);
}

void check_module(const Module& module) {
  demand(module.id == "01_tensor", "a module has its folder's name");
  demand(!module.exercises.empty(), "a module has an exercise");
  std::set<std::string> ids, files;
  for (const Exercise& exercise : module.exercises) {
    check_exercise(exercise);
    demand(ids.insert(exercise.id).second && files.insert(exercise.file).second, "names are unique");
    demand(module.find_exercise(exercise.id) == &exercise, "an exercise is found by its name");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Problems problems;
  const ParsedModule parsed = parse_module_text(text, "/course/modules/01_tensor/module.toml", problems);
  for (const Problem& problem : problems) {
    demand(problem.line >= 0 && problem.column >= 0 && !problem.expected.empty(), "a problem has place and words");
    demand(to_string(problem).size() < 4096 + 8 * size, "a problem's words are not many more than the file's");
  }
  if (problems.empty()) check_module(parsed.module);
  return 0;
}
