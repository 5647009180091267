// The boxes as bubblewrap command lines: the worker's empty root, and the toolchain's read-only system.
// Nothing of the host is visible inside but what stands here. Theory: README.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kiln::grader {

/// Exit status of kiln-sandbox where the machine cannot give a sandbox: the judge's fault, never the worker's.
inline constexpr int kNoSandbox = 120;

/// A static program, alone in an empty read-only root as /worker. Descriptors that are not close-on-exec stay open.
struct WorkerBox {
  std::string bubblewrap;              ///< absolute path
  std::string worker;                  ///< static executable on the host
  std::vector<std::string> arguments;  ///< after argv[0]
  int filter = -1;                     ///< descriptor of the system-call filter
};
std::vector<std::string> command_line(const WorkerBox& box);

/// A worker with sanitizers: a dynamic program beside its loader and the C library, with /proc of its own namespace, in
/// which it is the only process. The program is copied in, so that no path of the host stands in its list of mounts.
struct SanitizedBox {
  std::string bubblewrap;              ///< absolute path
  int worker = -1;                     ///< descriptor of the executable, open for reading
  std::vector<std::string> arguments;  ///< after argv[0]
  std::uint64_t memory_mb = 0;
  int filter = -1;  ///< descriptor of the system-call filter
};
std::vector<std::string> command_line(const SanitizedBox& box);

/// A host path that the toolchain sees, under another name.
struct Mount {
  std::string host, inside;
  bool writable = false;
};

/// Compiler, linker and their libraries read-only, the headers of the C and C++ libraries only, a scratch /tmp.
struct ToolchainBox {
  std::string bubblewrap;
  std::vector<std::string> command;          ///< with paths as seen inside
  std::vector<Mount> mounts;                 ///< what it works on
  std::vector<std::string> headers;          ///< further names below /usr/include that it may read ("xsimd")
  std::vector<std::string> system;           ///< further host paths, bound under their own names (a compiler in /opt)
  std::string directory = "/";               ///< to start in, as seen inside
  std::uint64_t scratch_bytes = 256u << 20;  ///< size of /tmp, which is memory
  int filter = -1;
};
std::vector<std::string> command_line(const ToolchainBox& box);

/// Names below /usr/include that belong to the C and C++ libraries and the kernel; the rest stays outside.
const std::vector<std::string>& system_headers();

}  // namespace kiln::grader
