// Where a step's time goes, as a flame chart that hangs: a row a level, a box a part, as wide as the time in it.
#pragma once

#include <string>

#include "profile/summary.hpp"

namespace kiln::profile {

/// An SVG. What no box covers is time outside of kernels. `steps` is how many the summary sums up, at least 1.
std::string flame_chart(const Summary& summary, std::int64_t steps, const std::string& title);

}  // namespace kiln::profile
