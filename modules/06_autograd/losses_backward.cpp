// losses_backward: the gradients of the three losses by their predictions, where every backward pass starts.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 7.
//
// Write what stands below as STUB(); then run `kiln check losses_backward`.
// Stuck? `kiln hint losses_backward`.
#include <algorithm>
#include <cmath>
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// Nothing is written before every shape, target and label was checked.

// Example: prediction {1, 2}, target {1, 4}, grad_loss 1: grad_prediction += {0, -2}.
void impl::mean_squared_error_backward(ConstView grad_loss, ConstView prediction, ConstView target,
                                       View grad_prediction) {
  STUB();
}

// Example: a logit of 0 with target 1, alone, grad_loss 1: grad_logits += -0.5.
void impl::binary_cross_entropy_backward(ConstView grad_loss, ConstView logits, ConstView target, View grad_logits) {
  STUB();
}

// Example: logits (2, 3), labels {2, 0}, grad_loss 1: row 0 of grad_logits += (softmax(row 0) - {0, 0, 1}) / 2.
void impl::cross_entropy_backward(ConstView grad_loss, ConstView logits, std::span<const std::int32_t> labels,
                                  std::int32_t ignore_index, View grad_logits) {
  STUB();
}
