// Whole graphs in double: what each operation computes, and gradients by central differences of that. No rule of a
// derivative is written here, so no mistake in one can hide here.
#pragma once

#include <vector>

#include "kiln/kernels/autograd.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Array64;
using testing::Expected;

/// What an operation other than a leaf computes; operands as its kernel wants them.
Array64 forward(const GraphNode& node, const std::vector<Array64>& inputs);

/// The values of all nodes, which may be numbered anyhow. values[i] of a leaf is given, all others are computed.
std::vector<Array64> evaluate(const std::vector<GraphNode>& nodes, std::vector<Array64> values);

/// What backward_step adds to `before`, the gradient by operand `by`. The local derivative is measured, with an error
/// of about 1e-12 of it, where there is no kink within 0.001 of the inputs.
Expected backward_step(const GraphNode& node, const std::vector<Array64>& inputs, std::size_t by,
                       const Array64& grad_output, const Array64& before);

/// What backward adds to the gradient of node `by`, where what is added is a whole multiple of `grid`: rounded to it,
/// and so as exact as if it had been computed by hand. `values` are those of all nodes.
Array64 backward(const std::vector<GraphNode>& nodes, const std::vector<Array64>& values, std::int64_t root,
                 const Array64& grad_root, std::int64_t by, double grid = 1);

}  // namespace kiln::oracle
