// Programs that hold a student's kernels beside parts of ours: linked and run outside the sandbox, by the student's own
// wish (in-process tests, benchmarks).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "grader/judge/installation.hpp"

namespace kiln::grader {

struct LinkHere {
  std::vector<std::string> objects;
  std::vector<std::string> whole;      ///< archives whose every object is linked: they register themselves
  std::vector<std::string> libraries;  ///< archives and flags that follow
};

/// Links `program`; false, with the linker's words on stderr, where that fails.
bool link_here(const Installation& installation, const LinkHere& link, const std::filesystem::path& program);

/// Runs a command on this terminal and waits. Its exit status, 128 + N where signal N ended it.
int run_here(const std::vector<std::string>& command);

}  // namespace kiln::grader
