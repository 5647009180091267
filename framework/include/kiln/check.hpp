// Checks that print both sides: KILN_REQUIRE for bad input, KILN_CHECK for promises of our own.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>

#include "kiln/error.hpp"
#include "kiln/shape.hpp"
#include "kiln/view.hpp"

namespace kiln::detail {

std::string show(bool value);
std::string show(long long value);
std::string show(unsigned long long value);
std::string show(double value);
inline std::string show(const Shape& value) { return to_string(value); }
template <class T>
std::string show(const BasicView<T>& value) {
  return to_string(value);
}
inline std::string show(std::string_view value) { return '"' + std::string(value) + '"'; }
template <std::signed_integral T>
std::string show(T value) {
  return show(static_cast<long long>(value));
}
template <std::unsigned_integral T>
std::string show(T value) {
  return show(static_cast<unsigned long long>(value));
}
template <class T>
requires std::is_enum_v<T> std::string show(T value) { return show(static_cast<long long>(value)); }
template <std::floating_point T>
std::string show(T value) {
  return show(static_cast<double>(value));
}

[[noreturn]] void fail_check(const char* expression, const std::string& sides, const char* file, int line);
[[noreturn]] void fail_require(const std::string& message, const char* expression, const std::string& sides);

/// What is left of a comparison after its left side was read; converts to bool, keeps both sides for the message.
struct Outcome {
  bool passed;
  std::string sides;
};

template <class L>
struct Left {
  const L& left;
  template <class R>
  Outcome compare(bool passed, const R& right) const {
    return {passed, passed ? std::string() : "left is " + show(left) + ", right is " + show(right)};
  }
  template <class R>
  Outcome operator==(const R& right) const {
    return compare(left == right, right);
  }
  template <class R>
  Outcome operator!=(const R& right) const {
    return compare(!(left == right), right);
  }
  template <class R>
  Outcome operator<(const R& right) const {
    return compare(left < right, right);
  }
  template <class R>
  Outcome operator<=(const R& right) const {
    return compare(left <= right, right);
  }
  template <class R>
  Outcome operator>(const R& right) const {
    return compare(left > right, right);
  }
  template <class R>
  Outcome operator>=(const R& right) const {
    return compare(left >= right, right);
  }
  operator Outcome() const { return {static_cast<bool>(left), std::string()}; }
};

struct Decompose {
  template <class L>
  Left<L> operator<=(const L& left) const {
    return {left};
  }
};

}  // namespace kiln::detail

/// Evaluates a comparison once and keeps both sides. `a && b` and `a || b` need parentheses of their own.
#define KILN_OUTCOME(...)                                                                      \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wparentheses\"")           \
      const ::kiln::detail::Outcome kiln_outcome = ::kiln::detail::Decompose{} <= __VA_ARGS__; \
  _Pragma("GCC diagnostic pop")

/// A promise inside our own code: throws Error(broken_promise) with both sides, file and line.
#define KILN_CHECK(...)                                                                                         \
  do {                                                                                                          \
    KILN_OUTCOME(__VA_ARGS__)                                                                                   \
    if (!kiln_outcome.passed) ::kiln::detail::fail_check(#__VA_ARGS__, kiln_outcome.sides, __FILE__, __LINE__); \
  } while (false)

/// A demand on the caller's input: throws Error(invalid_argument) with `message` and both sides.
///   KILN_REQUIRE("matmul: inner dimensions differ", a.shape[1] == b.shape[0]);
#define KILN_REQUIRE(message, ...)                                                                     \
  do {                                                                                                 \
    KILN_OUTCOME(__VA_ARGS__)                                                                          \
    if (!kiln_outcome.passed) ::kiln::detail::fail_require(message, #__VA_ARGS__, kiln_outcome.sides); \
  } while (false)
