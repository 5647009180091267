// journey: one kernel from textbook loops to the library, the student's own among the rungs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "grader/commands/commands.hpp"
#include "grader/commands/link_and_run.hpp"

namespace kiln::grader {

int journey(const App& app, const std::string& kernel, const std::vector<std::string>& arguments) {
  constexpr std::array<const char*, 2> kKernels{"matmul", "conv2d"};
  if (std::ranges::find(kKernels, kernel) == kKernels.end()) {
    fmt::print(stderr, "kiln: there is no journey of \"{}\"; there are those of {}\n", kernel,
               fmt::join(kKernels, " and "));
    return kBadCall;
  }
  if (app.installation.journey.whole.empty()) {
    fmt::print(stderr, "kiln: this build has not got the journey: it needs the reference's kernels.\n");
    return kJudgeFailed;
  }
  std::vector<std::string> words{kernel};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return link_and_run(app, app.installation.journey, words, "journey");
}

}  // namespace kiln::grader
