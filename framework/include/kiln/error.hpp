// Error: the one exception type of the framework, with its kind.
// Across the worker's line every failure arrives as this type, so a test can ask for the kind.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace kiln {

enum class ErrorKind {
  invalid_argument,  ///< the caller passed what the contract forbids
  broken_promise,    ///< an internal KILN_CHECK failed
  stub,              ///< the kernel is not written yet: STUB() was reached
  missing,           ///< the kernel has no definition
  exception,         ///< the kernel threw something else
  memory,            ///< the kernel ran out of the memory it may use
  out_of_bounds,     ///< the kernel wrote outside its output
  crash,             ///< the worker died of a signal inside the kernel
  timeout,           ///< the kernel used up its time
  exited,            ///< the worker ended by itself (exit, abort, _exit) inside the kernel
  violation,         ///< the kernel asked for what the sandbox forbids
  protocol,          ///< the worker's answer is not what the protocol allows
  judge,             ///< our own side failed; never the kernel's fault
};

/// The kind's name as written above.
std::string_view to_string(ErrorKind kind);

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace kiln
