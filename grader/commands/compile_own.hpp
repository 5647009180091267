// Compiling a student's own files for a program that runs here: tests in process, benchmarks, milestones.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "grader/commands/app.hpp"

namespace kiln::grader {

struct OwnObjects {
  std::vector<std::string> objects;
  bool any_failed = false;  ///< a file does not compile
};

/// Compiles the selection's files into `directory`. One that does not compile is left out and told on stderr, with the
/// compiler's words where `diagnostics`.
OwnObjects compile_own(const App& app, const Selection& selection, const Toolchain& toolchain,
                       const std::filesystem::path& directory, bool diagnostics);

/// The same of several modules, for a program that needs them all. Objects are kept beside `kiln` until a file, a
/// public header or the toolchain changes; says on stderr, where it takes a while, that it compiles.
OwnObjects compile_own(const App& app, const std::vector<Selection>& selections,
                       const std::filesystem::path& directory);

}  // namespace kiln::grader
