// accumulate_gradients: one part of a batch that does not fit into memory, added with the weight that it deserves.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 5.
//
// Write what stands below as STUB(); then run `kiln check accumulate_gradients`.
// Stuck? `kiln hint accumulate_gradients`.
#include <string>

#include "kiln/kernels/training.hpp"

using namespace kiln;

// Example: gradients {{4}}, sums {{1}}, 3 examples of 6 in total: the sum becomes 1 + 4 * 0.5 = 3.
void impl::accumulate_gradients(const std::vector<ConstView>& gradients, std::int64_t examples, std::int64_t total,
                                const std::vector<View>& sums) {
  STUB();
}
