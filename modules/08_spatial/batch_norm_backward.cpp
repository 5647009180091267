// batch_norm_backward: what reaches the images, the weights and the biases of batch_norm_train.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, "Back through batch normalisation".
//
// Write what stands below as STUB(); then run `kiln check batch_norm_backward`.
// Stuck? `kiln hint batch_norm_backward`.
#include <algorithm>
#include <array>
#include <string>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// Example: a channel of 1 and 3 (mean 2, scale 1, normalised -1 and 1), weight 2, grad_out 5 and 0: the sums are 5 and
// -5, so grad_in gains 2 * (5 - 2.5 - -1 * -2.5) = 0 and 2 * (0 - 2.5 - 1 * -2.5) = 0. Two elements are brought to -1
// and 1 whatever they are.
void impl::batch_norm_backward_in(ConstView grad_out, ConstView in, ConstView weight, ConstView mean, ConstView scale,
                                  View grad_in) {
  STUB();
}

// Example: the same channel: grad_weight gains 5 * -1 + 0 * 1 = -5.
void impl::batch_norm_backward_weight(ConstView grad_out, ConstView in, ConstView mean, ConstView scale,
                                      View grad_weight) {
  STUB();
}

// Example: the same channel: grad_bias gains 5 + 0 = 5.
void impl::batch_norm_backward_bias(ConstView grad_out, View grad_bias) {
  STUB();
}
