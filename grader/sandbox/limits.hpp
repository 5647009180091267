// Resource limits of a process, as the kernel enforces them (setrlimit). They are inherited and can only sink.
#pragma once

#include <cstdint>
#include <optional>

namespace kiln::grader {

/// What is unset stays as it is. A core dump is never written.
struct Limits {
  std::optional<std::uint64_t> address_space;  ///< bytes, of each process
  std::optional<std::uint64_t> data_bytes;     ///< private memory that can be written, of each process
  std::optional<std::uint64_t> cpu_seconds;    ///< of each process; SIGXCPU, then SIGKILL a second later
  std::optional<std::uint64_t> file_bytes;     ///< largest file that may be written; SIGXFSZ beyond
  std::optional<std::uint64_t> open_files;     ///< highest descriptor number that may be opened, plus one
  std::optional<std::uint64_t> stack_bytes;    ///< of the main thread
  std::optional<std::uint64_t> processes;  ///< of the user in his namespace, threads counted; without force for root
};

/// Sets the limits on the calling process. A hard limit that is already lower stays. Returns 0 or the errno of the
/// first that failed. Safe between fork and exec.
int apply(const Limits& limits);

}  // namespace kiln::grader
