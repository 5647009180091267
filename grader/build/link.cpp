// Link everything; only when that fails, search for the culprit.
#include "grader/build/link.hpp"

#include <system_error>

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;
using Objects = std::vector<fs::path>;

ToolRun link(const Objects& objects, const Toolchain& toolchain, const fs::path& output, const BuildLimits& limits) {
  ToolCall call;
  call.directory = "/kiln/objects";
  call.command = toolchain.compiler;
  // The worker's root is empty: nothing to load from.
  call.command.insert(call.command.end(), {"-static", "-fdiagnostics-color=never"});
  for (const fs::path& object : objects) {
    call.mounts.push_back({object.string(), "/kiln/objects/" + object.filename().string()});
    call.command.push_back(object.filename().string());
  }
  if (objects.empty()) call.directory = "/kiln/output";
  for (const std::string& word : toolchain.link) {
    if (word.starts_with('-')) {
      call.command.push_back(word);
      continue;
    }
    const std::string inside =
        "/kiln/link/" + std::to_string(call.mounts.size()) + "/" + fs::path(word).filename().string();
    call.mounts.push_back({word, inside});
    call.command.push_back(inside);
  }
  call.mounts.push_back({output.parent_path().string(), "/kiln/output", true});
  call.command.insert(call.command.end(), {"-o", "/kiln/output/" + output.filename().string()});
  ToolRun tool = run_tool(call, toolchain, limits);
  std::error_code error;
  if (tool.problem == BuildProblem::none && !fs::is_regular_file(fs::symlink_status(output, error))) {
    tool.problem = BuildProblem::judge;
    tool.words = "the linker was content but left no program";
  }
  return tool;
}

/// The linker's whims are a submission's fault only if it links without the submission.
bool is_ours(BuildProblem problem) { return problem == BuildProblem::judge || problem == BuildProblem::cancelled; }

}  // namespace

LinkResult link_worker(const Objects& objects, const Toolchain& toolchain, const fs::path& worker,
                       const BuildLimits& limits) {
  LinkResult result;
  std::error_code error;
  const fs::path output = fs::absolute(worker);
  fs::create_directories(output.parent_path(), error);
  const auto attempt = [&](const Objects& chosen) {
    ToolRun tool = link(chosen, toolchain, output, limits);
    result.seconds += tool.seconds;
    return tool;
  };
  const auto give_up = [&](BuildProblem problem, const std::string& words) {
    fs::remove(output, error);
    result.problem = problem == BuildProblem::cancelled ? problem : BuildProblem::judge;
    result.diagnostics = words;
    return result;
  };

  const ToolRun all = attempt(objects);
  if (all.problem == BuildProblem::none) {
    result.problem = BuildProblem::none;
    return result;
  }
  if (is_ours(all.problem) || objects.empty()) return give_up(all.problem, all.words);

  // Without any object: a failure now is a failure of the prebuilt files.
  const ToolRun none = attempt({});
  if (none.problem != BuildProblem::none)
    return give_up(none.problem, "the worker does not link without a submission either:\n" + none.words);
  Objects good;
  for (const fs::path& object : objects) {
    good.push_back(object);
    const ToolRun one = attempt(good);
    if (one.problem == BuildProblem::none) continue;
    if (is_ours(one.problem)) return give_up(one.problem, one.words);
    good.pop_back();
    result.faults.push_back({object, one.words});
  }
  // A failed attempt leaves no program, so the last good set is linked once more.
  const ToolRun last = attempt(good);
  if (last.problem != BuildProblem::none) return give_up(last.problem, last.words);
  result.problem = BuildProblem::none;
  return result;
}

}  // namespace kiln::grader
