// What the store's files share: values as the tables hold them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "grader/book/grades.hpp"
#include "grader/record/json.hpp"
#include "grader/record/result.hpp"

namespace kiln::grader {

/// The moment, in seconds since 1970 UTC.
inline UnixSeconds now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Lines of text as one value, and back.
std::string lines_of(const std::vector<std::string>& lines);
std::vector<std::string> lines_from(const std::string& text);

}  // namespace kiln::grader
