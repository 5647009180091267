// The words of errors and failed checks.
#include "kiln/error.hpp"

#include <cstdio>

#include "kiln/check.hpp"

namespace kiln {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument: return "invalid_argument";
    case ErrorKind::broken_promise: return "broken_promise";
    case ErrorKind::stub: return "stub";
    case ErrorKind::missing: return "missing";
    case ErrorKind::exception: return "exception";
    case ErrorKind::memory: return "memory";
    case ErrorKind::out_of_bounds: return "out_of_bounds";
    case ErrorKind::crash: return "crash";
    case ErrorKind::timeout: return "timeout";
    case ErrorKind::exited: return "exited";
    case ErrorKind::violation: return "violation";
    case ErrorKind::protocol: return "protocol";
    case ErrorKind::judge: return "judge";
  }
  return "unknown";
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (int i = 0; i < shape.rank(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + ")";
}

void Shape::throw_rank_error() {
  throw Error(ErrorKind::invalid_argument,
              "a shape has at most " + std::to_string(kMaxRank) + " dimensions, one more was appended");
}

namespace detail {

std::string show(bool value) { return value ? "true" : "false"; }
std::string show(long long value) { return std::to_string(value); }
std::string show(unsigned long long value) { return std::to_string(value); }

std::string show(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

void fail_check(const char* expression, const std::string& sides, const char* file, int line) {
  std::string text = std::string(file) + ":" + std::to_string(line) + ": broken promise: " + expression;
  if (!sides.empty()) text += " (" + sides + ")";
  throw Error(ErrorKind::broken_promise, text);
}

void fail_require(const std::string& message, const char* expression, const std::string& sides) {
  std::string text = message + ": expected " + expression;
  if (!sides.empty()) text += ", but " + sides;
  throw Error(ErrorKind::invalid_argument, text);
}

}  // namespace detail
}  // namespace kiln
