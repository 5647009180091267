// Wrong: grad_b = a grad_c, where a has to be transposed: the shapes say so.
#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

ConstView transposed(ConstView matrix) {
  KILN_REQUIRE("a product of matrices", matrix.rank() == 2);
  return {matrix.data, {matrix.shape[1], matrix.shape[0]}, {matrix.strides[1], matrix.strides[0]}};
}

/// out += x y
void add_product(ConstView x, ConstView y, View out) {
  KILN_REQUIRE("a product of matrices", (x.rank() == 2 && y.rank() == 2 && out.rank() == 2));
  KILN_REQUIRE("the inner extents differ", x.shape[1] == y.shape[0]);
  KILN_REQUIRE("the gradient does not fit", out.shape == Shape{x.shape[0], y.shape[1]});
  for (std::int64_t i = 0; i < out.shape[0]; ++i) {
    for (std::int64_t j = 0; j < out.shape[1]; ++j) {
      float total = 0;
      for (std::int64_t k = 0; k < x.shape[1]; ++k) total += x(i, k) * y(k, j);
      out(i, j) += total;
    }
  }
}

}  // namespace

void impl::matmul_backward_a(ConstView grad_c, ConstView b, View grad_a) { add_product(grad_c, transposed(b), grad_a); }

void impl::matmul_backward_b(ConstView a, ConstView grad_c, View grad_b) { add_product(a, grad_c, grad_b); }

void impl::linear_backward_in(ConstView grad_out, ConstView weight, View grad_in) {
  add_product(grad_out, weight, grad_in);
}

void impl::linear_backward_weight(ConstView grad_out, ConstView in, View grad_weight) {
  add_product(transposed(grad_out), in, grad_weight);
}

void impl::linear_backward_bias(ConstView grad_out, View grad_bias) {
  KILN_REQUIRE("grad_out is a matrix", grad_out.rank() == 2);
  KILN_REQUIRE("the gradient does not fit", grad_bias.shape == Shape{grad_out.shape[1]});
  for (std::int64_t j = 0; j < grad_out.shape[1]; ++j)
    for (std::int64_t i = 0; i < grad_out.shape[0]; ++i) grad_bias(j) += grad_out(i, j);
}
