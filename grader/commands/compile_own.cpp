// One request a file, by the grader's own path.
#include "grader/commands/compile_own.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "grader/build/compile.hpp"

namespace kiln::grader {

OwnObjects compile_own(const App& app, const Selection& selection, const Toolchain& toolchain,
                       const std::filesystem::path& directory, bool diagnostics) {
  std::vector<CompileRequest> requests;
  for (const Exercise* exercise : selection.exercises) {
    CompileRequest request;
    request.file = exercise->file;
    request.source = read_file(app.installation.stub(selection.module->id, exercise->file)).value_or("");
    request.kernels = exercise->slots;
    request.headers = selection.module->headers;
    requests.push_back(std::move(request));
  }
  BuildLimits limits;
  limits.boxed = sandbox_for_own_code();
  std::filesystem::create_directories(directory);
  const auto compiled = compile_many(requests, toolchain, directory, processors(), limits);
  OwnObjects own;
  for (std::size_t i = 0; i < compiled.size(); ++i) {
    if (compiled[i].ok()) {
      own.objects.push_back(compiled[i].object);
      continue;
    }
    own.any_failed = true;
    fmt::print(stderr, "{} does not compile and is left out", requests[i].file);
    if (diagnostics)
      fmt::print(stderr, ":\n{}\n", app.out.safe_lines(compiled[i].diagnostics));
    else
      fmt::print(stderr, "; `kiln check {}` tells why.\n", selection.exercises[i]->id);
  }
  return own;
}

}  // namespace kiln::grader
