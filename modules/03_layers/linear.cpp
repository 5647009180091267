// linear: the fully connected layer, out = in weight^T + bias.
// Contract: kiln/kernels/layers.hpp. Lesson: modules/03_layers/README.md, step 5.
//
// Write what stands below as STUB(); then run `kiln check linear`.
// Stuck? `kiln hint linear`.
#include "kiln/kernels/layers.hpp"

using namespace kiln;

// Example: in (8, 3), weight (4, 3), bias (4) -> out (8, 4).
// out(i, j) = bias(j) + sum over k of in(i, k) * weight(j, k).
void impl::linear(ConstView in, ConstView weight, ConstView bias, View out) {
  STUB();
}
