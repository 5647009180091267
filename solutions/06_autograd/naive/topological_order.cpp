// topological_order, as a beginner writes it: the graph is copied into a map of lists, and what was seen is kept in
// sets. Right, and never twice at a node, but each look-up walks a tree, and each entry is allocated.
#include <map>
#include <set>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

using Graph = std::map<std::int64_t, std::vector<std::int64_t>>;

Graph read_graph(std::span<const std::int64_t> first_input, std::span<const std::int64_t> inputs) {
  const auto count = static_cast<std::int64_t>(inputs.size());
  Graph graph;
  for (std::size_t node = 0; node + 1 < first_input.size(); ++node) {
    KILN_REQUIRE("first_input does not fall", first_input[node] <= first_input[node + 1]);
    KILN_REQUIRE("first_input stays within the inputs", (first_input[node] >= 0 && first_input[node + 1] <= count));
    for (std::int64_t i = first_input[node]; i < first_input[node + 1]; ++i)
      graph[static_cast<std::int64_t>(node)].push_back(inputs[static_cast<std::size_t>(i)]);
  }
  return graph;
}

}  // namespace

std::int64_t impl::topological_order(std::span<const std::int64_t> first_input, std::span<const std::int64_t> inputs,
                                     std::int64_t root, std::span<std::int64_t> order) {
  const auto nodes = static_cast<std::int64_t>(order.size());
  KILN_REQUIRE("first_input has an element more than order", first_input.size() == order.size() + 1);
  KILN_REQUIRE("the root is a node", (root >= 0 && root < nodes));
  KILN_REQUIRE("first_input starts at 0", first_input.front() == 0);
  KILN_REQUIRE("first_input ends with the inputs", first_input.back() == static_cast<std::int64_t>(inputs.size()));
  for (const std::int64_t input : inputs) KILN_REQUIRE("every input is a node", (input >= 0 && input < nodes));
  const Graph graph = read_graph(first_input, inputs);
  auto inputs_of = [&](std::int64_t node) {
    const auto found = graph.find(node);
    return found == graph.end() ? std::vector<std::int64_t>() : found->second;
  };

  // Who is reached, and how often each is used.
  std::set<std::int64_t> seen{root};
  std::map<std::int64_t, std::int64_t> uses;
  std::vector<std::int64_t> ready{root};
  while (!ready.empty()) {
    const std::int64_t node = ready.back();
    ready.pop_back();
    for (const std::int64_t input : inputs_of(node)) {
      ++uses[input];
      if (seen.insert(input).second) ready.push_back(input);
    }
  }

  // Take whatever nobody uses any more.
  std::vector<std::int64_t> result;
  if (uses.find(root) == uses.end()) ready.push_back(root);
  while (!ready.empty()) {
    const std::int64_t node = ready.back();
    ready.pop_back();
    result.push_back(node);
    for (const std::int64_t input : inputs_of(node))
      if (--uses[input] == 0) ready.push_back(input);
  }
  KILN_REQUIRE("some nodes depend on themselves", result.size() == seen.size());
  for (std::size_t i = 0; i < result.size(); ++i) order[i] = result[i];
  return static_cast<std::int64_t>(result.size());
}
