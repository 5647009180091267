// bench: the module's Google Benchmark program with the student's kernels linked in beside the reference's.
#include <fmt/format.h>

#include <cstdio>

#include "grader/build/compile.hpp"
#include "grader/build/temp_directory.hpp"
#include "grader/commands/commands.hpp"
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
  std::vector<CompileRequest> requests;
  for (const Exercise* exercise : selection.exercises) {
    CompileRequest request;
    request.file = exercise->file;
    request.source = read_file(app.installation.stub(selection.module->id, exercise->file)).value_or("");
    request.kernels = exercise->slots;
    request.headers = selection.module->headers;
    requests.push_back(std::move(request));
  }
  const TempDirectory directory("kiln-bench");
  LinkHere link;
  BuildLimits limits;
  limits.boxed = sandbox_for_own_code();
  const auto compiled = compile_many(requests, app.installation.toolchain, directory.path(), processors(), limits);
  for (std::size_t i = 0; i < compiled.size(); ++i) {
    if (compiled[i].ok())
      link.objects.push_back(compiled[i].object);
    else
      fmt::print(stderr, "{} does not compile and is left out; `kiln check {}` tells why.\n", requests[i].file,
                 selection.exercises[i]->id);
  }
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
