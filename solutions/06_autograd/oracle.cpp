// The oracles of module 06: each formula once, element by element, in double.
// Every element of the gradient that flows in is visited once; its index says to which element of the gradient that is
// written it belongs.
#include "oracle.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace kiln::oracle {
namespace {

using testing::for_each_index;

/// The index of an operand of shape `own` that broadcasting puts at `index` of a shape with as many dimensions or more.
Shape broadcast_index(const Shape& own, const Shape& index) {
  Shape result = Shape::filled(own.rank(), 0);
  const int missing = index.rank() - own.rank();
  for (int d = 0; d < own.rank(); ++d)
    if (own[d] != 1) result[d] = index[d + missing];
  return result;
}

double broadcast_at(const Array64& operand, const Shape& index) {
  return operand.at(broadcast_index(operand.shape, index));
}

/// before + term(index), summed over what broadcasts; each term costs `roundings` more than its addition.
Expected summed(const Shape& shape, const Array64& before, double roundings,
                const std::function<double(const Shape&)>& term) {
  Expected out{before, before, 1};
  for (double& magnitude : out.magnitude.values) magnitude = std::abs(magnitude);
  for_each_index(shape, [&](const Shape& index) {
    const Shape to = broadcast_index(before.shape, index);
    const double value = term(index);
    out.value.at(to) += value;
    out.magnitude.at(to) += std::abs(value);
  });
  const auto elements = static_cast<double>(std::max<std::int64_t>(before.shape.elements(), 1));
  out.terms = static_cast<double>(shape.elements()) / elements + roundings;
  return out;
}

int from_front(int axis, int rank) { return axis < 0 ? axis + rank : axis; }

/// The index of a reduced tensor that an index of what was reduced belongs to.
Shape reduced_index(const Shape& index, int axis, bool keepdims) {
  Shape out;
  for (int d = 0; d < index.rank(); ++d) {
    if (d != axis) out.push_back(index[d]);
    if (d == axis && keepdims) out.push_back(0);
  }
  return out;
}

Shape reduced_shape(const Shape& in, int axis, bool keepdims) {
  Shape out;
  for (int d = 0; d < in.rank(); ++d) {
    if (d != axis) out.push_back(in[d]);
    if (d == axis && keepdims) out.push_back(1);
  }
  return out;
}

/// before[index] + share(index): each element gets one term, so nothing broadcasts.
Expected spread(const Array64& before, double roundings, const std::function<double(const Shape&)>& share) {
  return summed(before.shape, before, roundings, share);
}

struct Graph {
  std::span<const std::int64_t> first_input, inputs;

  std::span<const std::int64_t> inputs_of(std::int64_t node) const {
    const auto first = static_cast<std::size_t>(first_input[static_cast<std::size_t>(node)]);
    const auto last = static_cast<std::size_t>(first_input[static_cast<std::size_t>(node) + 1]);
    return inputs.subspan(first, last - first);
  }
};

/// What root depends on, in any order: everything that is found from somewhere.
std::vector<std::int64_t> reached_from(const Graph& graph, std::int64_t root, std::size_t nodes) {
  std::vector<bool> reached(nodes, false);
  std::vector<std::int64_t> found{root};
  reached[static_cast<std::size_t>(root)] = true;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const std::int64_t input : graph.inputs_of(found[i])) {
      if (reached[static_cast<std::size_t>(input)]) continue;
      reached[static_cast<std::size_t>(input)] = true;
      found.push_back(input);
    }
  return found;
}

constexpr std::int64_t kNowhere = -1, kAwaited = -2;

bool is_maximum(double x, double maximum) { return x == maximum || (std::isnan(x) && std::isnan(maximum)); }

}  // namespace

Shape broadcast(const Shape& a, const Shape& b) {
  Shape out = Shape::filled(std::max(a.rank(), b.rank()), 1);
  for (const Shape& in : {a, b})
    for (int d = 0; d < in.rank(); ++d)
      if (in[d] != 1) out[d + out.rank() - in.rank()] = in[d];
  return out;
}

Expected unbroadcast(const Array64& grad_out, const Array64& before) {
  return summed(grad_out.shape, before, 0, [&](const Shape& index) { return grad_out.at(index); });
}

Expected sub_backward_b(const Array64& grad_out, const Array64& before) {
  return summed(grad_out.shape, before, 0, [&](const Shape& index) { return -grad_out.at(index); });
}

Expected mul_backward(const Array64& grad_out, const Array64& other, const Array64& before) {
  return summed(grad_out.shape, before, 1,
                [&](const Shape& index) { return grad_out.at(index) * broadcast_at(other, index); });
}

