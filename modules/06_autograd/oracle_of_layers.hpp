// What the backward kernels of products, activations and losses should answer, computed in double.
// As in oracle.hpp, a gradient is added to what stands there: each oracle takes it (`before`), and returns what should
// stand there afterwards, the magnitudes that were added, and the roundings. Shapes are as the kernels want them.
#pragma once

#include <cstdint>
#include <span>

#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Array64;
using testing::Expected;

/// Of c = a b.
Expected matmul_backward_a(const Array64& grad_c, const Array64& b, const Array64& before);
Expected matmul_backward_b(const Array64& a, const Array64& grad_c, const Array64& before);
/// Of out = in weight^T + bias.
Expected linear_backward_in(const Array64& grad_out, const Array64& weight, const Array64& before);
Expected linear_backward_weight(const Array64& grad_out, const Array64& in, const Array64& before);
Expected linear_backward_bias(const Array64& grad_out, const Array64& before);

/// relu_backward is exact: one addition.
Expected relu_backward(const Array64& grad_out, const Array64& in, const Array64& before);
Expected sigmoid_backward(const Array64& grad_out, const Array64& out, const Array64& before);
Expected tanh_backward(const Array64& grad_out, const Array64& out, const Array64& before);
Expected gelu_backward(const Array64& grad_out, const Array64& in, const Array64& before);
Expected gelu_tanh_backward(const Array64& grad_out, const Array64& in, const Array64& before);
/// Over each row, a run of the last dimension.
Expected softmax_backward(const Array64& grad_out, const Array64& out, const Array64& before);
Expected log_softmax_backward(const Array64& grad_out, const Array64& out, const Array64& before);

/// grad_loss has shape ().
Expected mean_squared_error_backward(const Array64& grad_loss, const Array64& prediction, const Array64& target,
                                     const Array64& before);
Expected binary_cross_entropy_backward(const Array64& grad_loss, const Array64& logits, const Array64& target,
                                       const Array64& before);
Expected cross_entropy_backward(const Array64& grad_loss, const Array64& logits, std::span<const std::int32_t> labels,
                                std::int32_t ignore_index, const Array64& before);

}  // namespace kiln::oracle
