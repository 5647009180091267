// topological_order: the nodes that a root depends on, each before all of its inputs.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 2.
#include <algorithm>
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

enum class Visit : std::uint8_t { unseen, open, done };

void check_graph(std::span<const std::int64_t> first_input, std::span<const std::int64_t> inputs, std::int64_t root,
                 std::span<std::int64_t> order) {
  const auto nodes = static_cast<std::int64_t>(order.size());
  KILN_REQUIRE("topological_order: first_input has an element more than there are nodes, and order as many",
               first_input.size() == order.size() + 1);
  KILN_REQUIRE("topological_order: nodes count from 0; the root", root >= 0);
  KILN_REQUIRE("topological_order: the root is none of the nodes", root < nodes);
  KILN_REQUIRE("topological_order: first_input starts at 0", first_input.front() == 0);
  KILN_REQUIRE("topological_order: first_input does not fall", std::is_sorted(first_input.begin(), first_input.end()));
  KILN_REQUIRE("topological_order: first_input ends with the number of inputs",
               first_input.back() == static_cast<std::int64_t>(inputs.size()));
  for (const std::int64_t input : inputs)
    KILN_REQUIRE(
        "topological_order: input " + std::to_string(input) + " is none of " + std::to_string(nodes) + " nodes",
        (input >= 0 && input < nodes));
}

std::span<const std::int64_t> inputs_of(std::span<const std::int64_t> first_input, std::span<const std::int64_t> inputs,
                                        std::int64_t node) {
  const auto first = static_cast<std::size_t>(first_input[static_cast<std::size_t>(node)]);
  const auto last = static_cast<std::size_t>(first_input[static_cast<std::size_t>(node) + 1]);
  return inputs.subspan(first, last - first);
}

/// Puts the inputs that nobody has opened yet on the path.
void push_inputs(std::span<const std::int64_t> inputs, const std::vector<Visit>& visits,
                 std::vector<std::int64_t>& path) {
  for (const std::int64_t input : inputs) {
    const Visit visit = visits[static_cast<std::size_t>(input)];
    // What is open lies between the root and here: coming back to it closes a circle.
    KILN_REQUIRE("topological_order: node " + std::to_string(input) + " depends on itself", (visit != Visit::open));
    if (visit == Visit::unseen) path.push_back(input);
  }
}

}  // namespace
// END SOLUTION

// Example: z = x * y + x as nodes 0: x, 1: y, 2: x * y, 3: z, with inputs {} {} {0, 1} {2, 0}:
//   first_input = {0, 0, 0, 2, 4}, inputs = {0, 1, 2, 0}, root = 3 -> 4 nodes, order = {3, 2, 0, 1} or {3, 2, 1, 0}.
// x is used by z as well, and still comes after x * y.
std::int64_t impl::topological_order(std::span<const std::int64_t> first_input, std::span<const std::int64_t> inputs,
                                     std::int64_t root, std::span<std::int64_t> order) {
  // BEGIN SOLUTION
  check_graph(first_input, inputs, root, order);

  // Depth first: a node is finished once all of its inputs are. So inputs are finished before whatever uses them, and
  // the finished nodes, read backwards, are the order that is wanted.
  // `path` is the stack of a recursion, held in a vector: a chain of 300,000 nodes would overflow the real one. A node
  // is met there twice, when it is opened and, with all that lies above it finished, when it is finished itself.
  std::vector<Visit> visits(order.size(), Visit::unseen);
  std::vector<std::int64_t> path{root}, finished;
  while (!path.empty()) {
    const std::int64_t node = path.back();
    Visit& visit = visits[static_cast<std::size_t>(node)];
    if (visit == Visit::unseen) {
      visit = Visit::open;
      push_inputs(inputs_of(first_input, inputs, node), visits, path);
      continue;
    }
    path.pop_back();
    // What several nodes read may lie there several times; the first time counts.
    if (visit == Visit::open) finished.push_back(node);
    visit = Visit::done;
  }

  std::copy(finished.rbegin(), finished.rend(), order.begin());
  return static_cast<std::int64_t>(finished.size());
  // END SOLUTION
}
