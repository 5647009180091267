// Link everything; only when that fails, search for the culprit.
#include "grader/build/link.hpp"

#include <algorithm>
#include <system_error>

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;
using Objects = std::vector<fs::path>;

ToolRun link(const Objects& objects, const Toolchain& toolchain, const fs::path& output, const BuildLimits& limits) {
  ToolCall call;
  call.directory = "/kiln/output";
  call.command = toolchain.compiler;
  call.command.insert(call.command.end(), toolchain.link_mode.begin(), toolchain.link_mode.end());
  call.command.push_back("-fdiagnostics-color=never");
  const auto add_ours = [&call](const std::string& word) {
    if (word.starts_with('-')) return call.command.push_back(word);
    const std::string inside =
        "/kiln/link/" + std::to_string(call.mounts.size()) + "/" + fs::path(word).filename().string();
    call.mounts.push_back({word, inside});
    call.command.push_back(inside);
  };
  // Our own objects stand first: so their entry in .preinit_array runs before any of a submission's, and where both
  // define a weak symbol theirs is taken. Archives stand last, because they are searched for what is still missing.
  const auto archives = std::find_if(toolchain.link.begin(), toolchain.link.end(),
                                     [](const std::string& word) { return !word.ends_with(".o"); });
  std::for_each(toolchain.link.begin(), archives, add_ours);
  for (const fs::path& object : objects) {
    call.mounts.push_back({object.string(), "/kiln/objects/" + object.filename().string()});
    call.command.push_back("/kiln/objects/" + object.filename().string());
  }
  std::for_each(archives, toolchain.link.end(), add_ours);
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

/// The search for whom to blame: tries sets of objects, adds up the time, and keeps the result.
class Search {
 public:
  Search(const Toolchain& toolchain, fs::path output, const BuildLimits& limits)
      : toolchain_(toolchain), output_(std::move(output)), limits_(limits) {}

  LinkResult run(const Objects& objects) {
    if (attempt(objects)) return done();
    // A failure without any object is a failure of the prebuilt files.
    if (is_ours() || objects.empty()) return give_up("");
    if (!attempt({})) return give_up("the worker does not link without a submission either:\n");

    Objects good;
    for (const fs::path& object : objects) {
      good.push_back(object);
      if (attempt(good)) continue;
      if (is_ours()) return give_up("");
      good.pop_back();
      result_.faults.push_back({object, last_.words});
    }
    // A failed attempt leaves no program, so the good ones are linked once more.
    return attempt(good) ? done() : give_up("");
  }

 private:
  bool attempt(const Objects& objects) {
    last_ = link(objects, toolchain_, output_, limits_);
    result_.seconds += last_.seconds;
    return last_.problem == BuildProblem::none;
  }
  bool is_ours() const { return last_.problem == BuildProblem::judge || last_.problem == BuildProblem::cancelled; }

  LinkResult done() {
    result_.problem = BuildProblem::none;
    return std::move(result_);
  }
  LinkResult give_up(const std::string& why) {
    std::error_code ignored;
    fs::remove(output_, ignored);
    result_.problem = last_.problem == BuildProblem::cancelled ? BuildProblem::cancelled : BuildProblem::judge;
    result_.diagnostics = why + last_.words;
    return std::move(result_);
  }

  const Toolchain& toolchain_;
  const fs::path output_;
  const BuildLimits& limits_;
  LinkResult result_;
  ToolRun last_;
};

}  // namespace

LinkResult link_worker(const Objects& objects, const Toolchain& toolchain, const fs::path& worker,
                       const BuildLimits& limits) {
  std::error_code ignored;
  const fs::path output = fs::absolute(worker);
  fs::create_directories(output.parent_path(), ignored);
  return Search(toolchain, output, limits).run(objects);
}

}  // namespace kiln::grader
