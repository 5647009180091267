// The processors that this process may use.
#pragma once

#include <vector>

namespace kiln::grader {

/// Their numbers; {-1}, any, where they cannot be asked for.
std::vector<int> processor_numbers();

}  // namespace kiln::grader
