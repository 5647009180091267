// average_pool2d: the mean of each window, and the way back.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, "Average pooling".
//
// Write what stands below as STUB(); then run `kiln check average_pool2d`.
// Stuck? `kiln hint average_pool2d`.
#include <algorithm>
#include <string>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// Example: a 2x4 image, windows 2x2, stride 2:
//   1 5 2 2
//   3 4 2 2   ->   3.25 2
void impl::average_pool2d(ConstView in, Pool2dOptions options, View out) {
  STUB();
}

// Example: grad_out (8, 4) of two 2x2 windows with stride 2 adds 2 to each element of the left window and 1 to each of
// the right one.
void impl::average_pool2d_backward(ConstView grad_out, Pool2dOptions options, View grad_in) {
  STUB();
}
