// How the sanitizers' runtime is set up in a worker: its switches, its limit on memory, and the libraries it needs.
// Used by the sanitized worker's box, and without a box as words of `env`.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kiln::grader {

/// Exit status of a worker that a sanitizer ended with a report. No kernel has a reason to use it.
inline constexpr int kSanitizerStatus = 86;

/// Variables of the environment, name and value. The runtime ends the process at the first error, and where more than
/// `memory_mb` and its own overhead are in use.
std::vector<std::pair<std::string, std::string>> sanitizer_environment(std::uint64_t memory_mb);

/// Host paths of the loader and the parts of the C library that a program needs whose sanitizers are linked in.
std::vector<std::string> sanitizer_libraries();

}  // namespace kiln::grader
