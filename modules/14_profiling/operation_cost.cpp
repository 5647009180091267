// operation_cost: how much there is to compute and to move, before anything is run.
// Contract: kiln/kernels/profiling.hpp. Lesson: modules/14_profiling/README.md, step 3.
//
// Write what stands below as STUB(); then run `kiln check operation_cost`.
// Stuck? `kiln hint operation_cost`.
#include <algorithm>
#include <string>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

// Example: matmul of (2, 3) and (3, 4) to (2, 4): 8 elements of 2 * 3 FLOP are 48; 6 + 12 + 8 floats are 104 bytes.
WorkCost impl::operation_cost(Work work, const std::vector<Shape>& inputs, Shape out, Shape window) {
  STUB();
}

// Example: nodes 0 and 1 are leaves (2, 3) and (3, 4), node 2 their matmul, node 3 a copy of node 2:
//   {0, 0}, {0, 0}, {48, 104}, {0, 64}, and in total {48, 168}.
GraphCost impl::graph_cost(const std::vector<WorkNode>& nodes) {
  STUB();
}
