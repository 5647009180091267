// conv2d_grouped: convolution with gaps between the taps, and with groups of channels. An extension.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, the extension.
//
// Write what stands below as STUB(); then run `kiln check conv2d_grouped`.
// Stuck? `kiln hint conv2d_grouped`.
#include <algorithm>
#include <string>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// Example: in (1, 4, 7, 7), weight (6, 2, 3, 3), 2 groups, dilation 2: a window of 5 by 5, out (1, 6, 3, 3).
void impl::conv2d_grouped(ConstView in, ConstView weight, ConstView bias, GroupedConv2dOptions options, View out) {
  STUB();
}
