// elementwise_backward: what flows back through subtraction, multiplication and division with broadcasting.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 3.
//
// Write what stands below as STUB(); then run `kiln check elementwise_backward`.
// Stuck? `kiln hint elementwise_backward`.
#include <algorithm>
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// All four are one walk: each element of grad_out gives a term, the gradient times the local derivative, and the term
// is added to the element of the operand's gradient that broadcasting had put there. Write the walk once, as a template
// over the term.

// Example: out = a - b with a (2, 3), b (3): every row of -grad_out is added to grad_b.
void impl::sub_backward_b(ConstView grad_out, View grad_b) {
  STUB();
}

// Example: out = x * y at x = 2, y = 5 with grad_out = 10: grad_x grows by 10 * 5, grad_y by 10 * 2.
void impl::mul_backward(ConstView grad_out, ConstView other, View grad_in) {
  STUB();
}

void impl::div_backward_a(ConstView grad_out, ConstView b, View grad_a) {
  STUB();
}

void impl::div_backward_b(ConstView grad_out, ConstView a, ConstView b, View grad_b) {
  STUB();
}
