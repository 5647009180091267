// The system-call filters, made with libseccomp and handed to bubblewrap as a file of BPF instructions.
// The worker's is an allow list, the toolchain's a deny list. Theory: README.md.
#pragma once

#include <string>

#include "grader/sandbox/descriptor.hpp"

namespace kiln::grader {

enum class FilterKind {
  worker,          ///< what a static program without threads needs; all else raises SIGSYS
  worker_threads,  ///< the same, and pthread_create
  sanitized,       ///< the same, and what the sanitizers' runtime asks, files for reading; all else fails with EPERM
  toolchain,       ///< everything but what reaches the kernel's far corners; that fails with EPERM
};

/// A filter in an anonymous file that reads from its start; or why there is none.
/// The descriptor is close-on-exec: whoever execs bubblewrap must keep it.
struct Filter {
  Descriptor file;
  std::string problem;
};

Filter make_filter(FilterKind kind);

}  // namespace kiln::grader
