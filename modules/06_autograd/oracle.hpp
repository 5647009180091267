// What module 06's kernels should answer, computed in double. The kernels of the layers have theirs in
// oracle_of_layers.hpp, whole graphs in oracle_of_graphs.hpp.
// A gradient is added to what stands there: each oracle takes it (`before`), and returns what should stand there
// afterwards, the magnitudes that were added, and the roundings.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Array64;
using testing::Expected;

/// The shape that a and b broadcast to; they do.
Shape broadcast(const Shape& a, const Shape& b);

/// before + grad_out, summed over every dimension in which before's shape is repeated.
Expected unbroadcast(const Array64& grad_out, const Array64& before);

/// Shapes as the kernels want them: operands and `before` broadcast to grad_out's shape.
Expected sub_backward_b(const Array64& grad_out, const Array64& before);
Expected mul_backward(const Array64& grad_out, const Array64& other, const Array64& before);
Expected div_backward_a(const Array64& grad_out, const Array64& b, const Array64& before);
Expected div_backward_b(const Array64& grad_out, const Array64& a, const Array64& b, const Array64& before);

/// `axis` lies in [-rank, rank). max_backward finds the maxima of `in` itself.
Expected sum_backward(const Array64& grad_out, int axis, bool keepdims, const Array64& before);
Expected mean_backward(const Array64& grad_out, int axis, bool keepdims, const Array64& before);
Expected max_backward(const Array64& grad_out, const Array64& in, int axis, bool keepdims, const Array64& before);

/// The maxima of `in` along `axis`; NaN where there is one.
Array64 maxima(const Array64& in, int axis, bool keepdims);

/// What is wrong with `count` and the first nodes of `order`, "" where nothing is. Any right order passes; what stands
/// behind them must be `rest`.
std::string complaint_about_order(std::span<const std::int64_t> first_input, std::span<const std::int64_t> inputs,
                                  std::int64_t root, std::int64_t count, std::span<const std::int64_t> order,
                                  std::int64_t rest);

}  // namespace kiln::oracle
