// Wrong: writes a node down when it first comes to it, and not when all of its inputs are finished.
#include <algorithm>

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
  std::vector<std::int64_t> path{root}, finished;
  while (!path.empty()) {
    const std::int64_t node = path.back();
    char& here = state[static_cast<std::size_t>(node)];
    if (here != unseen) {
      path.pop_back();
      if (here == open) finished.push_back(node);
      here = done;
      continue;
    }
    here = open;
    for (const std::int64_t input : inputs_of(first_input, inputs, node)) {
      const char there = state[static_cast<std::size_t>(input)];
      KILN_REQUIRE("a node depends on itself", (there != open));
      if (there == unseen) path.push_back(input);
    }
  }
  // Cycles are refused; now go depth first.
  std::vector<bool> seen(order.size(), false);
  std::vector<std::int64_t> stack{root}, result;
  while (!stack.empty()) {
    const std::int64_t node = stack.back();
    stack.pop_back();
    if (seen[static_cast<std::size_t>(node)]) continue;
    seen[static_cast<std::size_t>(node)] = true;
    result.push_back(node);
    for (const std::int64_t input : inputs_of(first_input, inputs, node)) stack.push_back(input);
  }
  std::copy(result.begin(), result.end(), order.begin());
  return static_cast<std::int64_t>(result.size());
}
