// The walk back over a graph: number the nodes, ask a kernel for the order, let each node hand back its gradients.
// Nothing here grows with the depth of the graph but heap memory.
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "kiln/backend.hpp"
#include "nn/context.hpp"
#include "nn/node.hpp"

namespace kiln::nn::detail {
namespace {

using NodePointer = std::shared_ptr<Node>;

/// The nodes that want a gradient, root first, and which of them each one reads: inputs[first_input[i]] to
/// inputs[first_input[i + 1] - 1]. Holding them all here lets the walk drop each when its turn is over.
struct Graph {
  std::vector<NodePointer> nodes;
  std::vector<std::int64_t> first_input{0}, inputs;
};

Graph graph_behind(const NodePointer& root) {
  Graph graph;
  std::unordered_map<const Node*, std::int64_t> numbers;
  const auto number_of = [&](const NodePointer& node) {
    const auto [entry, is_new] = numbers.emplace(node.get(), static_cast<std::int64_t>(graph.nodes.size()));
    if (is_new) graph.nodes.push_back(node);
    return entry->second;
  };
  number_of(root);
  // A node's inputs go behind all that is numbered, so the list that grows is also the queue.
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = *graph.nodes[i];
    if (node.freed) {
      throw Error(ErrorKind::invalid_argument, "backward: the graph behind a result of " + std::string(node.op) +
                                                   " of shape " + to_string(node.value.shape()) +
                                                   " was freed by an earlier backward; compute it again, or let the "
                                                   "earlier one keep it: backward({.keep_graph = true})");
    }
    for (const NodePointer& input : node.inputs)
      if (input->wants_gradient) graph.inputs.push_back(number_of(input));
    graph.first_input.push_back(static_cast<std::int64_t>(graph.inputs.size()));
  }
  return graph;
}

/// Each node before its inputs, as the kernel says. It may be a wrong one of a student's: whatever it says must not
/// lead out of the graph.
std::vector<std::int64_t> order_of(const Graph& graph) {
  std::vector<std::int64_t> order(graph.nodes.size(), -1);
  const auto count = kernels<AutogradSlots>().topological_order(graph.first_input, graph.inputs, 0, order);
  std::vector<bool> seen(order.size(), false);
  bool right = count == static_cast<std::int64_t>(order.size());
  for (const std::int64_t number : order) {
    right = right && number >= 0 && number < count && !seen[static_cast<std::size_t>(number)];
    if (right) seen[static_cast<std::size_t>(number)] = true;
  }
  if (!right) {
    throw Error(ErrorKind::broken_promise, "backward: the kernel topological_order did not name each of " +
                                               std::to_string(order.size()) + " nodes once");
  }
  return order;
}

/// Adds to the gradients of the node's inputs.
void visit(Node& node) {
  const BackwardOf place(node);
  BackwardCall call{{}, node.value.data(), node.gather().data(), {}};
  call.inputs.reserve(node.inputs.size());
  call.grad_inputs.reserve(node.inputs.size());
  for (const NodePointer& input : node.inputs) {
    call.inputs.push_back(std::as_const(input->value).data());
    call.grad_inputs.push_back(input->wants_gradient ? input->gather().data() : View{nullptr, {0}, {1}});
  }
  with_context([&] { return "backward of " + describe(node.op, call.inputs); }, [&] { node.backward(call); });
}

}  // namespace

void run_backward(const NodePointer& root, ConstView cotangent, BackwardOptions options) {
  if (!root->wants_gradient) {
    throw Error(ErrorKind::invalid_argument, "backward of a Variable of shape " + to_string(root->value.shape()) +
                                                 ": nothing that it was computed from wants a gradient");
  }
  Graph graph = graph_behind(root);
  const std::vector<std::int64_t> order = order_of(graph);

  // Gradients of what was computed begin anew; those of leaves go on.
  for (const NodePointer& node : graph.nodes)
    if (!node->is_leaf()) node->gradient.reset();
  kernels<AutogradSlots>().unbroadcast(cotangent, root->gather());

  for (const std::int64_t number : order) {
    // Take the walk's own handle: with the inputs' users gone before, it is the last unless somebody else holds one.
    const NodePointer node = std::move(graph.nodes[static_cast<std::size_t>(number)]);
    if (node->is_leaf()) continue;
    visit(*node);
    if (!options.keep_graph) node->free_graph();
  }
}

}  // namespace kiln::nn::detail
