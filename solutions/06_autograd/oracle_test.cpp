// The oracles of module 06 against each other: what is written as a rule there is the derivative, by central
// differences, of what the operation computes. No kernel takes part.
#include <gtest/gtest.h>

#include <algorithm>

#include "oracle.hpp"
#include "oracle_of_graphs.hpp"
#include "testing/gradient.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

Function64 operation(const GraphNode& node) {
  return [node](const std::vector<Array64>& inputs) { return oracle::forward(node, inputs); };
}

struct Shapes {
  Shape a, b, out;
};
const Shapes kShapes[] = {{{}, {}, {}},
                          {{5}, {5}, {5}},
                          {{2, 3}, {3}, {2, 3}},
                          {{3}, {2, 3}, {2, 3}},
                          {{2, 1}, {1, 3}, {2, 3}},
                          {{}, {2, 2}, {2, 2}},
                          {{2, 1, 2}, {3, 1}, {2, 3, 2}},
                          {{1}, {1, 1}, {1, 1}},
                          {{0}, {2, 1}, {2, 0}}};

/// Operands, none of them near 0, and a cotangent.
struct Drawn {
  std::vector<Array64> in;
  Array64 cotangent;
};

Drawn draw(const Shapes& shapes, Random& random) {
  return {{random_array64(shapes.a, random), random_array64(shapes.b, random, 0.5f, 2.0f)},
          random_array64(shapes.out, random)};
}

TEST(oracle_of_elementwise, rules_are_derivatives) {
  Random random(6);
  for (const Shapes& shapes : kShapes) {
    SCOPED_TRACE(to_string(shapes.a) + " and " + to_string(shapes.b));
    const auto [in, cotangent] = draw(shapes, random);
    const Array64 zero_a(shapes.a), zero_b(shapes.b);
    const GraphNode add{Op::add, {0, 1}}, sub{Op::sub, {0, 1}}, mul{Op::mul, {0, 1}}, div{Op::div, {0, 1}};
    expect_gradient("add by a", operation(add), in, 0, cotangent, oracle::unbroadcast(cotangent, zero_a).value);
    expect_gradient("add by b", operation(add), in, 1, cotangent, oracle::unbroadcast(cotangent, zero_b).value);
    expect_gradient("sub by a", operation(sub), in, 0, cotangent, oracle::unbroadcast(cotangent, zero_a).value);
    expect_gradient("sub by b", operation(sub), in, 1, cotangent, oracle::sub_backward_b(cotangent, zero_b).value);
    expect_gradient("mul by a", operation(mul), in, 0, cotangent, oracle::mul_backward(cotangent, in[1], zero_a).value);
    expect_gradient("mul by b", operation(mul), in, 1, cotangent, oracle::mul_backward(cotangent, in[0], zero_b).value);
    expect_gradient("div by a", operation(div), in, 0, cotangent,
                    oracle::div_backward_a(cotangent, in[1], zero_a).value);
    expect_gradient("div by b", operation(div), in, 1, cotangent,
                    oracle::div_backward_b(cotangent, in[0], in[1], zero_b).value);
  }
}

/// Values that lie 0.25 apart at least, in random order: no two tie, and no maximum changes within a step.
Array64 without_ties(const Shape& shape, Random& random) {
  Array64 out(shape);
  for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] = 0.25 * static_cast<double>(i) - 1;
  random.shuffle(std::span<double>(out.values));
  return out;
}

TEST(oracle_of_reductions, rules_are_derivatives) {
  Random random(7);
  for (const Shape& shape : {Shape{4}, Shape{1}, Shape{3, 2}, Shape{2, 3, 2}, Shape{2, 1, 3}, Shape{0, 2}})
    for (int axis = -shape.rank(); axis < shape.rank(); ++axis)
      for (const bool keepdims : {false, true}) {
        SCOPED_TRACE(to_string(shape) + " over axis " + std::to_string(axis));
        const std::vector<Array64> in{without_ties(shape, random)};
        const Array64 zero(shape);
        const GraphNode sum{Op::sum, {0}, axis, keepdims}, mean{Op::mean, {0}, axis, keepdims};
        const GraphNode max{Op::max, {0}, axis, keepdims};
        const Array64 cotangent = random_array64(oracle::maxima(in[0], axis, keepdims).shape, random);
        expect_gradient("sum", operation(sum), in, 0, cotangent,
                        oracle::sum_backward(cotangent, axis, keepdims, zero).value);
        expect_gradient("mean", operation(mean), in, 0, cotangent,
                        oracle::mean_backward(cotangent, axis, keepdims, zero).value);
        expect_gradient("max", operation(max), in, 0, cotangent,
                        oracle::max_backward(cotangent, in[0], axis, keepdims, zero).value);
      }
}

