// Finding what a command means.
#include "grader/commands/app.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

#include "grader/sandbox/layers.hpp"

namespace kiln::grader {

namespace {

Selection whole(const Module& module) {
  Selection selection{&module, {}};
  for (const Exercise& exercise : module.exercises) selection.exercises.push_back(&exercise);
  return selection;
}

bool names_module(const Module& module, const std::string& word) {
  return word == module.id || word == module.id.substr(0, 2) || word == module.id.substr(3);
}

void tell_names(const App& app, const std::string& word) {
  fmt::print(stderr, "kiln: there is no module or exercise named \"{}\". There are:\n", word);
  for (const Module& module : app.course.modules) {
    std::string line = "  " + module.id + ":";
    for (const Exercise& exercise : module.exercises) line += " " + exercise.id;
    fmt::print(stderr, "{}\n", line);
  }
}

}  // namespace

std::vector<Selection> select(const App& app, const std::string& word) {
  std::vector<Selection> selections;
  for (const Module& module : app.course.modules) {
    if (word.empty() || names_module(module, word)) {
      selections.push_back(whole(module));
    } else if (const Exercise* exercise = module.find_exercise(word)) {
      selections.push_back({&module, {exercise}});
    }
  }
  if (selections.empty()) tell_names(app, word);
  return selections;
}

const Exercise* select_exercise(const App& app, const std::string& word, const Module*& module) {
  for (const Module& candidate : app.course.modules) {
    if (const Exercise* exercise = candidate.find_exercise(word)) {
      module = &candidate;
      return exercise;
    }
  }
  tell_names(app, word);
  return nullptr;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

unsigned processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

bool sandbox_for_own_code() {
  const Layers layers = probe_layers();
  if (layers.fit_to_grade()) return true;
  static bool told = false;
  if (!std::exchange(told, true))
    fmt::print(
        stderr,
        "kiln: {}Your own code is compiled and run without the sandbox: results count, but its memory and system "
        "calls are not watched. `kiln doctor` says more.\n",
        layers.refusal());
  return false;
}

bool can_judge(const App& app, const Module& module) {
  const auto parts = app.installation.modules.find(module.id);
  if (parts != app.installation.modules.end() && !parts->second.tests.empty() &&
      !parts->second.reference_worker.empty())
    return true;
  fmt::print(
      stderr,
      "kiln: {} cannot be judged here: this tree has neither solutions/{} nor the prebuilt oracle and reference of a "
      "student edition.\n",
      module.id, module.id);
  return false;
}

}  // namespace kiln::grader
