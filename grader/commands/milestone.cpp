// milestone and profile: a whole network on whichever implementations exist. The student's files are compiled and
// linked with the reference's of the whole course, of which a network may need any; the program tells who answered, or
// where the time went.
#include <fmt/format.h>

#include <cstdio>

#include "grader/commands/commands.hpp"
#include "grader/commands/link_and_run.hpp"

namespace kiln::grader {

namespace {

int list_milestones(const App& app) {
  bool any = false;
  for (const Module& module : app.course.modules)
    for (const Milestone& milestone : module.milestones) {
      any = true;
      fmt::print("{:<14} {}  (unlocked by {})\n", milestone.name, milestone.title, module.id);
    }
  if (!any) fmt::print("No module of this course has a milestone.\n");
  return kWell;
}

const Milestone* find(const App& app, const std::string& name, const Module*& owner) {
  std::vector<std::string> names;
  for (const Module& module : app.course.modules)
    for (const Milestone& milestone : module.milestones) {
      owner = &module;
      if (milestone.name == name) return &milestone;
      names.push_back(milestone.name);
    }
  fmt::print(stderr, "kiln: there is no milestone named \"{}\"; there {}: {}\n", name, names.size() == 1 ? "is" : "are",
             names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  return nullptr;
}

/// What the milestone is linked of; nullptr, told on stderr, where there is none, with the exit status.
const MilestoneParts* parts_of(const App& app, const std::string& name, int& status) {
  const Module* owner = nullptr;
  status = kBadCall;
  if (find(app, name, owner) == nullptr) return nullptr;
  const auto parts = app.installation.milestones.find(name);
  if (parts != app.installation.milestones.end()) return &parts->second;
  fmt::print(stderr, "kiln: this build has not got the milestone {}: it needs the reference's kernels.\n", name);
  status = kJudgeFailed;
  return nullptr;
}

}  // namespace

int run_milestone(const App& app, const std::string& name, const std::vector<std::string>& arguments) {
  if (name.empty()) return list_milestones(app);
  int status = kWell;
  const MilestoneParts* parts = parts_of(app, name, status);
  return parts == nullptr ? status : link_and_run(app, *parts, arguments, "milestone");
}

int profile_milestone(const App& app, const std::string& name, const std::vector<std::string>& arguments) {
  int status = kWell;
  const MilestoneParts* parts = parts_of(app, name, status);
  if (parts == nullptr) return status;
  return link_and_run(app, {parts->whole, app.installation.profile}, arguments, "profile");
}

}  // namespace kiln::grader
