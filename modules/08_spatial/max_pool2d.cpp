// max_pool2d: the largest element of each window, and where it stood; and the way back.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, "Max pooling".
//
// Write what stands below as STUB(); then run `kiln check max_pool2d`.
// Stuck? `kiln hint max_pool2d`.
#include <algorithm>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// Example: a 2x4 image, windows 2x2, stride 2:
//   1 5 2 2
//   3 4 2 2   ->   5 2, winners 1 and 2 (the first of four equals)
void impl::max_pool2d(ConstView in, Pool2dOptions options, View out, std::span<std::int64_t> winners) {
  STUB();
}

// Example: grad_out (7, 9) and winners 1 and 2 add 7 to element 1 and 9 to element 2 of the image.
void impl::max_pool2d_backward(ConstView grad_out, std::span<const std::int64_t> winners, View grad_in) {
  STUB();
}
