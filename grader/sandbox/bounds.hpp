// Bounds: what holds the boxes of one run() as a whole, chosen by what this machine gives: cgroups, and the watcher for
// what no cgroup bounds.
#pragma once

#include <optional>
#include <string>

#include "grader/sandbox/cgroup.hpp"

namespace kiln::grader {

struct Bounds {
  CgroupBox box;                     ///< for the run, empty where there is none
  std::optional<GroupLimits> watch;  ///< for each box of the run; unset where cgroups bound it all
  std::string problem;               ///< a cgroup could be had, and failed: our fault
};

/// For a run that is one box, such as a tool's.
Bounds bound_box(const GroupLimits& limits);

/// For a program of ours that makes boxes: `whole` bounds it and them together, `each` every box. The group is divided,
/// so that a box may be put into a cgroup of its own below.
Bounds bound_program(const GroupLimits& whole, const GroupLimits& each);

}  // namespace kiln::grader
