// matmul_backward: the gradients of a matrix product by its two factors, and of a linear layer by its three operands.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 5.
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// Every gradient of a product is a product again: of what flows in and the other factor, one of the two transposed.
// Write the shapes down, and there is only one way in which they fit.

// BEGIN SOLUTION
namespace {

void require_matrices(const char* kernel, const ConstView& first, const ConstView& second, const View& gradient) {
  KILN_REQUIRE(std::string(kernel) + ": the first operand is a matrix", first.rank() == 2);
  KILN_REQUIRE(std::string(kernel) + ": the second operand is a matrix", second.rank() == 2);
  KILN_REQUIRE(std::string(kernel) + ": the gradient is a matrix", gradient.rank() == 2);
}

/// The same memory with rows and columns exchanged.
ConstView transposed(const ConstView& matrix) {
  return {matrix.data, {matrix.shape[1], matrix.shape[0]}, {matrix.strides[1], matrix.strides[0]}};
}

/// out[j] += scale * row[j]: two dense rows, which the compiler turns into vector code.
void add_scaled_row(float scale, const float* row, float* out, std::int64_t n) {
  for (std::int64_t j = 0; j < n; ++j) out[j] += scale * row[j];
}

/// out += x y for x (m, inner), y (inner, n). Row i of out gets every row of y, scaled by an element of x: y and out
/// are walked along their rows. x may be a transpose, because only one of its elements is read for n steps.
void add_product(ConstView x, ConstView y, View out) {
  const std::int64_t m = out.shape[0], n = out.shape[1], inner = y.shape[0];
  const std::int64_t step_y = y.strides[1], step_out = out.strides[1];
  for (std::int64_t i = 0; i < m; ++i) {
    float* to = out.data + i * out.strides[0];
    for (std::int64_t k = 0; k < inner; ++k) {
      const float scale = x.data[i * x.strides[0] + k * x.strides[1]];
      const float* row = y.data + k * y.strides[0];
      if (step_y == 1 && step_out == 1) {
        add_scaled_row(scale, row, to, n);
      } else {
        for (std::int64_t j = 0; j < n; ++j) to[j * step_out] += scale * row[j * step_y];
      }
    }
  }
}

/// The dot product of two dense rows. One running sum would wait 4 cycles for each addition before the next can start;
/// 16 sums side by side are two vector registers of 8 floats, and the processor works on the next pair of rows while
/// these wait.
float dot(const float* x, const float* y, std::int64_t n) {
  constexpr std::int64_t kLanes = 16;
  float lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += x[i + lane] * y[i + lane];
  float total = 0.0f;
  for (float lane : lanes) total += lane;
  for (; i < n; ++i) total += x[i] * y[i];
  return total;
}

/// out += x y^T for x (m, inner), y (n, inner). Rows of y^T are columns of y, and would be walked across memory. An
/// element of out is the dot product of two rows instead.
void add_product_of_rows(ConstView x, ConstView y, View out) {
  const std::int64_t inner = x.shape[1], step_x = x.strides[1], step_y = y.strides[1];
  for (std::int64_t i = 0; i < out.shape[0]; ++i) {
    const float* row_x = x.data + i * x.strides[0];
    for (std::int64_t j = 0; j < out.shape[1]; ++j) {
      const float* row_y = y.data + j * y.strides[0];
      float total = 0.0f;
      if (step_x == 1 && step_y == 1) {
        total = dot(row_x, row_y, inner);
      } else {
        for (std::int64_t k = 0; k < inner; ++k) total += row_x[k * step_x] * row_y[k * step_y];
      }
      out.data[i * out.strides[0] + j * out.strides[1]] += total;
    }
  }
}

}  // namespace
// END SOLUTION

