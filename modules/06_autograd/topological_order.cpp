// topological_order: the nodes that a root depends on, each before all of its inputs.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 2.
//
// Write what stands below as STUB(); then run `kiln check topological_order`.
// Stuck? `kiln hint topological_order`.
#include <algorithm>
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// Example: z = x * y + x as nodes 0: x, 1: y, 2: x * y, 3: z, with inputs {} {} {0, 1} {2, 0}:
//   first_input = {0, 0, 0, 2, 4}, inputs = {0, 1, 2, 0}, root = 3 -> 4 nodes, order = {3, 2, 0, 1} or {3, 2, 1, 0}.
// x is used by z as well, and still comes after x * y.
std::int64_t impl::topological_order(std::span<const std::int64_t> first_input, std::span<const std::int64_t> inputs,
                                     std::int64_t root, std::span<std::int64_t> order) {
  STUB();
}
