// Wrong: goes every way from the root to measure how far each node is, also where it has been before.
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
  const auto nodes = static_cast<std::int64_t>(order.size());
  std::vector<std::int64_t> distance(order.size(), -1), found;
  std::vector<std::pair<std::int64_t, std::int64_t>> ways{{root, 0}};
  while (!ways.empty()) {
    const auto [node, way] = ways.back();
    ways.pop_back();
    KILN_REQUIRE("a node depends on itself", way < nodes);
    std::int64_t& longest = distance[static_cast<std::size_t>(node)];
    if (longest < 0) found.push_back(node);
    longest = std::max(longest, way);
    for (const std::int64_t input : inputs_of(first_input, inputs, node)) ways.push_back({input, way + 1});
  }
  std::sort(found.begin(), found.end(), [&](std::int64_t a, std::int64_t b) {
    return distance[static_cast<std::size_t>(a)] < distance[static_cast<std::size_t>(b)];
  });
  std::copy(found.begin(), found.end(), order.begin());
  return static_cast<std::int64_t>(found.size());
}
