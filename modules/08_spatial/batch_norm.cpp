// batch_norm: each channel is brought to mean 0 and variance 1, then scaled and shifted.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, "Batch normalisation".
//
// Write what stands below as STUB(); then run `kiln check batch_norm`.
// Stuck? `kiln hint batch_norm`.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// Example: one channel that holds 1 and 3, weight 2, bias 10, epsilon tiny: mean 2, variance 1, scale 1, out 8 and 12.
// With momentum 0.5, running mean 0 and running variance 1: they become 1, and 0.5 + 0.5 * 1 * 2 / 1 = 1.5.
void impl::batch_norm_train(ConstView in, ConstView weight, ConstView bias, float momentum, float epsilon,
                            View running_mean, View running_variance, View out, View mean, View scale) {
  STUB();
}

// Example: 1 and 3 with running mean 2, running variance 4, weight 2, bias 10: out is 9 and 11.
void impl::batch_norm_eval(ConstView in, ConstView weight, ConstView bias, ConstView running_mean,
                           ConstView running_variance, float epsilon, View out) {
  STUB();
}
