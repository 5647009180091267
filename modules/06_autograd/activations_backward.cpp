// activations_backward: what flows back through relu, sigmoid, tanh, the two gelus, softmax and log_softmax.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 6.
//
// Write what stands below as STUB(); then run `kiln check activations_backward`.
// Stuck? `kiln hint activations_backward`.
#include <cmath>
#include <numbers>
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// Five kernels go element by element, two row by row. Write each walk once, as a template over what happens in it.

// Example: in {-1, 0, 2}, grad_out {5, 6, 7}, grad_in {1, 1, 1} -> {1, 1, 8}.
void impl::relu_backward(ConstView grad_out, ConstView in, View grad_in) {
  STUB();
}

void impl::sigmoid_backward(ConstView grad_out, ConstView out, View grad_in) {
  STUB();
}

void impl::tanh_backward(ConstView grad_out, ConstView out, View grad_in) {
  STUB();
}

void impl::gelu_backward(ConstView grad_out, ConstView in, View grad_in) {
  STUB();
}

void impl::gelu_tanh_backward(ConstView grad_out, ConstView in, View grad_in) {
  STUB();
}

// Example: a row of out {0.5, 0.25, 0.25} with grad_out {1, 0, 0}: the sum is 0.5, grad_in += {0.25, -0.125, -0.125}.
void impl::softmax_backward(ConstView grad_out, ConstView out, View grad_in) {
  STUB();
}

void impl::log_softmax_backward(ConstView grad_out, ConstView out, View grad_in) {
  STUB();
}
