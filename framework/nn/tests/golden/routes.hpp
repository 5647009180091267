// The ways by which a case reaches Kiln's kernels. Each runs the case and expects what it says.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "golden_case.hpp"

namespace kiln::golden {

/// How the slots' operands lie in memory, and what the gradients held before.
struct Placing {
  testing::Layout layout = testing::Layout::dense;
  float start = 0;
};

/// How a graph's nodes are numbered, and what the gradients of its leaves held before.
struct Numbering {
  bool reversed = false;
  float start = 0;
};

using BySlots = std::function<void(const Case&, const Placing&)>;
using ByGraph = std::function<void(const Case&, const Numbering&)>;
using ByNn = std::function<void(const Case&)>;

/// Operation by operation: the forward kernel, then the backward kernels that belong to it.
const std::map<std::string, BySlots>& by_slots();
/// Adds convolution, pooling and batch normalisation.
void add_spatial(std::map<std::string, BySlots>& routes);
/// Adds optimisers and initialisers, whose kernels have no backward, and small networks.
void add_steps(std::map<std::string, BySlots>& routes);

/// A graph as data, through the kernels backward and backward_step. Nothing of what the enumeration Op lacks.
const std::map<std::string, ByGraph>& by_graph();

/// kiln::nn: Variable, its operations, layers and optimizers.
const std::map<std::string, ByNn>& by_nn();

}  // namespace kiln::golden
