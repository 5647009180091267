// first_non_finite: the place in a graph where numbers stopped being numbers.
#include <cmath>
#include <unordered_set>
#include <utility>
#include <vector>

#include "nn/node.hpp"

namespace kiln::nn {
namespace {

/// The first element that is NaN or infinite; -1 where all are finite.
std::int64_t find_non_finite(const Tensor& tensor) {
  const std::span<const float> values = tensor.flat();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) return static_cast<std::int64_t>(i);
  return -1;
}

}  // namespace

// Depth first, inputs before what was computed from them; so the first hit has finite inputs. The path is a list of its
// own, because a graph may be deeper than the stack.
std::optional<NonFinite> first_non_finite(const Variable& result) {
  std::unordered_set<const detail::Node*> seen{result.node_.get()};
  std::vector<std::pair<const detail::Node*, std::size_t>> path{{result.node_.get(), 0}};
  while (!path.empty()) {
    auto& [node, next] = path.back();
    if (next < node->inputs.size()) {
      const detail::Node* input = node->inputs[next++].get();
      if (seen.insert(input).second) path.emplace_back(input, 0);
      continue;
    }
    const std::int64_t element = find_non_finite(node->value);
    if (element >= 0) return NonFinite{node->op, node->layer, node->value.data(), element};
    path.pop_back();
  }
  return std::nullopt;
}

}  // namespace kiln::nn
