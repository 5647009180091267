// conv2d: images through a bank of small windows, with the output channels innermost.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, step 2.
//
// Write what stands below as STUB(); then run `kiln check conv2d`.
// Stuck? `kiln hint conv2d`.
#include <algorithm>
#include <vector>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// Example: in (1, 1, 4, 4), weight (2, 1, 3, 3), bias (2), stride 1, padding 0 -> out (1, 2, 2, 2).
void impl::conv2d(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out) {
  STUB();
}
