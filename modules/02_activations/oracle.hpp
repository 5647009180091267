// What module 02's kernels should answer, computed in double, plainly, and without any of the kernels' code.
// Every oracle reads a view of any strides and returns the value and, as the magnitude, what the roundings of a float
// kernel may add up to, in eps. A result may be a subnormal, whose spacing is eps times the least normal float: that
// float belongs to the magnitudes.
#pragma once

#include "kiln/kernels/activations.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Expected;

/// Exact: nothing is computed.
Expected relu(ConstView in);

/// Relative to the result; exp, an addition and a division err by an eps each, at most.
Expected sigmoid(ConstView in);

/// Relative to the result; expm1, an addition and a division err by an eps each, at most.
Expected tanh(ConstView in);

/// Relative to |in|, as Phi is a probability. Its argument is rounded twice, which moves x Phi(x) by less than |x| / 4
/// each; erf or erfc, an addition and two products follow: 4 of |in|.
Expected gelu(ConstView in);

/// Relative to |in|. tanh's argument u is rounded 7 times, each of which moves tanh(u) by less than eps / 2, and half
/// of it counts; tanh, an addition and two products follow: 6 of |in|.
Expected gelu_tanh(ConstView in);

/// Relative to the result p: a sum of n terms errs by n, each exp by 1 and, since in - maximum is rounded, by that
/// distance; a division follows. n + 4 + distance of p.
Expected softmax(ConstView in);

/// The sum of n terms errs by n of itself, and its logarithm by as much in absolute terms; the logarithm and two
/// subtractions are rounded as well. n + 4 + distance from the maximum + log of the sum.
Expected log_softmax(ConstView in);

}  // namespace kiln::oracle
