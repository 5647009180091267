// Wrong: a function that calls itself for each input needs a stack as deep as the graph.
#include <algorithm>
#include <functional>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

using Numbers = std::span<const std::int64_t>;

void check_graph(Numbers first_input, Numbers inputs, std::int64_t root, std::span<std::int64_t> order) {
  const auto nodes = static_cast<std::int64_t>(order.size());
  KILN_REQUIRE("first_input has an element more than order", first_input.size() == order.size() + 1);
  KILN_REQUIRE("the root is a node", (root >= 0 && root < nodes));
  KILN_REQUIRE("first_input starts at 0", first_input.front() == 0);
  KILN_REQUIRE("first_input does not fall", std::is_sorted(first_input.begin(), first_input.end()));
  KILN_REQUIRE("first_input ends with the inputs", first_input.back() == static_cast<std::int64_t>(inputs.size()));
  for (const std::int64_t input : inputs) KILN_REQUIRE("every input is a node", (input >= 0 && input < nodes));
}

Numbers inputs_of(Numbers first_input, Numbers inputs, std::int64_t node) {
  const auto first = static_cast<std::size_t>(first_input[static_cast<std::size_t>(node)]);
  const auto last = static_cast<std::size_t>(first_input[static_cast<std::size_t>(node) + 1]);
  return inputs.subspan(first, last - first);
}

}  // namespace

std::int64_t impl::topological_order(Numbers first_input, Numbers inputs, std::int64_t root,
                                     std::span<std::int64_t> order) {
  check_graph(first_input, inputs, root, order);
  enum : char { unseen, open, done };
  std::vector<char> state(order.size(), unseen);
  std::vector<std::int64_t> finished;
  const std::function<void(std::int64_t)> visit = [&](std::int64_t node) {
    state[static_cast<std::size_t>(node)] = open;
    for (const std::int64_t input : inputs_of(first_input, inputs, node)) {
      const char there = state[static_cast<std::size_t>(input)];
      KILN_REQUIRE("a node depends on itself", (there != open));
      if (there == unseen) visit(input);
    }
    state[static_cast<std::size_t>(node)] = done;
    finished.push_back(node);
  };
  visit(root);
  std::copy(finished.rbegin(), finished.rend(), order.begin());
  return static_cast<std::int64_t>(finished.size());
}
