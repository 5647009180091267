// dropout: in training each element is dropped with probability p, and what stays is scaled up to keep the mean.
// Contract: kiln/kernels/layers.hpp. Lesson: modules/03_layers/README.md, step 4.
//
// Write what stands below as STUB(); then run `kiln check dropout`.
// Stuck? `kiln hint dropout`.
#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"

using namespace kiln;

// Example: p = 0.5, in (1, 2, 3, 4), draws 0.7, 0.1, 0.5, 0.3 -> mask (2, 0, 2, 0), out (2, 0, 6, 0).
void impl::dropout(ConstView in, float p, bool training, std::uint64_t seed, View out, View mask) {
  STUB();
}
