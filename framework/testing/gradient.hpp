// Central differences in double: the proof that an oracle's gradient is the derivative of what it says it is.
// d(sum(cotangent * f)) / dx is measured at three steps, and extrapolated twice (Ridders, "Accurate computation of
// F'(x) and F'(x)F''(x)", 1982); how far the two disagree, and the roundings of f, give the tolerance.
// An element costs six calls of f. Where f has a kink within the step (relu at 0, a tie of max) nothing is proven.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kiln/random.hpp"
#include "testing/array64.hpp"

namespace kiln::testing {

/// A function of arrays, computed in double. Values that stand for float operands may be given as Operand::values().
using Function64 = std::function<Array64(const std::vector<Array64>& inputs)>;

/// Values uniform in [low, high), each a float, so that a kernel could be given the same.
Array64 random_array64(const Shape& shape, Random& random, float low = -1.0f, float high = 1.0f);

/// sum over i of a[i] * b[i]; both of one shape.
double dot(const Array64& a, const Array64& b);

/// What central differences say of one number.
struct Difference {
  double value = 0;
  double error = 0;  ///< how far from the true derivative it may be, at most
};

/// The derivative of `f` at 0, for f of about unit scale there: steps are 2^-10 and smaller. `noise` bounds the
/// absolute error of one value of f.
Difference central_difference(const std::function<double(double)>& f, double noise);

/// How exact f and the oracle are, where the defaults do not fit.
struct GradientOptions {
  double roundings = 64;  ///< each output of f errs by at most so many eps (of double) of max(1, |output|)
  double slack = 0;       ///< error allowed besides: of an oracle that was given what is rounded to float
};

/// Expects gradient = d(sum(cotangent * f(inputs))) / d(inputs[by]), element by element. `what` names it in a failure:
/// "mul_backward by a". `cotangent` has the shape of f(inputs), `gradient` that of inputs[by].
void expect_gradient(const std::string& what, const Function64& f, const std::vector<Array64>& inputs, std::size_t by,
                     const Array64& cotangent, const Array64& gradient, const GradientOptions& options = {});

/// The same along `directions` random directions in place of each element: for large inputs, such as the weights of a
/// network. gradients[i] is by inputs[i]; each direction moves all inputs together.
void expect_gradients_along(const std::string& what, const Function64& f, const std::vector<Array64>& inputs,
                            const Array64& cotangent, const std::vector<Array64>& gradients, int directions,
                            Random& random, const GradientOptions& options = {});

}  // namespace kiln::testing
