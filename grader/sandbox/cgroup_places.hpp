// Where this process stands in the cgroup hierarchies, read from /proc/self/mountinfo and /proc/self/cgroup.
#pragma once

#include <string>
#include <vector>

#include "grader/sandbox/cgroup.hpp"

namespace kiln::grader {

/// The hierarchies with a controller for memory or for processes; `home` is left empty.
std::vector<CgroupPlace> find_cgroup_places(const std::string& root);

}  // namespace kiln::grader
