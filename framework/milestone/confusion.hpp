// A confusion matrix drawn with characters, for a terminal.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kiln::milestone {

/// A row a class of the truth and a column a class that was said, both numbered; rows carry the names too. 0 is drawn
/// as '.', so that mistakes stand out. counts is (classes, classes).
std::string draw_confusion(const std::vector<std::string>& classes, std::span<const std::int64_t> counts);

}  // namespace kiln::milestone
