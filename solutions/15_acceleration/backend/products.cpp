// Products of matrices, forward and backward: every one is a gemm of views, since a transpose is a matter of strides.
#include <string>

#include "gemm.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/parallel.hpp"
#include "scratch.hpp"

using namespace kiln;

namespace {

template <class T>
BasicView<T> transposed(const BasicView<T>& m) {
  return {m.data, {m.shape[1], m.shape[0]}, {m.strides[1], m.strides[0]}};
}

/// Matrix i of a batch; of a batch of 1 always the same one.
template <class T>
BasicView<T> matrix(const BasicView<T>& batch, std::int64_t i) {
  return {batch.data + (batch.shape[0] == 1 ? 0 : i * batch.strides[0]),
          {batch.shape[1], batch.shape[2]},
          {batch.strides[1], batch.strides[2]}};
}

/// c = a b + beta c, for a (m, k), b (k, n), c (m, n).
void multiply(const char* kernel, const ConstView& a, const ConstView& b, float beta, const View& c) {
  const bool ranks = a.rank() == 2 && b.rank() == 2 && c.rank() == 2;
  KILN_REQUIRE(std::string(kernel) + ": all operands are matrices", ranks);
  KILN_REQUIRE(std::string(kernel) + ": the extents that are summed over agree", a.shape[1] == b.shape[0]);
  const Shape expected{a.shape[0], b.shape[1]};
  KILN_REQUIRE(std::string(kernel) + ": what is written has the product's shape", c.shape == expected);
  impl::gemm(1, a, b, beta, c);
}

}  // namespace

void impl::matmul(ConstView a, ConstView b, View c) { multiply("matmul", a, b, 0, c); }

void impl::batched_matmul(ConstView a, ConstView b, View c) {
  const bool ranks = a.rank() == 3 && b.rank() == 3 && c.rank() == 3;
  KILN_REQUIRE("batched_matmul: all operands are batches of matrices", ranks);
  const std::int64_t batch = c.shape[0];
  KILN_REQUIRE("batched_matmul: a's batch is c's, or 1", (a.shape[0] == batch || a.shape[0] == 1));
  KILN_REQUIRE("batched_matmul: b's batch is c's, or 1", (b.shape[0] == batch || b.shape[0] == 1));
  KILN_REQUIRE("batched_matmul: a's columns meet b's rows", a.shape[2] == b.shape[1]);
  KILN_REQUIRE("batched_matmul: c has a's rows and b's columns", c.shape == Shape{batch, a.shape[1], b.shape[2]});
  for (std::int64_t i = 0; i < batch; ++i) gemm(1, matrix(a, i), matrix(b, i), 0, matrix(c, i));
}

void impl::linear(ConstView in, ConstView weight, ConstView bias, View out) {
  const bool ranks = in.rank() == 2 && weight.rank() == 2 && bias.rank() == 1 && out.rank() == 2;
  KILN_REQUIRE("linear: in, weight and out are matrices, bias is a vector", ranks);
  const std::int64_t batch = in.shape[0], features = weight.shape[0];
  KILN_REQUIRE("linear: the features of in meet those of weight", in.shape[1] == weight.shape[1]);
  KILN_REQUIRE("linear: bias is (out_features), or (0) for none", (bias.shape[0] == features || bias.shape[0] == 0));
  KILN_REQUIRE("linear: out is (batch, out_features)", (out.shape == Shape{batch, features}));
  const bool has_bias = bias.shape[0] > 0;
  if (has_bias)
    for (std::int64_t row = 0; row < batch; ++row)
      for (std::int64_t column = 0; column < features; ++column)
        out.data[row * out.strides[0] + column * out.strides[1]] = bias.data[column * bias.strides[0]];
  gemm(1, in, transposed(weight), has_bias ? 1.0f : 0.0f, out);
}

void impl::matmul_backward_a(ConstView grad_c, ConstView b, View grad_a) {
  KILN_REQUIRE("matmul_backward_a: b is a matrix", b.rank() == 2);
  multiply("matmul_backward_a", grad_c, transposed(b), 1, grad_a);
}

void impl::matmul_backward_b(ConstView a, ConstView grad_c, View grad_b) {
  KILN_REQUIRE("matmul_backward_b: a is a matrix", a.rank() == 2);
  multiply("matmul_backward_b", transposed(a), grad_c, 1, grad_b);
}

void impl::linear_backward_in(ConstView grad_out, ConstView weight, View grad_in) {
  multiply("linear_backward_in", grad_out, weight, 1, grad_in);
}

void impl::linear_backward_weight(ConstView grad_out, ConstView in, View grad_weight) {
  KILN_REQUIRE("linear_backward_weight: grad_out is a matrix", grad_out.rank() == 2);
  multiply("linear_backward_weight", transposed(grad_out), in, 1, grad_weight);
}

void impl::linear_backward_bias(ConstView grad_out, View grad_bias) {
  KILN_REQUIRE("linear_backward_bias: grad_out is (batch, out_features)", grad_out.rank() == 2);
  const std::int64_t batch = grad_out.shape[0], features = grad_out.shape[1];
  KILN_REQUIRE("linear_backward_bias: grad_bias is (out_features)", grad_bias.shape == Shape{features});
  // A loop of its own, along the row: vectors of it.
  const auto add_row = [](const float* row, std::int64_t step, float* sums, std::int64_t sums_step, std::int64_t n) {
    if (step == 1 && sums_step == 1)
      for (std::int64_t i = 0; i < n; ++i) sums[i] += row[i];
    else
      for (std::int64_t i = 0; i < n; ++i) sums[i * sums_step] += row[i * step];
  };
  for (std::int64_t row = 0; row < batch; ++row)
    add_row(grad_out.data + row * grad_out.strides[0], grad_out.strides[1], grad_bias.data, grad_bias.strides[0],
            features);
}
