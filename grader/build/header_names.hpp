// The identifiers that the public headers hold: what a submission may carry inline copies of.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace kiln::grader {

using Names = std::set<std::string, std::less<>>;

/// Every word of C++ in the *.hpp files below `directories`, comments left out. Unreadable files count as empty.
Names header_names(const std::vector<std::string>& directories);

}  // namespace kiln::grader
