// Module 06's hidden tests of topological_order and backward: the edges that the visible tests leave out.
// Each also asks for a result that is no edge case, so that a kernel that does nothing passes none.
#include "kiln/kernels/autograd.hpp"

#include <cmath>
#include <vector>

#include "graphs.hpp"
#include "oracle.hpp"
#include "oracle_of_graphs.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const AutogradSlots& kernel() { return under_test<AutogradSlots>(); }

Array64 scalar(double value) { return Array64(Shape{}, value); }

// ---- topological_order

TEST(topological_order, one_node_and_wide_ones) {
  one_case([](Generator&) {
    Links one;
    expect_order(one, one.add({}));
    // 50,000 leaves under one sum, and one leaf under 50,000 nodes.
    Links wide;
    std::vector<std::int64_t> leaves;
    for (int i = 0; i < 50'000; ++i) leaves.push_back(wide.add({}));
    wide.inputs = leaves;
    const std::int64_t sum = wide.add({});
    expect_order(wide, sum);
    Links star;
    const std::int64_t leaf = star.add({});
    std::vector<std::int64_t> users;
    for (int i = 0; i < 50'000; ++i) users.push_back(star.add({leaf}));
    star.inputs.insert(star.inputs.end(), users.begin(), users.end());
    expect_order(star, star.add({}));
  });
}

TEST(topological_order, cycles_beside_the_root_are_nobodys_business) {
  one_case([](Generator&) {
    // 0 and 1 read each other, 2 reads them; 3 is a leaf, 4 reads it.
    Links links;
    links.add({1});
    links.add({0});
    links.add({0, 1});
    const std::int64_t leaf = links.add({}), root = links.add({leaf, leaf});
    expect_order(links, root);
    std::vector<std::int64_t> order(5, kRest);
    expect_error(ErrorKind::invalid_argument, "the root reads a circle of two",
                 [&] { kernel().topological_order(links.first_input, links.inputs, 2, order); });
  });
}

TEST(topological_order, deep_diamonds) {
  for_each_case(2, [](Generator& g) {
    // Two chains of 30,000 nodes that cross at random.
    Links links;
    std::int64_t left = links.add({}), right = links.add({});
    for (int i = 0; i < 30'000; ++i) {
      const std::int64_t next_left = g.random().below(2) == 0 ? links.add({left, right}) : links.add({left});
      right = g.random().below(2) == 0 ? links.add({left, right}) : links.add({right});
      left = next_left;
    }
    expect_order(links, links.add({left, right}));
  });
}

TEST(topological_order, refuses_what_is_no_graph) {
  one_case([](Generator&) {
    struct Case {
      const char* what;
      std::vector<std::int64_t> first_input, inputs;
      std::int64_t root;
      std::size_t order;
    };
    const Case cases[] = {{"the root is -1", {0, 0, 1}, {0}, -1, 2},
                          {"the root is 2 of 2 nodes", {0, 0, 1}, {0}, 2, 2},
                          {"there are no nodes", {0}, {}, 0, 0},
                          {"there is no first_input", {}, {}, 0, 0},
                          {"an input is -1", {0, 0, 1}, {-1}, 1, 2},
                          {"an input is 2 of 2 nodes", {0, 0, 1}, {2}, 1, 2},
                          {"an input that the root does not need is 9", {0, 0, 1}, {9}, 0, 2},
                          {"first_input starts at 1", {1, 1, 2}, {0, 0}, 1, 2},
                          {"first_input falls", {0, 2, 1, 2}, {0, 0}, 2, 3},
                          {"first_input ends too early", {0, 0, 1}, {0, 0}, 1, 2},
                          {"first_input ends too late", {0, 0, 2}, {0}, 1, 2},
                          {"order is too short", {0, 0, 1}, {0}, 1, 1},
                          {"order is too long", {0, 0, 1}, {0}, 1, 3}};
    for (const Case& c : cases) {
      std::vector<std::int64_t> order(c.order, kRest);
      expect_error(ErrorKind::invalid_argument, c.what,
                   [&] { kernel().topological_order(c.first_input, c.inputs, c.root, order); });
      EXPECT_EQ(order, std::vector<std::int64_t>(c.order, kRest)) << "nothing is written where " << c.what;
    }
    Links links;
    const std::int64_t leaf = links.add({});
    expect_order(links, links.add({leaf}));
  });
}

// ---- backward

/// What a step makes of one gradient while nobody wants the others.
void expect_one_gradient(Generator& g, const GraphNode& node, const std::vector<Shape>& shapes, std::size_t by) {
  const std::vector<Array64> in = draw_operands(g, node.op, shapes);
  std::vector<Operand> values;
  for (const Array64& value : in) {
    values.emplace_back("operand", value.shape, Layout::dense);
    values.back().assign(value);
  }
  const Array64 result = oracle::forward(node, in);
  const Operand output("output", result.shape, Layout::dense), nothing("nothing", {0}, Layout::dense);
  output.assign(result);
  const Operand grad_output = g.input("grad_output", result.shape);
  const std::string name = std::string(name_of(node.op)) + "'s gradient by operand " + std::to_string(by);
  const Operand wanted = g.input(name, shapes[by], Layout::spaced);
  std::vector<View> grads(shapes.size(), nothing);
  grads[by] = wanted;
  const Expected expected = oracle::backward_step(node, in, by, grad_output.values(), wanted.values());
  kernel().backward_step(node, {values.begin(), values.end()}, output, grad_output, grads);
  expect_close(wanted, expected);
}

TEST(backward, one_gradient_of_several) {
  for_each_case(2, [](Generator& g) {
    for (const std::size_t by : {0u, 1u}) {
      for (const Op op : {Op::add, Op::sub, Op::mul, Op::div, Op::mean_squared_error})
        expect_one_gradient(g, {op, {0, 1}}, {{2, 3}, {2, 3}}, by);
      expect_one_gradient(g, {Op::matmul, {0, 1}}, {{2, 3}, {3, 4}}, by);
    }
    for (const std::size_t by : {0u, 1u, 2u})
      expect_one_gradient(g, {Op::linear, {0, 1, 2}}, {{2, 3}, {4, 3}, {4}}, by);
    expect_one_gradient(g, {Op::binary_cross_entropy, {0, 1}}, {{2, 3}, {2, 3}}, 0);
  });
}

TEST(backward, linear_without_bias) {
  for_each_case(3, [](Generator& g) {
    for (const std::size_t by : {0u, 1u}) expect_one_gradient(g, {Op::linear, {0, 1}}, {{2, 3}, {4, 3}}, by);
    const std::vector<GraphNode> nodes{{}, {}, {Op::linear, {0, 1}}};
    expect_backward(Tape(g, nodes, {whole_numbers(g, {2, 3}, 4), whole_numbers(g, {2, 3}, 4)}), 2,
                    whole_numbers(g, {2, 2}, 3));
  });
}

// x w^T + b, relu, another layer, a squared error: every number is a multiple of 1/4 and a float exactly.
TEST(backward, a_whole_network) {
  for_each_case(5, [](Generator& g) {
    Array64 hidden_bias = whole_numbers(g, {4}, 2);
    for (double& value : hidden_bias.values) value += 0.5;  // no sum is 0, where relu has its kink
    const std::vector<GraphNode> nodes{{},
                                       {},
                                       {},
                                       {},
                                       {},
                                       {},
                                       {Op::linear, {0, 1, 2}},
                                       {Op::relu, {6}},
                                       {Op::linear, {7, 3, 4}},
                                       {Op::mean_squared_error, {8, 5}}};
    const Tape tape(g, nodes,
                    {whole_numbers(g, {2, 3}, 2), whole_numbers(g, {4, 3}, 2), hidden_bias, whole_numbers(g, {2, 4}, 2),
                     whole_numbers(g, {2}, 2), whole_numbers(g, {2, 2}, 3)});
    expect_backward(tape, 9, scalar(1), 0.125);
  });
}

TEST(backward, one_operand_twice) {
  for_each_case(3, [](Generator& g) {
    for (const Op op : {Op::add, Op::sub, Op::mul, Op::matmul, Op::linear, Op::mean_squared_error}) {
      const std::vector<GraphNode> nodes{{}, {op, {0, 0}}};
      const Tape tape(g, nodes, {whole_numbers(g, {2, 2}, 4)});
      expect_backward(tape, 1, whole_numbers(g, tape.exact[1].shape, 3));
    }
  });
}

TEST(backward, the_root_is_anywhere) {
  one_case([](Generator& g) {
    // 0 -> 1 -> 2, and 3 reads 1 and 2: only what stands below the root gets anything.
    const std::vector<GraphNode> nodes{{}, {Op::add, {0, 0}}, {Op::mul, {1, 0}}, {Op::sub, {2, 1}}};
    for (const std::int64_t root : {3, 2, 1, 0})
      expect_backward(Tape(g, nodes, {whole_numbers(g, {3}, 5)}), root, whole_numbers(g, {3}, 5));
    const Tape tape(g, nodes, {whole_numbers(g, {3}, 5)});
    tape.gradients[3].fill(9);
    expect_backward(tape, 1, Array64({3}, 1));
    EXPECT_EQ(tape.gradients[0].values().values, (std::vector<double>{2, 2, 2}));
  });
}

TEST(backward, deep_graphs) {
  one_case([](Generator&) {
    // 1,000 additions of 1; the gradient of the first is what flows into the last.
    constexpr std::int64_t kDepth = 1000;
    std::vector<GraphNode> nodes{{}, {}};
    for (std::int64_t i = 0; i < kDepth; ++i) nodes.push_back({Op::add, {i == 0 ? 0 : i + 1, 1}});
    std::vector<float> values(nodes.size(), 1), gradients(nodes.size(), 0);
    std::vector<ConstView> value_views;
    std::vector<View> gradient_views;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      value_views.push_back({&values[i], {}, {}});
      gradient_views.push_back({&gradients[i], {}, {}});
    }
    gradients.back() = 3;
    kernel().backward(nodes, value_views, static_cast<std::int64_t>(nodes.size()) - 1, gradient_views);
    EXPECT_EQ(gradients[0], 3) << "the gradient of the first of " << kDepth << " additions";
    EXPECT_EQ(gradients[1], 3.f * kDepth) << "the gradient of what is added each time";
  });
}

TEST(backward, more_paths_than_time) {
  one_case([](Generator& g) {
    // x + x, and that plus itself, and so on: 2^50 paths, and a gradient of 2^50.
    std::vector<GraphNode> nodes(1);
    for (std::int64_t i = 0; i < 50; ++i) nodes.push_back({Op::add, {i, i}});
    const Tape tape(g, nodes, {scalar(1)});
    tape.gradients[50].fill(1);
    kernel().backward(tape.nodes, tape.value_views(), 50, tape.gradient_views());
    EXPECT_EQ(tape.gradients[0].values().values[0], 0x1p50);
    EXPECT_EQ(tape.gradients[25].values().values[0], 0x1p25);
  });
}

TEST(backward, nan_and_infinity_flow) {
  one_case([](Generator& g) {
    const std::vector<GraphNode> nodes{{}, {}, {Op::mul, {0, 1}}};
    const Tape tape(g, nodes, {scalar(kInfinity), scalar(2)});
    tape.gradients[2].fill(1);
    kernel().backward(tape.nodes, tape.value_views(), 2, tape.gradient_views());
    EXPECT_EQ(tape.gradients[0].values().values[0], 2);
    EXPECT_EQ(tape.gradients[1].values().values[0], kInfinity);
    tape.gradients[2].fill(kNaN);
    kernel().backward(tape.nodes, tape.value_views(), 2, tape.gradient_views());
    EXPECT_TRUE(std::isnan(tape.gradients[0].values().values[0]));
  });
}

TEST(backward, refuses_cycles_and_misfits) {
  one_case([](Generator& g) {
    std::vector<float> memory(6, 1), grad(6, 0);
    const ConstView value{memory.data(), {2}, {1}};
    const View gradient{grad.data(), {2}, {1}};
    auto run = [&](const std::vector<GraphNode>& nodes, std::size_t values, std::size_t gradients, std::int64_t root) {
      kernel().backward(nodes, std::vector<ConstView>(values, value), root, std::vector<View>(gradients, gradient));
    };
    const std::vector<GraphNode> circle{{Op::add, {1, 1}}, {Op::add, {0, 0}}}, good{{}, {Op::add, {0, 0}}};
    expect_error(ErrorKind::invalid_argument, "two nodes read each other", [&] { run(circle, 2, 2, 1); });
    expect_error(ErrorKind::invalid_argument, "a value is missing", [&] { run(good, 1, 2, 1); });
    expect_error(ErrorKind::invalid_argument, "there is a gradient too many", [&] { run(good, 2, 3, 1); });
    expect_error(ErrorKind::invalid_argument, "the root is no node", [&] { run(good, 2, 2, 2); });
    expect_error(ErrorKind::invalid_argument, "an input is no node", [&] { run({{}, {Op::add, {0, 5}}}, 2, 2, 1); });
    expect_error(ErrorKind::invalid_argument, "an addition has one operand", [&] {
      run({{}, {Op::add, {0}}}, 2, 2, 1);
    });
    expect_backward(Tape(g, good, {whole_numbers(g, {2}, 5)}), 1, whole_numbers(g, {2}, 5));
  });
}

}  // namespace
