// The first half of run(): fork, set up the child, exec. Everything that allocates happens before the fork.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "grader/sandbox/descriptor.hpp"
#include "grader/sandbox/process.hpp"

namespace kiln::grader {

/// A started child, or why there is none.
struct Spawned {
  pid_t pid = -1;
  Descriptor handle;    ///< pidfd: readable once the child has ended
  Descriptor output;    ///< reading end of its stdout and stderr, non-blocking
  int error = 0;        ///< errno where it did not start
  std::string problem;  ///< what failed then
};

Spawned spawn(const std::vector<std::string>& command, const ProcessOptions& options);

}  // namespace kiln::grader
