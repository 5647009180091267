// Graphs for tests: drawn in random numbering, so that a node's number says nothing of where it stands.
#include "graphs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "testing/under_test.hpp"

namespace kiln::testing {

namespace {

constexpr const char* kOpNames[] = {"leaf",
                                    "add",
                                    "sub",
                                    "mul",
                                    "div",
                                    "sum",
                                    "mean",
                                    "max",
                                    "matmul",
                                    "linear",
                                    "relu",
                                    "sigmoid",
                                    "tanh",
                                    "gelu",
                                    "gelu_tanh",
                                    "softmax",
                                    "log_softmax",
                                    "mean_squared_error",
                                    "binary_cross_entropy"};

std::string list(std::span<const std::int64_t> numbers) {
  std::string text = "{";
  for (std::size_t i = 0; i < numbers.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(numbers[i]);
  return text + "}";
}

/// 0, 1, ..., n - 1 in random order.
std::vector<std::int64_t> shuffled(Generator& g, std::int64_t n) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  g.random().shuffle(std::span<std::int64_t>(numbers));
  return numbers;
}

std::size_t pick(Generator& g, std::size_t n) { return static_cast<std::size_t>(g.random().below(n)); }

double largest(const Array64& array) {
  double most = 0;
  for (const double value : array.values) most = std::max(most, std::abs(value));
  return most;
}

}  // namespace

const char* name_of(Op op) { return kOpNames[static_cast<int>(op)]; }

std::int64_t Links::add(std::initializer_list<std::int64_t> reads) {
  inputs.insert(inputs.end(), reads);
  first_input.push_back(static_cast<std::int64_t>(inputs.size()));
  return nodes() - 1;
}

std::string Links::describe() const {
  if (nodes() > 40) return std::to_string(nodes()) + " nodes";
  return "first_input " + list(first_input) + ", inputs " + list(inputs);
}

std::vector<std::int64_t> draw_links(Generator& g, std::int64_t nodes, Links& links) {
  const std::vector<std::int64_t> numbers = shuffled(g, nodes);
  std::vector<std::vector<std::int64_t>> reads(static_cast<std::size_t>(nodes));
  for (std::size_t i = 1; i < numbers.size(); ++i)
    for (std::size_t count = pick(g, 4); count > 0; --count)
      reads[static_cast<std::size_t>(numbers[i])].push_back(numbers[pick(g, i)]);
  for (const std::vector<std::int64_t>& read : reads) {
    links.inputs.insert(links.inputs.end(), read.begin(), read.end());
    links.first_input.push_back(static_cast<std::int64_t>(links.inputs.size()));
  }
  return numbers;
}

void expect_order(const Links& links, std::int64_t root) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(links.nodes()), kRest);
  const std::int64_t count =
      under_test<AutogradSlots>().topological_order(links.first_input, links.inputs, root, order);
  const std::string complaint =
      oracle::complaint_about_order(links.first_input, links.inputs, root, count, order, kRest);
  if (complaint.empty()) return;
  ADD_FAILURE() << complaint << "\n  " << links.describe() << ", root " << root
                << (links.nodes() > 40 ? "" : "\n  order " + list(order));
}

Tape::Tape(Generator& g, std::vector<GraphNode> graph, const std::vector<Array64>& leaves) : nodes(std::move(graph)) {
  std::size_t next = 0;
  for (const GraphNode& node : nodes) exact.push_back(node.op == Op::leaf ? leaves[next++] : Array64());
  exact = oracle::evaluate(nodes, std::move(exact));
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const std::string name = " of node " + std::to_string(i);
    values.emplace_back("value" + name, exact[i].shape, g.writable_layout());
    values.back().assign(exact[i]);
    gradients.emplace_back("gradient" + name, exact[i].shape, g.writable_layout());
    gradients.back().fill(0);
  }
}

std::string Tape::describe() const {
  std::string text;
  for (std::size_t i = 0; i < nodes.size() && i < 40; ++i) {
    text += "node " + std::to_string(i) + ": " + name_of(nodes[i].op);
    if (!nodes[i].inputs.empty()) text += " of " + list(nodes[i].inputs);
    text += ", shape " + to_string(exact[i].shape) + "\n";
  }
  return text;
}

