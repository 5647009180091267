// train_step: one step of training, composed of what the modules before have built.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 7.
//
// Write what stands below as STUB(); then run `kiln check train_step`.
// Stuck? `kiln hint train_step`.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/kernels/training.hpp"

using namespace kiln;

// Nothing is computed here any more: every sum and product is done by a kernel that you have written, for example
// kernels<LayerSlots>().linear(in, weight, bias, out). Here stands who gets what, and in which order.

// Example: x (4, 2) and labels {0, 1, 1, 0}, parameters {(8, 2), (8), (2, 8), (2)}, micro_batch 3: parts of 3 examples
// and of 1, their gradients times 3/4 and 1/4, one clipping, one rate, four calls of sgd_step.
TrainResult impl::train_step(ConstView x, std::span<const std::int32_t> labels, std::int64_t step, TrainOptions options,
                             const std::vector<View>& parameters, const std::vector<View>& velocities) {
  STUB();
}
