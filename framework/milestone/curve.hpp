// A curve drawn with characters, for a terminal.
#pragma once

#include <string>
#include <vector>

namespace kiln::milestone {

/// `values` from left to right over `height` lines, at most `width` columns wide: more values than columns are averaged
/// in groups. The axis is linear from 0 to the largest finite value; what is not finite is drawn as '!' on top.
/// "" where there is no value.
std::string draw_curve(const std::vector<double>& values, int width = 60, int height = 8);

}  // namespace kiln::milestone