// At a tie a central difference sees half of each side: what two share is what it measures.
TEST(oracle_of_reductions, two_that_tie_share) {
  const Array64 tied = [] {
    Array64 out({3});
    out.values = {2, 5, 5};
    return out;
  }();
  const Array64 one(Shape{}, 1.0);
  expect_gradient("max", operation({Op::max, {0}, 0, false}), {tied}, 0, one,
                  oracle::max_backward(one, tied, 0, false, Array64({3})).value);
}

TEST(oracle, adds_to_what_stands_there) {
  Random random(8);
  const Array64 grad = random_array64({2, 3}, random), before = random_array64({3}, random);
  const Expected from_zero = oracle::unbroadcast(grad, Array64({3})), sum = oracle::unbroadcast(grad, before);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(sum.value.values[i], before.values[i] + from_zero.value.values[i], 1e-15);
    EXPECT_NEAR(sum.magnitude.values[i], std::abs(before.values[i]) + from_zero.magnitude.values[i], 1e-15);
  }
  EXPECT_EQ(sum.terms, 2) << "two rows are added to each element";
}

TEST(complaint_about_order, tells_what_is_wrong) {
  // z = x * y + x; node 4 reads z and is not asked for.
  const std::vector<std::int64_t> first{0, 0, 0, 2, 4, 5}, inputs{0, 1, 2, 0, 3};
  auto complaint = [&](std::int64_t count, const std::vector<std::int64_t>& order) {
    return oracle::complaint_about_order(first, inputs, 3, count, order, -1);
  };
  EXPECT_EQ(complaint(4, {3, 2, 0, 1, -1}), "");
  EXPECT_EQ(complaint(4, {3, 2, 1, 0, -1}), "");
  EXPECT_EQ(complaint(5, {3, 2, 1, 0, 4}), "the root depends on 4 nodes, itself among them, but the answer is 5");
  EXPECT_EQ(complaint(4, {0, 1, 2, 3, -1}), "order[0] is 0, not the root 3");
  EXPECT_EQ(complaint(4, {3, 0, 2, 1, -1}), "node 2 reads node 0, but stands behind it: at 2, node 0 at 1");
  EXPECT_EQ(complaint(4, {3, 2, 0, 0, -1}), "order[3] is 0, which stands at 2 already");
  EXPECT_EQ(complaint(4, {3, 2, 0, 4, -1}), "order[3] is 4, on which the root does not depend");
  EXPECT_EQ(complaint(4, {3, 2, 0, 9, -1}), "order[3] is 9, which is no node");
  EXPECT_EQ(complaint(4, {3, 2, 0, 1, 4}), "order[4] lies behind the 4 nodes and was changed to 4");
}

TEST(oracle_of_graphs, a_graph_by_hand) {
  // y = x * x + x at x = 3: dy/dx = 7, with 2 flowing in 14.
  const std::vector<GraphNode> nodes{{}, {Op::mul, {0, 0}}, {Op::add, {1, 0}}};
  const Array64 three(Shape{}, 3.0), two(Shape{}, 2.0);
  const std::vector<Array64> values = oracle::evaluate(nodes, {three, Array64(), Array64()});
  EXPECT_EQ(values[2].values[0], 12);
  EXPECT_EQ(oracle::backward(nodes, values, 2, two, 0).values[0], 14);
  EXPECT_EQ(oracle::backward(nodes, values, 2, two, 1).values[0], 2);
}

}  // namespace
