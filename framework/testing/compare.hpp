// Comparison of a kernel's output with an oracle's, within a tolerance derived from the arithmetic.
// |error| <= factor * terms * eps * magnitude, where magnitude is the sum of the absolute values that were added
// (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 3.1).
#pragma once

#include <functional>

#include "kiln/error.hpp"
#include "testing/array64.hpp"

namespace kiln::testing {

class Operand;

/// What an oracle says of an output.
struct Expected {
  Array64 value;
  Array64 magnitude;  ///< sum |terms| an element; empty (rank 0 with no values): the result must be exact
  double terms = 1;   ///< how many roundings an element sees, at most
};

/// An output that must be bit-exact (any NaN equals any NaN, and 0 equals -0).
Expected exact(Array64 value);

/// Reports (as a GoogleTest failure) the first bad index, expected, got, worst error in ULP, and how many are bad.
/// NaN must meet NaN, infinities must agree. `factor` is the exercise's tolerance factor from module.toml.
void expect_close(const Operand& actual, const Expected& expected, double factor = 2.0);
void expect_close(ConstView actual, const Expected& expected, double factor = 2.0);

/// Expects `call` to throw Error(kind). `situation` says what was wrong with the input: "inner extents differ".
void expect_error(ErrorKind kind, const std::string& situation, const std::function<void()>& call);

/// Expects two shapes to be equal.
void expect_shape(const std::string& what, const Shape& actual, const Shape& expected);

/// Units in the last place between two floats; huge where only one is NaN.
double ulp_distance(float a, float b);

}  // namespace kiln::testing
