// conv2d_backward_in: what flows back into the image, each pixel gathering from the windows that saw it.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, step 3.
//
// Write what stands below as STUB(); then run `kiln check conv2d_backward_in`.
// Stuck? `kiln hint conv2d_backward_in`.
#include <algorithm>
#include <vector>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// Example: grad_out (1, 2, 2, 2), weight (2, 1, 3, 3), stride 1, padding 0 -> grad_in (1, 1, 4, 4).
void impl::conv2d_backward_in(ConstView grad_out, ConstView weight, Conv2dOptions options, View grad_in) {
  STUB();
}
