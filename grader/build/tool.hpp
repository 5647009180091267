// One run of a compiler, linker or symbol lister in the toolchain's box, under limits, and what came of it.
// Without the box, for one's own code on a machine that cannot make one, the same command sees the whole system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "grader/build/toolchain.hpp"
#include "grader/sandbox/profile.hpp"

namespace kiln::grader {

/// Why something could not be built. The first four are the submission's doing.
enum class BuildProblem {
  none,
  compiler,   ///< the compiler or linker refused it
  contract,   ///< it compiles, but its object breaks the contract
  time,       ///< compiling took longer than it may
  memory,     ///< compiling took more memory than it may
  output,     ///< what came out is larger than it may be
  cancelled,  ///< request_stop() was called
  judge,      ///< our own side failed
};

struct BuildLimits {
  std::uint64_t cpu_seconds = 20;                       ///< of one compiler process; thrice that on the wall clock
  std::uint64_t memory_bytes = std::uint64_t{2} << 30;  ///< of a tool's box as a whole, its /tmp counted
  std::uint64_t tasks = 64;                             ///< processes and threads in the box
  std::uint64_t file_bytes = std::uint64_t{256} << 20;
  std::size_t words = 8 << 10;  ///< bytes of the tool's words that are kept
  bool boxed = true;            ///< false: only for code that the caller trusts
};

struct ToolRun {
  BuildProblem problem = BuildProblem::judge;
  std::string words;       ///< what the tool said, without the box's own paths
  bool truncated = false;  ///< whether some of it was cut
  double seconds = 0;      ///< on the wall clock
};

/// What the tool may see beside the system: see ToolchainBox. Absolute paths in the command are the box's.
struct ToolCall {
  std::vector<std::string> command;
  std::vector<Mount> mounts;
  std::vector<std::string> headers = {};
  std::string directory = "/";
};

ToolRun run_tool(const ToolCall& call, const Toolchain& toolchain, const BuildLimits& limits);

}  // namespace kiln::grader
