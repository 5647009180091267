// Module 06's tests of topological_order and backward, as students see them, and the speed case of the walk.
#include "kiln/kernels/autograd.hpp"

#include <algorithm>
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

// ---- topological_order

TEST(topological_order, by_hand) {
  one_case([](Generator&) {
    // z = x * y + x
    Links links;
    const auto x = links.add({}), y = links.add({}), product = links.add({x, y}), z = links.add({product, x});
    expect_order(links, z);
    expect_order(links, product);
  });
}

TEST(topological_order, diamonds) {
  one_case([](Generator&) {
    Links links;
    const auto x = links.add({}), square = links.add({x, x});
    const auto left = links.add({square}), right = links.add({square, x}), far = links.add({left});
    expect_order(links, square);
    expect_order(links, links.add({left, right}));
    expect_order(links, links.add({far, right}));
    expect_order(links, links.add({right, far, x}));
  });
}

TEST(topological_order, numbers_say_nothing) {
  for_each_case(30, [](Generator& g) {
    Links links;
    const std::vector<std::int64_t> numbers = draw_links(g, 2 + static_cast<std::int64_t>(g.random().below(30)), links);
    expect_order(links, numbers.back());
  });
}

TEST(topological_order, leaves_out_what_the_root_does_not_need) {
  for_each_case(20, [](Generator& g) {
    Links links;
    const std::vector<std::int64_t> numbers = draw_links(g, 20, links);
    for (const std::int64_t root : {numbers[10], numbers[19], numbers[0]}) expect_order(links, root);
  });
}

