// One request a file, by the grader's own path; what was compiled before is kept.
#include "grader/commands/compile_own.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "grader/build/compile.hpp"
#include "grader/commands/kept.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

CompileRequest request_of(const App& app, const Module& module, const Exercise& exercise) {
  CompileRequest request;
  request.file = exercise.file;
  request.source = read_file(app.installation.stub(module.id, exercise.file)).value_or("");
  request.kernels = exercise.slots;
  request.headers = module.headers;
  return request;
}

std::vector<CompileResult> compile(const std::vector<CompileRequest>& requests, const Toolchain& toolchain,
                                   const fs::path& directory) {
  BuildLimits limits;
  limits.boxed = sandbox_for_own_code();
  fs::create_directories(directory);
  return compile_many(requests, toolchain, directory, processors(), limits);
}

/// The place of one that was kept, or `object` itself where it cannot be.
fs::path keep_object(const fs::path& object, const fs::path& place) {
  const auto content = read_file(object);
  return content && keep(place, *content) ? place : object;
}

}  // namespace

OwnObjects compile_own(const App& app, const Selection& selection, const Toolchain& toolchain,
                       const fs::path& directory, bool diagnostics) {
  std::vector<CompileRequest> requests;
  for (const Exercise* exercise : selection.exercises)
    requests.push_back(request_of(app, *selection.module, *exercise));
  const auto compiled = compile(requests, toolchain, directory);
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

OwnObjects compile_own(const App& app, const std::vector<Selection>& selections, const fs::path& directory) {
  const Kept kept(app);
  OwnObjects own;
  std::vector<std::pair<Selection, std::vector<fs::path>>> missing;
  std::size_t count = 0;
  for (const Selection& selection : selections) {
    Selection rest{selection.module, {}};
    std::vector<fs::path> places;
    for (const Exercise* exercise : selection.exercises) {
      const fs::path place = kept.place(*selection.module, *exercise, ".o");
      if (fs::exists(place)) {
        own.objects.push_back(place);
      } else {
        rest.exercises.push_back(exercise);
        places.push_back(place);
      }
    }
    count += places.size();
    if (!places.empty()) missing.emplace_back(std::move(rest), std::move(places));
  }
  constexpr std::size_t kAWhile = 4;
  if (count > kAWhile) fmt::print(stderr, "compiling {} files of modules/ (kept for the next time)\n", count);

  for (const auto& [selection, places] : missing) {
    const fs::path folder = directory / selection.module->id;
    const OwnObjects made = compile_own(app, selection, app.installation.toolchain, folder, false);
    own.any_failed |= made.any_failed;
    for (const std::string& object : made.objects) {
      // An object lies in a folder named as its file.
      const std::string stem = fs::path(object).parent_path().filename();
      for (std::size_t i = 0; i < places.size(); ++i)
        if (fs::path(selection.exercises[i]->file).stem() == stem)
          own.objects.push_back(keep_object(object, places[i]));
    }
  }
  return own;
}

}  // namespace kiln::grader
