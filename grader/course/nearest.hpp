// The name that a mistyped one was meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kiln::grader {

/// The candidate with the least edit distance to `word`, where that is small beside the word's length; else "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace kiln::grader
