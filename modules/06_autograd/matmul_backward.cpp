// matmul_backward: the gradients of a matrix product by its two factors, and of a linear layer by its three operands.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 5.
//
// Write what stands below as STUB(); then run `kiln check matmul_backward`.
// Stuck? `kiln hint matmul_backward`.
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// Every gradient of a product is a product again: of what flows in and the other factor, one of the two transposed.
// Write the shapes down, and there is only one way in which they fit.

// Example: a (2, 3), b (3, 4), grad_c (2, 4) -> grad_a (2, 3); grad_a(i, k) += sum over j of grad_c(i, j) * b(k, j).
void impl::matmul_backward_a(ConstView grad_c, ConstView b, View grad_a) {
  STUB();
}

// Example: a (2, 3), b (3, 4), grad_c (2, 4) -> grad_b (3, 4); grad_b(k, j) += sum over i of a(i, k) * grad_c(i, j).
void impl::matmul_backward_b(ConstView a, ConstView grad_c, View grad_b) {
  STUB();
}

// Example: grad_out (8, 4), weight (4, 3) -> grad_in (8, 3).
void impl::linear_backward_in(ConstView grad_out, ConstView weight, View grad_in) {
  STUB();
}

// Example: grad_out (8, 4), in (8, 3) -> grad_weight (4, 3).
void impl::linear_backward_weight(ConstView grad_out, ConstView in, View grad_weight) {
  STUB();
}

// Example: grad_out (8, 4) -> grad_bias (4).
void impl::linear_backward_bias(ConstView grad_out, View grad_bias) {
  STUB();
}