// Example: a (2, 3), b (3, 4), grad_c (2, 4) -> grad_a (2, 3); grad_a(i, k) += sum over j of grad_c(i, j) * b(k, j).
void impl::matmul_backward_a(ConstView grad_c, ConstView b, View grad_a) {
  // BEGIN SOLUTION
  require_matrices("matmul_backward_a", grad_c, b, grad_a);
  KILN_REQUIRE(
      "matmul_backward_a: grad_c has b's columns, grad_c " + to_string(grad_c.shape) + ", b " + to_string(b.shape),
      grad_c.shape[1] == b.shape[1]);
  KILN_REQUIRE("matmul_backward_a: grad_a has grad_c's rows and a column for each row of b",
               grad_a.shape == Shape{grad_c.shape[0], b.shape[0]});
  add_product_of_rows(grad_c, b, grad_a);
  // END SOLUTION
}

// Example: a (2, 3), b (3, 4), grad_c (2, 4) -> grad_b (3, 4); grad_b(k, j) += sum over i of a(i, k) * grad_c(i, j).
void impl::matmul_backward_b(ConstView a, ConstView grad_c, View grad_b) {
  // BEGIN SOLUTION
  require_matrices("matmul_backward_b", a, grad_c, grad_b);
  KILN_REQUIRE(
      "matmul_backward_b: grad_c has a's rows, a " + to_string(a.shape) + ", grad_c " + to_string(grad_c.shape),
      a.shape[0] == grad_c.shape[0]);
  KILN_REQUIRE("matmul_backward_b: grad_b has a row for each column of a, and grad_c's columns",
               grad_b.shape == Shape{a.shape[1], grad_c.shape[1]});
  add_product(transposed(a), grad_c, grad_b);
  // END SOLUTION
}

// Example: grad_out (8, 4), weight (4, 3) -> grad_in (8, 3).
void impl::linear_backward_in(ConstView grad_out, ConstView weight, View grad_in) {
  // BEGIN SOLUTION
  require_matrices("linear_backward_in", grad_out, weight, grad_in);
  KILN_REQUIRE("linear_backward_in: grad_out has a column for each row of weight, grad_out " +
                   to_string(grad_out.shape) + ", weight " + to_string(weight.shape),
               grad_out.shape[1] == weight.shape[0]);
  KILN_REQUIRE("linear_backward_in: grad_in has grad_out's rows and weight's columns",
               grad_in.shape == Shape{grad_out.shape[0], weight.shape[1]});
  add_product(grad_out, weight, grad_in);
  // END SOLUTION
}

// Example: grad_out (8, 4), in (8, 3) -> grad_weight (4, 3).
void impl::linear_backward_weight(ConstView grad_out, ConstView in, View grad_weight) {
  // BEGIN SOLUTION
  require_matrices("linear_backward_weight", grad_out, in, grad_weight);
  KILN_REQUIRE("linear_backward_weight: grad_out has in's rows, grad_out " + to_string(grad_out.shape) + ", in " +
                   to_string(in.shape),
               grad_out.shape[0] == in.shape[0]);
  KILN_REQUIRE("linear_backward_weight: grad_weight has a row for each column of grad_out, and in's columns",
               grad_weight.shape == Shape{grad_out.shape[1], in.shape[1]});
  add_product(transposed(grad_out), in, grad_weight);
  // END SOLUTION
}

// Example: grad_out (8, 4) -> grad_bias (4).
void impl::linear_backward_bias(ConstView grad_out, View grad_bias) {
  // BEGIN SOLUTION
  KILN_REQUIRE("linear_backward_bias: grad_out is (batch, out_features)", grad_out.rank() == 2);
  KILN_REQUIRE("linear_backward_bias: grad_bias is (out_features)", grad_bias.shape == Shape{grad_out.shape[1]});
  // The bias was repeated for every row; every row flows back.
  for (std::int64_t i = 0; i < grad_out.shape[0]; ++i)
    for (std::int64_t j = 0; j < grad_out.shape[1]; ++j) grad_bias(j) += grad_out(i, j);
  // END SOLUTION
}
