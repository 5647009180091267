// window_shape: how many places a window has on a padded image, for a convolution and for a pool.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check window_shape`.
// Stuck? `kiln hint window_shape`.
#include <string>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// Example: in (8, 3, 28, 28), weight (16, 3, 5, 5), stride 2, padding 1 -> (8, 16, 13, 13).
Shape impl::conv2d_shape(Shape in, Shape weight, Conv2dOptions options) {
  STUB();
}

// Example: in (8, 16, 28, 28), a window of (2, 2) with stride 2 -> (8, 16, 14, 14).
Shape impl::pool2d_shape(Shape in, Pool2dOptions options) {
  STUB();
}
