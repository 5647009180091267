// backward: what one operation hands back, and the walk over a whole graph.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 8.
//
// Write what stands below as STUB(); then run `kiln check backward`.
// Stuck? `kiln hint backward`.
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// Nothing is differentiated here any more: each rule is a kernel that you have written, and
// kernels<AutogradSlots>().mul_backward(...) calls it.

// Example: node {mul, {0, 1}}, inputs {x, y}, grad_inputs {gx, gy}: gx += grad_output * y, gy += grad_output * x.
void impl::backward_step(const GraphNode& node, const std::vector<ConstView>& inputs, ConstView output,
                         ConstView grad_output, const std::vector<View>& grad_inputs) {
  STUB();
}

// Example: nodes {leaf}, {mul, {0, 0}} are y = x * x. With x = 3 and gradients {0, 1}, gradients[0] becomes 6.
void impl::backward(const std::vector<GraphNode>& nodes, const std::vector<ConstView>& values, std::int64_t root,
                    const std::vector<View>& gradients) {
  STUB();
}
