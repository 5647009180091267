// A submission's objects and the prebuilt files become one static worker, in the toolchain's box.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "grader/build/tool.hpp"
#include "grader/build/toolchain.hpp"

namespace kiln::grader {

/// An object that could not be linked, and why.
struct LinkFault {
  std::filesystem::path object;
  std::string diagnostics;
};

struct LinkResult {
  BuildProblem problem = BuildProblem::judge;  ///< none: there is a worker, with all objects but the faulty ones
  std::vector<LinkFault> faults;               ///< each costs its own exercise alone
  std::string diagnostics;                     ///< where there is no worker
  double seconds = 0;

  bool ok() const { return problem == BuildProblem::none; }
};

/// Links `objects`, of different file names, with the toolchain's link inputs into `worker`. Where that fails, finds
/// the objects that are to blame by adding one at a time, and links the others.
LinkResult link_worker(const std::vector<std::filesystem::path>& objects, const Toolchain& toolchain,
                       const std::filesystem::path& worker, const BuildLimits& limits = {});

}  // namespace kiln::grader
