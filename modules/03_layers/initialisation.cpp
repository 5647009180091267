// initialisation: random weights at a scale that keeps the variance of what passes through a layer.
// Contract: kiln/kernels/layers.hpp. Lesson: modules/03_layers/README.md, step 3.
//
// Write what stands below as STUB(); then run `kiln check initialisation`.
// Stuck? `kiln hint initialisation`.
#include <cmath>
#include <string>

#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"

using namespace kiln;

// The four kernels are two scales times two distributions. Write the walk over the elements once, in an unnamed
// namespace, as a template over what is drawn.

// Example: a weight of (2, 3) has fan_in 3 and fan_out 2, so that its bound is sqrt(6 / 5) = 1.0954.
void impl::xavier_uniform(std::uint64_t seed, View weight) {
  STUB();
}

void impl::xavier_normal(std::uint64_t seed, View weight) {
  STUB();
}

// Example: 8 filters over 3 channels with 5 x 5 kernels are a weight of (8, 3, 5, 5); fan_in is 75, fan_out 200.
void impl::kaiming_uniform(std::uint64_t seed, View weight) {
  STUB();
}

void impl::kaiming_normal(std::uint64_t seed, View weight) {
  STUB();
}
