// bench: the module's Google Benchmark program with the student's kernels linked in beside the reference's.
#include <fmt/format.h>

#include <cstdio>

#include "grader/build/temp_directory.hpp"
#include "grader/commands/commands.hpp"
#include "grader/commands/compile_own.hpp"
#include "grader/commands/link_here.hpp"

namespace kiln::grader {

int bench(const App& app, const std::string& word, const std::vector<std::string>& arguments) {
  const auto selections = select(app, word);
  if (selections.empty()) return kBadCall;
  const Selection& selection = selections.front();
  const auto found = app.installation.modules.find(selection.module->id);
  if (found == app.installation.modules.end() || found->second.bench_whole.empty()) {
    fmt::print(
        stderr,
        "kiln: {} has no benchmarks in this build: they need Google Benchmark (tools/setup) and the solutions.\n",
        selection.module->id);
    return kJudgeFailed;
  }
  // A file that does not compile, or is still a stub, is left to the reference.
  const TempDirectory directory("kiln-bench");
  LinkHere link;
  link.objects = compile_own(app, selection, app.installation.toolchain, directory.path(), false).objects;
  link.whole = found->second.bench_whole;
  link.libraries = found->second.bench;
  const auto program = directory.path() / "bench";
  if (!link_here(app.installation, link, program)) return kJudgeFailed;

  std::string filter;
  for (const Exercise* exercise : selection.exercises)
    for (const std::string& slot : exercise->slots) filter += (filter.empty() ? "" : "|") + slot;
  std::vector<std::string> command{program, "--benchmark_filter=(^|[^a-z_])(" + filter + ")([^a-z_]|$)"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_here(command) == 0 ? kWell : kJudgeFailed;
}

}  // namespace kiln::grader
