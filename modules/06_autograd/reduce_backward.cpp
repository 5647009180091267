// reduce_backward: what flows back through sum, mean and max over one axis.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 4.
//
// Write what stands below as STUB(); then run `kiln check reduce_backward`.
// Stuck? `kiln hint reduce_backward`.
#include <array>
#include <cmath>
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// A sum hands its gradient to each of its terms: broadcasting along the axis. The mean hands on an n-th of it. The
// maximum hands it to whoever was the maximum, and ties share.

// Example: grad_in (2, 3), axis 1, grad_out (2) = {10, 20}: 10 is added to row 0, 20 to row 1.
void impl::sum_backward(ConstView grad_out, int axis, bool keepdims, View grad_in) {
  STUB();
}

void impl::mean_backward(ConstView grad_out, int axis, bool keepdims, View grad_in) {
  STUB();
}

// Example: in = {3, 7, 7, 1}, out = 7, grad_out = 10: grad_in grows by {0, 5, 5, 0}.
void impl::max_backward(ConstView grad_out, ConstView in, ConstView out, int axis, bool keepdims, View grad_in) {
  STUB();
}
