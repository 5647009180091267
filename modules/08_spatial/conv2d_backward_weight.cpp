// conv2d_backward_weight: the gradients of a convolution by its weights and by its bias.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, step 4.
//
// Write what stands below as STUB(); then run `kiln check conv2d_backward_weight`.
// Stuck? `kiln hint conv2d_backward_weight`.
#include <algorithm>
#include <vector>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// Example: grad_out (1, 2, 2, 2), in (1, 1, 4, 4), stride 1, padding 0 -> grad_weight (2, 1, 3, 3).
void impl::conv2d_backward_weight(ConstView grad_out, ConstView in, Conv2dOptions options, View grad_weight) {
  STUB();
}

// Example: grad_out (8, 16, 14, 14) -> grad_bias (16).
void impl::conv2d_backward_bias(ConstView grad_out, View grad_bias) {
  STUB();
}
