// One submitted file becomes one object file, in the toolchain's box, and its symbols are checked.
// Never throws for what a submission does: a result says what went wrong, and whose fault it was.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "grader/build/tool.hpp"
#include "grader/build/toolchain.hpp"

namespace kiln::grader {

struct CompileRequest {
  std::string file;                       ///< "matmul.cpp": no directory
  std::string source;                     ///< its text, untrusted
  std::vector<std::string> kernels;       ///< what it may define in kiln::student
  std::vector<std::string> headers = {};  ///< third-party headers that it may include: names below /usr/include
};

struct CompileResult {
  BuildProblem problem = BuildProblem::judge;
  std::filesystem::path object;  ///< where problem is none
  std::string diagnostics;       ///< the compiler's words (warnings too), or the breaches; no path of the host
  double seconds = 0;

  bool ok() const { return problem == BuildProblem::none; }
};

/// Compiles in `directory`/<file without .cpp>, which is made, and which nothing else must use. The box sees that
/// directory, the public headers, the compiler and the headers of the C++ library.
CompileResult compile_exercise(const CompileRequest& request, const Toolchain& toolchain,
                               const std::filesystem::path& directory, const BuildLimits& limits = {});

/// The same for many files of different names, `jobs` at a time; results in the order of the requests.
std::vector<CompileResult> compile_many(const std::vector<CompileRequest>& requests, const Toolchain& toolchain,
                                        const std::filesystem::path& directory, unsigned jobs,
                                        const BuildLimits& limits = {});

}  // namespace kiln::grader