TEST(topological_order, a_long_chain) {
  one_case([](Generator&) {
    Links links;
    std::int64_t last = links.add({});
    for (int i = 1; i < 300'000; ++i) last = links.add({last});
    expect_order(links, last);
  });
}

TEST(topological_order, more_paths_than_time) {
  one_case([](Generator&) {
    // x + x, and that plus itself, and so on: 60 nodes, and 2^60 ways from the last to the first.
    Links links;
    std::int64_t last = links.add({});
    for (int i = 0; i < 60; ++i) last = links.add({last, last});
    expect_order(links, last);
  });
}

TEST(topological_order, refuses_cycles) {
  one_case([](Generator&) {
    const std::vector<std::vector<std::int64_t>> firsts{{0, 1}, {0, 1, 2}, {0, 1, 2, 3, 3}};
    const std::vector<std::vector<std::int64_t>> inputs{{0}, {1, 0}, {1, 2, 0}};
    for (std::size_t i = 0; i < firsts.size(); ++i) {
      std::vector<std::int64_t> order(firsts[i].size() - 1, kRest);
      expect_error(ErrorKind::invalid_argument, "a circle of " + std::to_string(i + 1) + " nodes",
                   [&] { kernel().topological_order(firsts[i], inputs[i], 0, order); });
      EXPECT_EQ(order, std::vector<std::int64_t>(order.size(), kRest)) << "nothing is written where there is a cycle";
    }
    Links links;
    expect_order(links, links.add({}));
  });
}

// ---- backward

/// One operation with values and gradients, and what backward_step should make of each gradient.
void expect_step(Generator& g, const GraphNode& node, const std::vector<Shape>& shapes) {
  const std::vector<Array64> in = draw_operands(g, node.op, shapes);
  std::vector<Operand> values, grads;
  for (std::size_t i = 0; i < in.size(); ++i) {
    values.emplace_back("operand", shapes[i], g.writable_layout());
    values.back().assign(in[i]);
    const std::string name = std::string(name_of(node.op)) + "'s gradient by operand " + std::to_string(i);
    grads.push_back(g.input(name, shapes[i], g.writable_layout()));
  }
  const Array64 result = oracle::forward(node, in);
  const Operand output("output", result.shape, g.writable_layout());
  output.assign(result);
  const Operand grad_output = g.input("grad_output", result.shape);
  std::vector<Expected> expected;
  for (std::size_t i = 0; i < grads.size(); ++i)
    expected.push_back(oracle::backward_step(node, in, i, grad_output.values(), grads[i].values()));
  if (node.op == Op::binary_cross_entropy) expected[1] = exact(grads[1].values());
  kernel().backward_step(node, {values.begin(), values.end()}, output, grad_output, {grads.begin(), grads.end()});
  for (std::size_t i = 0; i < grads.size(); ++i) expect_close(grads[i], expected[i]);
}

struct Step {
  GraphNode node;
  std::vector<Shape> shapes;
};
const Step kSteps[] = {{{Op::add, {0, 1}}, {{2, 3}, {3}}},
                       {{Op::sub, {0, 1}}, {{2, 3}, {3}}},
                       {{Op::mul, {0, 1}}, {{2, 1}, {2, 3}}},
                       {{Op::div, {0, 1}}, {{3}, {2, 3}}},
                       {{Op::sum, {0}, 0}, {{2, 3}}},
                       {{Op::mean, {0}, 1, true}, {{2, 3}}},
                       {{Op::max, {0}, -2}, {{2, 3}}},
                       {{Op::matmul, {0, 1}}, {{2, 3}, {3, 4}}},
                       {{Op::linear, {0, 1, 2}}, {{2, 3}, {4, 3}, {4}}},
                       {{Op::relu, {0}}, {{2, 3}}},
                       {{Op::sigmoid, {0}}, {{2, 3}}},
                       {{Op::tanh, {0}}, {{2, 3}}},
                       {{Op::gelu, {0}}, {{2, 3}}},
                       {{Op::gelu_tanh, {0}}, {{2, 3}}},
                       {{Op::softmax, {0}}, {{2, 3}}},
                       {{Op::log_softmax, {0}}, {{2, 3}}},
                       {{Op::mean_squared_error, {0, 1}}, {{2, 3}, {2, 3}}},
                       {{Op::binary_cross_entropy, {0, 1}}, {{2, 3}, {2, 3}}}};

TEST(backward, a_step_of_every_operation) {
  for_each_case(3, [](Generator& g) {
    for (const Step& step : kSteps) {
      if (::testing::Test::HasFailure()) return;
      expect_step(g, step.node, step.shapes);
    }
  });
}

TEST(backward, by_hand) {
  one_case([](Generator& g) {
    // The lesson's graph: loss = (x * w + b - y)^2 with x = 3, w = 2, b = -1, y = 1.
    const auto number = [](double value) { return Array64(Shape{}, value); };
    const Tape tape(g, {{}, {}, {}, {}, {Op::mul, {0, 1}}, {Op::add, {4, 2}}, {Op::sub, {5, 3}}, {Op::mul, {6, 6}}},
                    {number(3), number(2), number(-1), number(1)});
    tape.gradients[7].fill(1);
    kernel().backward(tape.nodes, tape.value_views(), 7, tape.gradient_views());
    const double expected[] = {16, 24, 8, -8, 8, 8, 8, 1};
    for (std::size_t i = 0; i < 8; ++i) expect_close(tape.gradients[i], exact(number(expected[i])));
    if (::testing::Test::HasFailure()) ADD_FAILURE() << "the graph:\n" << tape.describe();
  });
}

TEST(backward, diamonds) {
  for_each_case(5, [](Generator& g) {
    // b reads a, c reads b twice, d reads b and c: b has to wait for three contributions.
    const std::vector<GraphNode> nodes{{}, {Op::add, {0, 0}}, {Op::mul, {1, 1}}, {Op::mul, {1, 2}}};
    expect_backward(Tape(g, nodes, {whole_numbers(g, {2, 3}, 3)}), 3, whole_numbers(g, {2, 3}, 2));
    // The same, reached in the other order.
    const std::vector<GraphNode> other{{}, {Op::add, {0, 0}}, {Op::mul, {1, 1}}, {Op::mul, {2, 1}}};
    expect_backward(Tape(g, other, {whole_numbers(g, {2, 3}, 3)}), 3, whole_numbers(g, {2, 3}, 2));
  });
}

TEST(backward, random_graphs) {
  for_each_case(20, [](Generator& g) {
    std::int64_t root = 0;
    const Tape tape = draw_tape(g, root);
    expect_backward(tape, root, whole_numbers(g, tape.exact[static_cast<std::size_t>(root)].shape, 2));
  });
}

TEST(backward, adds_to_what_has_gathered) {
  for_each_case(10, [](Generator& g) {
    std::int64_t root = 0;
    const Tape tape = draw_tape(g, root);
    for (std::size_t i = 0; i < tape.nodes.size(); ++i)
      if (tape.nodes[i].op == Op::leaf) tape.gradients[i].assign(whole_numbers(g, tape.exact[i].shape, 9));
    expect_backward(tape, root, whole_numbers(g, tape.exact[static_cast<std::size_t>(root)].shape, 2));
  });
}

TEST(backward, passes_over_what_nobody_wants) {
  one_case([](Generator& g) {
    // y = (x * c) + w, where nobody asks for c's gradient; and the same where x * c itself is of no interest.
    const std::vector<GraphNode> nodes{{}, {}, {}, {Op::mul, {0, 1}}, {Op::add, {3, 2}}};
    const Tape tape(g, nodes, {whole_numbers(g, {2}, 5), whole_numbers(g, {2}, 5), whole_numbers(g, {2}, 5)});
    const View nothing = Operand("nothing", {0}, Layout::dense);
    for (const std::size_t unwanted : {1u, 3u}) {
      for (const Operand& gradient : tape.gradients) gradient.fill(0);
      tape.gradients[4].fill(1);
      std::vector<View> gradients = tape.gradient_views();
      gradients[unwanted] = nothing;
      kernel().backward(tape.nodes, tape.value_views(), 4, gradients);
      const std::string what = unwanted == 1 ? "where c's is not wanted" : "where that of x * c is not wanted";
      EXPECT_EQ(tape.gradients[2].values().values, (std::vector<double>{1, 1})) << "w's gradient, " << what;
      EXPECT_EQ(tape.gradients[0].values().values, unwanted == 1 ? tape.exact[1].values : (std::vector<double>{0, 0}))
          << "x's gradient, " << what;
    }
  });
}

TEST(backward, refuses_wrong_operands) {
  one_case([](Generator& g) {
    const std::vector<float> memory = counted(6);
    std::vector<float> grad(6, 0.5f);
    const ConstView value = dense(memory, {2, 3});
    const View to = dense(grad, {2, 3});
    struct Case {
      Op op;
      std::size_t operands;
    };
    for (const auto& [op, operands] :
         {Case{Op::add, 1}, Case{Op::mul, 3}, Case{Op::relu, 0}, Case{Op::relu, 2}, Case{Op::leaf, 1}, Case{Op::sum, 2},
          Case{Op::matmul, 1}, Case{Op::linear, 1}, Case{Op::linear, 4}, Case{Op::mean_squared_error, 1}})
      expect_error(
          ErrorKind::invalid_argument,
          "operation " + std::to_string(static_cast<int>(op)) + " has " + std::to_string(operands) + " operands",
          [&, op = op, operands = operands] {
            kernel().backward_step({op, {}}, std::vector<ConstView>(operands, value), value, value,
                                   std::vector<View>(operands, to));
          });
    expect_error(ErrorKind::invalid_argument, "there is one gradient for two operands", [&] {
      kernel().backward_step({Op::add, {}}, {value, value}, value, value, {to});
    });
    EXPECT_EQ(grad, std::vector<float>(6, 0.5f)) << "nothing is written where operands are missing";
    expect_step(g, {Op::add, {0, 1}}, {{2, 3}, {3}});
  });
}

// ---- speed: what the steps in module.toml are about

constexpr std::int64_t kNodes = 4000;

// Every node but the first two reads the one before it and any other; the numbers are in random order. first_input
// stands in front, the inputs behind it.
void draw_graph(std::span<std::int64_t> words, Random& random) {
  std::vector<std::int64_t> numbers(kNodes), reads(2 * kNodes, -1);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int64_t>(i);
  // The root stays the last.
  random.shuffle(std::span<std::int64_t>(numbers).first(kNodes - 1));
  for (std::size_t i = 2; i < numbers.size(); ++i) {
    const auto to = 2 * static_cast<std::size_t>(numbers[i]);
    reads[to] = numbers[i - 1];
    reads[to + 1] = numbers[random.below(i)];
  }
  const std::span<std::int64_t> first_input = words.first(kNodes + 1), inputs = words.subspan(kNodes + 1);
  std::size_t count = 0;
  for (std::size_t node = 0; node < numbers.size(); ++node) {
    first_input[node] = static_cast<std::int64_t>(count);
    if (reads[2 * node] < 0) continue;
    inputs[count++] = reads[2 * node];
    inputs[count++] = reads[2 * node + 1];
  }
  first_input[kNodes] = static_cast<std::int64_t>(count);
}

using Numbers = std::span<const std::int64_t>;
const speed::SpeedCase topological_order_random = speed::speed_case<&AutogradSlots::topological_order>(
    "topological_order.random_graph",
    [](speed::SpeedArguments& s) {
      const Numbers words = s.numbers(kNodes + 1 + 2 * (kNodes - 2), draw_graph);
      return std::tuple<Numbers, Numbers, std::int64_t, std::span<std::int64_t>>(
          words.first(kNodes + 1), words.subspan(kNodes + 1), kNodes - 1, s.numbers_out(kNodes));
    },
    [](Numbers first_input, Numbers inputs, std::int64_t root, std::span<std::int64_t> order) {
      // Everything hangs together here: the root depends on all nodes but perhaps one of the first two.
      const auto count = std::find(order.begin(), order.end(), -1) - order.begin();
      return oracle::complaint_about_order(first_input, inputs, root, count, order, -1);
    });

}  // namespace
