// One request a file, by the grader's own path; what was compiled before is kept.
#include "grader/commands/compile_own.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <functional>

#include "grader/build/compile.hpp"
#include "kiln/whole_file.hpp"

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

/// When a public header changed last: objects that are older know another contract.
std::string newest_header(const Toolchain& toolchain) {
  fs::file_time_type newest = fs::file_time_type::min();
  std::error_code error;
  for (const std::string& folder : toolchain.include_directories)
    for (const auto& entry : fs::recursive_directory_iterator(folder, error))
      newest = std::max(newest, entry.last_write_time(error));
  return std::to_string(newest.time_since_epoch().count());
}

/// Where the object of a request is kept.
class Kept {
 public:
  explicit Kept(const App& app)
      : folder_(app.installation.kept_objects), about_(newest_header(app.installation.toolchain)) {
    const Toolchain& toolchain = app.installation.toolchain;
    for (const auto* words : {&toolchain.compiler, &toolchain.kernel_flags})
      for (const std::string& word : *words) about_ += '\n' + word;
    about_ += '\n' + toolchain.version;
  }
  fs::path place(const Module& module, const CompileRequest& request) const {
    std::string all = about_ + '\n' + request.file + '\n' + request.source;
    for (const auto* words : {&request.kernels, &request.headers})
      for (const std::string& word : *words) all += '\n' + word;
    const std::string stem = fs::path(request.file).stem();
    return folder_ / fmt::format("{}-{}-{:016x}.o", module.id, stem, std::hash<std::string>{}(all));
  }

 private:
  fs::path folder_;
  std::string about_;
};

/// Puts one file's object by, and drops what earlier versions of it left a day ago or more: what is younger, another
/// run may be about to link. Gives the place, or `object` itself where it cannot be kept.
fs::path keep(const fs::path& object, const fs::path& place) {
  std::error_code error;
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(24);
  const std::string name = place.filename(), family = name.substr(0, name.rfind('-') + 1);
  for (const auto& entry : fs::directory_iterator(place.parent_path(), error))
    if (entry.path().filename().string().starts_with(family) && entry.last_write_time(error) < old)
      fs::remove(entry.path(), error);
  const auto content = read_file(object);
  return content && !write_atomically(place, *content) ? place : object;
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
      const fs::path place = kept.place(*selection.module, request_of(app, *selection.module, *exercise));
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
        if (fs::path(selection.exercises[i]->file).stem() == stem) own.objects.push_back(keep(object, places[i]));
    }
  }
  return own;
}

}  // namespace kiln::grader
