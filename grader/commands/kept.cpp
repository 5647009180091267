// Names that change with whatever they depend on.
#include "grader/commands/kept.hpp"

#include <fmt/format.h>

#include <chrono>
#include <functional>

#include "kiln/whole_file.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

/// When a public header changed last: what is older knew another contract.
std::string newest_header(const Toolchain& toolchain) {
  fs::file_time_type newest = fs::file_time_type::min();
  std::error_code error;
  for (const std::string& folder : toolchain.include_directories)
    for (const auto& entry : fs::recursive_directory_iterator(folder, error))
      newest = std::max(newest, entry.last_write_time(error));
  return std::to_string(newest.time_since_epoch().count());
}

}  // namespace

Kept::Kept(const App& app) : app_(app), about_(newest_header(app.installation.toolchain)) {
  const Toolchain& toolchain = app.installation.toolchain;
  about_ += '\n' + toolchain.version;
  for (const auto* words : {&toolchain.compiler, &toolchain.kernel_flags})
    for (const std::string& word : *words) about_ += '\n' + word;
}

fs::path Kept::place(const Module& module, const Exercise& exercise, const std::string& ending) const {
  std::string all = about_ + '\n' + read_file(app_.installation.stub(module.id, exercise.file)).value_or("");
  for (const auto* words : {&exercise.slots, &module.headers})
    for (const std::string& word : *words) all += '\n' + word;
  return app_.installation.kept_objects /
         fmt::format("{}-{}-{:016x}{}", module.id, exercise.id, std::hash<std::string>{}(all), ending);
}

bool keep(const fs::path& place, std::string_view content) {
  std::error_code error;
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(24);
  const std::string name = place.filename(), family = name.substr(0, name.rfind('-') + 1);
  for (const auto& entry : fs::directory_iterator(place.parent_path(), error))
    if (entry.path().filename().string().starts_with(family) && entry.last_write_time(error) < old)
      fs::remove(entry.path(), error);
  return !write_atomically(place, content);
}

}  // namespace kiln::grader
