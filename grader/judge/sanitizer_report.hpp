// What a sanitizer printed before it ended a worker, as a Finding.
// The kernel prints to the same place, so nothing in here is believed but what harms the kernel itself: a finding lies
// in the submission's own file, and its text is rebuilt from lines of known shape, without addresses and paths.
#pragma once

#include <string_view>

#include "grader/record/result.hpp"

namespace kiln::grader {

struct SanitizerReport {
  enum class Kind {
    finding,    ///< in the submission's file
    foreign,    ///< a report that names no line of the submission's file
    exhausted,  ///< the instrumented worker ran out of memory
    unable,     ///< the sanitizer itself could not run: `finding.text` says how
    silent,     ///< no report at all, although the worker ended with the sanitizers' status
  };
  Kind kind = Kind::silent;
  Finding finding;
};

/// Reads the last report in `output`, of a worker that ended with kSanitizerStatus. `file` is "matmul.cpp".
SanitizerReport read_sanitizer_report(std::string_view output, std::string_view file);

}  // namespace kiln::grader
