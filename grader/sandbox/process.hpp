// run(): one child process from start to reaping, with limits, captured output and its real reason of death.
// Never waits busily, never leaks a descriptor, never leaves a member of the child's group, cgroup or box behind.
// Theory: README.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grader/sandbox/cgroup.hpp"
#include "grader/sandbox/limits.hpp"
#include "grader/sandbox/watcher.hpp"

namespace kiln::grader {

struct ProcessOptions {
  std::chrono::milliseconds wall_limit{0};              ///< 0: none
  std::size_t output_limit = std::size_t{1} << 20;      ///< bytes of stdout and stderr, together, that are kept
  Limits limits;                                        ///< inherited by all that the child starts
  std::string directory;                                ///< to start in; "" is the caller's
  std::optional<std::vector<std::string>> environment;  ///< "NAME=value"; unset is the caller's
  CgroupBox* box = nullptr;          ///< the child starts in it; finished, that is emptied and removed, at the end
  std::optional<GroupLimits> watch;  ///< of each box that the child is or makes, seen to by a Watcher
  std::vector<int> keep;             ///< descriptors that the child gets, under the same numbers
};

struct ProcessResult {
  enum class End {
    exited,       ///< `code` is its exit status
    signalled,    ///< `code` is the signal
    timed_out,    ///< it was still running at the wall limit, and was killed
    cancelled,    ///< request_stop() was called, and it was killed
    not_started,  ///< `code` is the errno, `output` says what failed: our fault or the machine's
  };
  End end = End::not_started;
  int code = 0;
  std::string output;      ///< stdout and stderr as they came; a line in it says what was cut
  bool truncated = false;  ///< whether something was cut
  double wall_seconds = 0;
  // Of the child and of what it waited for. bubblewrap waits for nobody: what runs in a box is not counted here.
  double cpu_seconds = 0;           ///< user and system
  std::int64_t peak_rss_bytes = 0;  ///< of the largest process among these

  Exceeded exceeded = Exceeded::nothing;  ///< limits of a whole box; the kernel or the watcher killed it for that
  GroupUsage usage;                       ///< of `box`

  bool ok() const { return end == End::exited && code == 0; }
  bool timed_out() const { return end == End::timed_out; }
  /// "exited with status 3", "was killed by signal 11 (Segmentation fault)", "was stopped after 2.0 s".
  std::string describe() const;
};

/// Runs `command` (searched in PATH where it has no slash) with an empty stdin, in a session of its own.
/// The child dies with the calling thread. Does not throw for what the child or the system does.
ProcessResult run(const std::vector<std::string>& command, const ProcessOptions& options = {});

/// The executable file that `name` means: itself where it has a slash, else the first in PATH; "" where there is none.
std::string find_program(const std::string& name);

}  // namespace kiln::grader