Expected div_backward_a(const Array64& grad_out, const Array64& b, const Array64& before) {
  return summed(grad_out.shape, before, 1,
                [&](const Shape& index) { return grad_out.at(index) / broadcast_at(b, index); });
}

Expected div_backward_b(const Array64& grad_out, const Array64& a, const Array64& b, const Array64& before) {
  return summed(grad_out.shape, before, 3, [&](const Shape& index) {
    const double divisor = broadcast_at(b, index);
    return -grad_out.at(index) * broadcast_at(a, index) / (divisor * divisor);
  });
}

Expected sum_backward(const Array64& grad_out, int axis, bool keepdims, const Array64& before) {
  axis = from_front(axis, before.shape.rank());
  return spread(before, 0, [&](const Shape& index) { return grad_out.at(reduced_index(index, axis, keepdims)); });
}

Expected mean_backward(const Array64& grad_out, int axis, bool keepdims, const Array64& before) {
  axis = from_front(axis, before.shape.rank());
  const auto count = static_cast<double>(before.shape[axis]);
  // Either the gradient is divided, or it is multiplied with 1 / n, which was rounded before.
  return spread(before, 2,
                [&](const Shape& index) { return grad_out.at(reduced_index(index, axis, keepdims)) / count; });
}

Array64 maxima(const Array64& in, int axis, bool keepdims) {
  axis = from_front(axis, in.shape.rank());
  Array64 out(reduced_shape(in.shape, axis, keepdims), -std::numeric_limits<double>::infinity());
  for_each_index(in.shape, [&](const Shape& index) {
    double& best = out.at(reduced_index(index, axis, keepdims));
    const double value = in.at(index);
    if (std::isnan(value) || value > best) best = value;
  });
  return out;
}

Expected max_backward(const Array64& grad_out, const Array64& in, int axis, bool keepdims, const Array64& before) {
  axis = from_front(axis, in.shape.rank());
  const Array64 best = maxima(in, axis, keepdims);
  Array64 ties(best.shape);
  for_each_index(in.shape, [&](const Shape& index) {
    const Shape at = reduced_index(index, axis, keepdims);
    if (is_maximum(in.at(index), best.at(at))) ties.at(at) += 1;
  });
  return spread(before, 2, [&](const Shape& index) {
    const Shape at = reduced_index(index, axis, keepdims);
    return is_maximum(in.at(index), best.at(at)) ? grad_out.at(at) / ties.at(at) : 0.0;
  });
}

std::string complaint_about_order(std::span<const std::int64_t> first_input, std::span<const std::int64_t> inputs,
                                  std::int64_t root, std::int64_t count, std::span<const std::int64_t> order,
                                  std::int64_t rest) {
  const Graph graph{first_input, inputs};
  const std::vector<std::int64_t> found = reached_from(graph, root, order.size());
  if (count != std::ssize(found))
    return "the root depends on " + std::to_string(found.size()) + " nodes, itself among them, but the answer is " +
           std::to_string(count);
  if (order[0] != root) return "order[0] is " + std::to_string(order[0]) + ", not the root " + std::to_string(root);

  // Each node once, and where it stands.
  std::vector<std::int64_t> place(order.size(), kNowhere);
  for (const std::int64_t node : found) place[static_cast<std::size_t>(node)] = kAwaited;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t node = order[static_cast<std::size_t>(i)];
    const std::string where = "order[" + std::to_string(i) + "] is " + std::to_string(node);
    if (node < 0 || node >= std::ssize(order)) return where + ", which is no node";
    std::int64_t& at = place[static_cast<std::size_t>(node)];
    if (at == kNowhere) return where + ", on which the root does not depend";
    if (at != kAwaited) return where + ", which stands at " + std::to_string(at) + " already";
    at = i;
  }

  // Each before its inputs; nothing behind them.
  for (const std::int64_t node : found)
    for (const std::int64_t input : graph.inputs_of(node)) {
      const std::int64_t of_node = place[static_cast<std::size_t>(node)];
      const std::int64_t of_input = place[static_cast<std::size_t>(input)];
      if (of_input <= of_node)
        return "node " + std::to_string(node) + " reads node " + std::to_string(input) + ", but stands behind it: at " +
               std::to_string(of_node) + ", node " + std::to_string(input) + " at " + std::to_string(of_input);
    }
  for (std::size_t i = static_cast<std::size_t>(count); i < order.size(); ++i)
    if (order[i] != rest)
      return "order[" + std::to_string(i) + "] lies behind the " + std::to_string(count) +
             " nodes and was changed to " + std::to_string(order[i]);
  return "";
}

}  // namespace kiln::oracle
