// Roster and policy are kept as texts; here they are read.
#include "grader/book/class_book.hpp"

#include <algorithm>

namespace kiln::grader {

namespace {

std::vector<GradedModule> modules_of(const Course& course) {
  std::vector<GradedModule> modules;
  for (const Module& module : course.modules) modules.push_back({module.id, module.title, module.max_points()});
  return modules;
}

void add_overridden_modules(const std::vector<GradedModule>& all, GradeInputs& inputs) {
  std::vector<GradedModule> graded;
  for (const GradedModule& module : all) {
    const bool known = std::ranges::find(inputs.modules, module.id, &GradedModule::id) != inputs.modules.end();
    const bool set = std::ranges::find(inputs.overrides, module.id, &Override::module) != inputs.overrides.end();
    if (known || set) graded.push_back(module);
  }
  inputs.modules = std::move(graded);
}

}  // namespace

Expected<GradeInputs, std::string> inputs_of(const Store& store, const Course& course) {
  const std::vector<GradedModule> modules = modules_of(course);
  GradeInputs inputs = store.grade_inputs(modules);
  add_overridden_modules(modules, inputs);
  const std::string next = "\nthe one in the book cannot be used; put a good one in its place: kiln book ";
  if (const std::string text = store.document(kRosterDocument); !text.empty()) {
    auto roster = parse_roster(text, "roster");
    if (!roster) return roster.error() + next + "roster FILE";
    inputs.roster = std::move(*roster);
  }
  if (const std::string text = store.document(kPolicyDocument); !text.empty()) {
    auto policy = parse_policy(text, "policy");
    if (!policy) return policy.error() + next + "policy FILE";
    inputs.policy = std::move(*policy);
  }
  return inputs;
}

}  // namespace kiln::grader
