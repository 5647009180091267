// milestone: a whole network on whichever implementations exist. The student's files are compiled and linked with the
// reference's of the whole course, of which a network may need any; the program tells who answered.
#include <fmt/format.h>

#include <cstdio>
#include <cstring>

#include "grader/build/temp_directory.hpp"
#include "grader/commands/commands.hpp"
#include "grader/commands/compile_own.hpp"
#include "grader/commands/link_here.hpp"

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

}  // namespace

int run_milestone(const App& app, const std::string& name, const std::vector<std::string>& arguments) {
  if (name.empty()) return list_milestones(app);
  const Module* owner = nullptr;
  const Milestone* milestone = find(app, name, owner);
  if (milestone == nullptr) return kBadCall;
  const auto parts = app.installation.milestones.find(name);
  if (parts == app.installation.milestones.end()) {
    fmt::print(stderr, "kiln: this build has not got the milestone {}: it needs the reference's kernels.\n", name);
    return kJudgeFailed;
  }

  // What does not compile or is still a stub is left to the reference.
  const TempDirectory directory("kiln-milestone");
  LinkHere link;
  link.objects = compile_own(app, select(app, ""), directory.path()).objects;
  link.whole = parts->second.whole;
  link.libraries = parts->second.libraries;
  const auto program = directory.path() / "milestone";
  if (!link_here(app.installation, link, program)) return kJudgeFailed;

  std::vector<std::string> command{program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const int status = run_here(command);
  if (status <= 2 || status == kInterrupted) return status;
  if (status > 128)
    fmt::print(stderr, "kiln: the milestone was killed by signal {} ({}): `kiln check` finds the kernel that fails\n",
               status - 128, strsignal(status - 128));
  return kFailed;
}

}  // namespace kiln::grader