Array64 whole_numbers(Generator& g, const Shape& shape, std::int64_t most) {
  Array64 out(shape);
  for (double& value : out.values)
    value = static_cast<double>(g.random().below(static_cast<std::uint64_t>(2 * most + 1))) - static_cast<double>(most);
  return out;
}

Array64 far_apart(Generator& g, const Shape& shape) {
  Array64 out(shape);
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const double size = 0.25 + 0.125 * static_cast<double>(i);
    out.values[i] = g.random().below(2) == 0 ? size : -size;
  }
  g.random().shuffle(std::span<double>(out.values));
  return out;
}

std::vector<Array64> draw_operands(Generator& g, Op op, const std::vector<Shape>& shapes) {
  std::vector<Array64> operands;
  for (const Shape& shape : shapes) operands.push_back(far_apart(g, shape));
  if (op == Op::binary_cross_entropy)
    for (double& target : operands[1].values) target = std::abs(target);
  return operands;
}

Tape draw_tape(Generator& g, std::int64_t& root) {
  // Draw the graph from the leaves on, in an order that the numbers will not show.
  const Shape shapes[] = {{2, 3}, {3}, {2, 1}, {}};
  std::vector<GraphNode> nodes(3);
  std::vector<Array64> values;
  for (std::size_t i = 0; i < 3; ++i) values.push_back(whole_numbers(g, shapes[pick(g, 4)], 2));
  int products = 0;
  while (nodes.size() < 10) {
    // One of the last two, so that much depends on each other, and any.
    const auto a = static_cast<std::int64_t>(nodes.size() - 1 - pick(g, 2));
    const auto b = static_cast<std::int64_t>(pick(g, nodes.size()));
    GraphNode node{g.random().below(2) == 0 ? Op::add : Op::sub, {a, b}};
    if (g.random().below(3) == 0 && products < 3) node.op = Op::mul;
    if (g.random().below(5) == 0 && values[static_cast<std::size_t>(a)].shape.rank() > 0)
      node = {Op::sum, {a}, -1, true};
    Array64 value = oracle::forward(node, node.inputs.size() == 1 ? std::vector{values[static_cast<std::size_t>(a)]}
                                                                  : std::vector{values[static_cast<std::size_t>(a)],
                                                                                values[static_cast<std::size_t>(b)]});
    if (largest(value) > 16) continue;
    products += node.op == Op::mul;
    nodes.push_back(node);
    values.push_back(value);
  }

  // Number it anew.
  const std::vector<std::int64_t> numbers = shuffled(g, static_cast<std::int64_t>(nodes.size()));
  std::vector<GraphNode> renumbered(nodes.size());
  std::vector<Array64> leaves;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (std::int64_t& input : nodes[i].inputs) input = numbers[static_cast<std::size_t>(input)];
    renumbered[static_cast<std::size_t>(numbers[i])] = nodes[i];
  }
  for (std::size_t number = 0; number < nodes.size(); ++number)
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (numbers[i] == static_cast<std::int64_t>(number) && nodes[i].op == Op::leaf) leaves.push_back(values[i]);
  root = numbers.back();
  return Tape(g, renumbered, leaves);
}

void expect_backward(const Tape& tape, std::int64_t root, const Array64& grad_root, double grid) {
  const auto at_root = static_cast<std::size_t>(root);
  tape.gradients[at_root].assign(grad_root);
  std::vector<Array64> expected;
  for (std::size_t i = 0; i < tape.nodes.size(); ++i) {
    expected.push_back(tape.gradients[i].values());
    if (i == at_root) continue;
    const Array64 grown = oracle::backward(tape.nodes, tape.exact, root, grad_root, static_cast<std::int64_t>(i), grid);
    for (std::size_t j = 0; j < grown.values.size(); ++j) expected.back().values[j] += grown.values[j];
  }
  under_test<AutogradSlots>().backward(tape.nodes, tape.value_views(), root, tape.gradient_views());
  for (std::size_t i = 0; i < tape.nodes.size(); ++i) expect_close(tape.gradients[i], exact(expected[i]));
  if (::testing::Test::HasFailure()) ADD_FAILURE() << "the graph, from root " << root << ":\n" << tape.describe();
}

}  // namespace kiln::testing
