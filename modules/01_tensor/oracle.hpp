// What module 01's kernels should answer, computed in double, plainly, and without any of the kernels' code.
// Every oracle reads views of any strides and returns the value, the magnitudes that were added, and the roundings.
#pragma once

#include <optional>

#include "kiln/kernels/tensor.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Expected;

/// Every element of `shape` is `value`; exact.
Expected fill(const Shape& shape, float value);

/// The shape that a and b broadcast to; nothing where they do not.
std::optional<Shape> broadcast(const Shape& a, const Shape& b);

/// The values of `in`; exact.
Expected copy(ConstView in);

/// a (op) b, broadcast against each other; exact, because IEEE 754 rounds each of the four operations once.
Expected add(ConstView a, ConstView b);
Expected sub(ConstView a, ConstView b);
Expected mul(ConstView a, ConstView b);
Expected div(ConstView a, ConstView b);

/// Over `axis` (from the end where it is negative), which must lie in [-rank, rank). max is exact.
Expected sum(ConstView in, int axis, bool keepdims);
Expected mean(ConstView in, int axis, bool keepdims);
Expected max(ConstView in, int axis, bool keepdims);

/// (m, k) times (k, n).
Expected matmul(ConstView a, ConstView b);
/// (batch, m, k) times (batch, k, n), where a batch of 1 serves all `batch` products.
Expected batched_matmul(ConstView a, ConstView b, std::int64_t batch);

}  // namespace kiln::oracle
