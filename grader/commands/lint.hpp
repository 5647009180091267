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

/// Every file in wrong/ is named in module.toml, compiles, and is caught by the test that it names. All variants of the
/// module link into one worker.
Proof prove_variants(const App& app, const Module& module, const std::filesystem::path& directory);

}  // namespace kiln::grader
