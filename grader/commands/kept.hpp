// What was found out about a student's file is kept beside `kiln` until the file, a public header or the toolchain
// changes: its object, and the state of its kernels.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "grader/commands/app.hpp"

namespace kiln::grader {

class Kept {
 public:
  explicit Kept(const App& app);

  /// The path under which something about the exercise's file, as it is now, is kept; `ending` says what: ".o".
  std::filesystem::path place(const Module& module, const Exercise& exercise, const std::string& ending) const;

 private:
  const App& app_;
  std::string about_;  ///< all that counts beside the file
};

/// Writes `content` to a place, and drops what earlier versions of the file left a day ago or more: what is younger,
/// another run may be about to use. False where it cannot be written.
bool keep(const std::filesystem::path& place, std::string_view content);

}  // namespace kiln::grader
