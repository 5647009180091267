// The parts of lint: each proves one promise of a module and tells what breaks it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "grader/commands/app.hpp"

namespace kiln::grader {

/// What one proof found: lines for the author, and what is wrong.
struct Proof {
  std::string title;                  ///< "stubs score 0"
  std::vector<std::string> problems;  ///< empty: proven
  std::vector<std::string> facts;     ///< figures worth seeing
};

/// The headers that variants share, compiled once; "" where that fails: variants then compile without.
std::filesystem::path precompile_headers(const App& app, const std::filesystem::path& directory);

/// Every file in wrong/ is named in module.toml, compiles, and is caught by the test that it names. All variants of the
/// module link into one worker. `precompiled` is what precompile_headers gave.
Proof prove_variants(const App& app, const Module& module, const std::filesystem::path& directory,
                     const std::filesystem::path& precompiled);

}  // namespace kiln::grader
