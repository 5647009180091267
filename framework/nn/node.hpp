// A node of the graph behind a Variable. For variable.cpp and backward.cpp only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nn/variable.hpp"

namespace kiln::nn::detail {

struct Node {
  Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node();

  bool is_leaf() const { return inputs.empty() && !freed; }

  /// The gradient to add to; begins as zeros.
  Tensor& gather();
  /// Forgets how the value was computed.
  void free_graph();

  Tensor value;
  std::optional<Tensor> gradient;
  bool wants_gradient = false;
  bool freed = false;       ///< a backward passed, and did not keep the graph
  const char* op = "leaf";  ///< what computed the value
  std::string layer;        ///< in which layer; "" outside of one
  std::vector<std::shared_ptr<Node>> inputs;
  BackwardFunction backward;
  std::shared_ptr<Node> next_to_die;
};

/// While one lives, this thread's place is the node's layer in a backward pass.
class BackwardOf {
 public:
  explicit BackwardOf(Node& node);
  ~BackwardOf();
  BackwardOf(const BackwardOf&) = delete;
  BackwardOf& operator=(const BackwardOf&) = delete;

 private:
  Node& node_;
  bool before_;
};

/// Adds to the gradients of all nodes that `root` depends on; `cotangent` has the root's shape.
void run_backward(const std::shared_ptr<Node>& root, ConstView cotangent, BackwardOptions options);

}  // namespace kiln::nn::detail
