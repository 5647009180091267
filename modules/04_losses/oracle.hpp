// What module 04's kernels should answer, computed in double, plainly, and without any of the kernels' code.
// Every oracle reads views of any strides and returns the value, the magnitudes that were added, and the roundings.
#pragma once

#include <span>

#include "kiln/kernels/losses.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Expected;

/// Of two views of one shape with at least one element. A float loss sees the rounding of the difference (twice, as it
/// is squared), of the square, of n - 1 additions and of the division: n + 3 of them.
Expected mean_squared_error(ConstView prediction, ConstView target);

/// Of two views of one shape with at least one element, targets in [0, 1]. The magnitudes are those of the three terms
/// of the contract; exp, log1p, the product, two additions and the division come on top of n - 1 additions: n + 6.
Expected binary_cross_entropy(ConstView logits, ConstView target);

/// Of (batch, classes) and valid labels of which at least one counts. The sum over the classes errs by `classes`
/// roundings of itself, and its logarithm by as much in absolute terms: 1 belongs to the magnitudes, beside the two
/// terms of the contract's formula. `batch` additions and about six single roundings come on top.
Expected cross_entropy(ConstView logits, std::span<const std::int32_t> labels, std::int32_t ignore_index);

}  // namespace kiln::oracle
