// distinct_parameters: which tensors of a list are to be updated, each once however often it stands there.
// Contract: kiln/kernels/optimizers.hpp. Lesson: modules/05_optimizers/README.md, step 1.
//
// Write what stands below as STUB(); then run `kiln check distinct_parameters`.
// Stuck? `kiln hint distinct_parameters`.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

// Example: {weight, bias, weight, nothing} -> {0, 1}, where `nothing` has an extent of 0.
std::vector<std::int64_t> impl::distinct_parameters(const std::vector<ConstView>& parameters) {
  STUB();
}
