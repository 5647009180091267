// Operations on Variables, each a kernel of the chosen backend and the backward kernels that belong to it.
// Shapes and rules are those of the kernels (kiln/kernels/*.hpp). Results are new tensors; nothing is shared with an
// operand unless said. Error(invalid_argument) names the operation and the operands' shapes.
#pragma once

#include <cstdint>
#include <span>

#include "nn/variable.hpp"

namespace kiln::nn {

// ---- elementwise.cpp: operands broadcast to a common shape

Variable add(const Variable& a, const Variable& b);
Variable sub(const Variable& a, const Variable& b);
Variable mul(const Variable& a, const Variable& b);
Variable div(const Variable& a, const Variable& b);
inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
inline Variable operator-(const Variable& a, const Variable& b) { return sub(a, b); }
inline Variable operator*(const Variable& a, const Variable& b) { return mul(a, b); }
inline Variable operator/(const Variable& a, const Variable& b) { return div(a, b); }
inline Variable operator-(const Variable& a) { return mul(a, -1.0f); }

// ---- reduce.cpp: over one axis, or over all elements, which gives a scalar

Variable sum(const Variable& in, int axis, bool keepdims = false);
Variable mean(const Variable& in, int axis, bool keepdims = false);
Variable max(const Variable& in, int axis, bool keepdims = false);
Variable sum(const Variable& in);
Variable mean(const Variable& in);
Variable max(const Variable& in);

// ---- products.cpp

/// (m, k) by (k, n) gives (m, n).
Variable matmul(const Variable& a, const Variable& b);
/// (batch, m, k) by (batch, k, n) gives (batch, m, n); a batch of 1 is used for every one of the other's.
Variable batched_matmul(const Variable& a, const Variable& b);
/// in weight^T + bias: (batch, in_features), (out_features, in_features) and (out_features) give (batch, out_features).
Variable linear(const Variable& in, const Variable& weight, const Variable& bias);
Variable linear(const Variable& in, const Variable& weight);

// ---- movement.cpp: the same elements in another order or under another shape

/// Two dimensions change places. The result is a dense copy, so that kernels after it read rows.
Variable transpose(const Variable& in, int first = -2, int second = -1);
/// The same elements in row-major order; one extent may be -1 and is worked out.
Variable reshape(const Variable& in, const Shape& shape);
/// The dimensions `first` to `last`, both included, run together: (batch, ...) becomes (batch, features).
Variable flatten(const Variable& in, int first = 1, int last = -1);

// ---- activations.cpp

Variable relu(const Variable& in);
Variable sigmoid(const Variable& in);
Variable tanh(const Variable& in);
Variable gelu(const Variable& in);
Variable gelu_tanh(const Variable& in);
/// Over the last dimension.
Variable softmax(const Variable& in);
Variable log_softmax(const Variable& in);

/// Inverted dropout: in training each element is dropped with probability p, and the others grow by 1 / (1 - p).
/// Otherwise the result is `in` itself, the same handle. One seed drops the same elements each time.
Variable dropout(const Variable& in, float p, bool training, std::uint64_t seed);

// ---- losses.cpp: each gives a scalar, the mean over what counts

Variable mean_squared_error(const Variable& prediction, const Variable& target);
/// From logits. Error(invalid_argument) where `target` wants a gradient: it gets none.
Variable binary_cross_entropy(const Variable& logits, const Variable& target);
/// From logits (batch, classes) and a label a row; rows whose label is ignore_index do not count.
Variable cross_entropy(const Variable& logits, std::span<const std::int32_t> labels, std::int32_t ignore_index = -100);

}  // namespace kiln::nn
