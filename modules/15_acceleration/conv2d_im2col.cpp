// im2col and conv2d_im2col: a convolution becomes a product of matrices, which is fast already.
// Contract: kiln/kernels/acceleration.hpp. Lesson: modules/15_acceleration/README.md, step 5.
//
// Write what stands below as STUB(); then run `kiln check conv2d_im2col`.
// Stuck? `kiln hint conv2d_im2col`.
#include <algorithm>
#include <memory>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

// Example: image (3, 8, 8), kernel (3, 3), stride 1, padding 1 -> columns (27, 64), a column for each place.
void impl::im2col(ConstView image, std::int64_t kernel_height, std::int64_t kernel_width, Conv2dOptions options,
                  View columns) {
  STUB();
}

// Example: in (32, 3, 8, 8), weight (16, 3, 3, 3), bias (16), stride 1, padding 1 -> out (32, 16, 8, 8): for each image
// (16, 27) times (27, 64).
void impl::conv2d_im2col(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out) {
  STUB();
}
