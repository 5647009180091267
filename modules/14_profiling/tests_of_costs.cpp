// Module 14's tests of operation_cost, as students see them: what there is to compute and to move.
#include "costs.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const ProfilingSlots& kernel() { return under_test<ProfilingSlots>(); }

TEST(operation_cost, by_hand) {
  one_case([](Generator&) {
    const auto expect = [](const char* what, const WorkCost& actual, std::int64_t flops, std::int64_t bytes) {
      EXPECT_EQ(actual.flops, flops) << "FLOPs of " << what;
      EXPECT_EQ(actual.bytes, bytes) << "bytes of " << what;
    };
    expect("a matmul (2, 3) (3, 4)", kernel().operation_cost(Work::matmul, {{2, 3}, {3, 4}}, {2, 4}, {}), 48, 104);
    expect("relu of (2, 3)", kernel().operation_cost(Work::elementwise, {{2, 3}}, {2, 3}, {}), 6, 48);
    expect("(2, 3) + (3)", kernel().operation_cost(Work::elementwise, {{2, 3}, {3}}, {2, 3}, {}), 6, 60);
    expect("a sum of (2, 3) to (2)", kernel().operation_cost(Work::reduce, {{2, 3}}, {2}, {}), 6, 32);
    expect("a copy of (2, 3) to (6)", kernel().operation_cost(Work::copy, {{2, 3}}, {6}, {}), 0, 48);
    expect("softmax of (2, 3)", kernel().operation_cost(Work::softmax, {{2, 3}}, {2, 3}, {}), 30, 48);
    expect("linear with bias", kernel().operation_cost(Work::linear, {{5, 3}, {4, 3}, {4}}, {5, 4}, {}), 140, 204);
    expect("linear without", kernel().operation_cost(Work::linear, {{5, 3}, {4, 3}}, {5, 4}, {}), 120, 188);
    expect("conv2d", kernel().operation_cost(Work::conv2d, {{1, 2, 4, 4}, {3, 2, 3, 3}, {3}}, {1, 3, 2, 2}, {}), 444,
           404);
    expect("a pool", kernel().operation_cost(Work::pool, {{1, 2, 4, 4}}, {1, 2, 2, 2}, {2, 2}), 32, 160);
    expect("batch norm", kernel().operation_cost(Work::batch_norm, {{2, 3, 2}, {3}, {3}, {3}, {3}}, {2, 3, 2}, {}), 48,
           144);
    expect("layer norm", kernel().operation_cost(Work::layer_norm, {{2, 3}, {3}, {3}}, {2, 3}, {}), 42, 72);
    expect("a leaf", kernel().operation_cost(Work::leaf, {}, {2, 3}, {}), 0, 0);
  });
}

TEST(operation_cost, random_operations) {
  for_each_case(80, [](Generator& g) { expect_cost(random_operation(g, false)); });
}

TEST(operation_cost, empty_operations) {
  for_each_case(40, [](Generator& g) { expect_cost(random_operation(g, true)); });
}

TEST(operation_cost, refuses_other_numbers_of_operands) {
  one_case([](Generator&) {
    expect_refused("nothing is added", Work::elementwise, {}, {2});
    expect_refused("matmul of one matrix", Work::matmul, {{2, 2}}, {2, 2});
    expect_refused("matmul of three", Work::matmul, {{2, 2}, {2, 2}, {2}}, {2, 2});
    expect_refused("softmax of two", Work::softmax, {{2}, {2}}, {2});
    expect_refused("a sum of two", Work::reduce, {{2}, {2}}, {2});
    expect_refused("batch norm without statistics", Work::batch_norm, {{2, 3}, {3}, {3}}, {2, 3});
    expect_refused("a leaf that reads", Work::leaf, {{2}}, {2});
    expect_cost({Work::matmul, {{2, 2}, {2, 2}}, {2, 2}, {}});
  });
}

TEST(operation_cost, refuses_shapes_that_do_not_fit) {
  one_case([](Generator&) {
    expect_refused("inner extents differ", Work::matmul, {{2, 3}, {4, 5}}, {2, 5});
    expect_refused("the rows are not the output's", Work::matmul, {{2, 3}, {3, 5}}, {3, 5});
    expect_refused("the columns are not the output's", Work::matmul, {{2, 3}, {3, 5}}, {2, 4});
    expect_refused("batches differ", Work::matmul, {{2, 2, 3}, {3, 3, 5}}, {2, 2, 5});
    expect_refused("a vector is no matrix", Work::matmul, {{3}, {3}}, {1});
    expect_refused("weights of linear lie the other way", Work::linear, {{5, 3}, {3, 4}, {4}}, {5, 4});
    expect_refused("the bias is as long as the input", Work::linear, {{5, 3}, {4, 3}, {3}}, {5, 4});
    expect_refused("channels differ", Work::conv2d, {{1, 2, 4, 4}, {3, 1, 3, 3}}, {1, 3, 2, 2});
    expect_refused("filters are not the output's channels", Work::conv2d, {{1, 2, 4, 4}, {3, 2, 3, 3}}, {1, 2, 2, 2});
    expect_refused("an operand does not broadcast", Work::elementwise, {{2, 3}, {2}}, {2, 3});
    expect_refused("an operand is larger than the output", Work::elementwise, {{2, 3}}, {3});
    expect_refused("a copy loses elements", Work::copy, {{2, 3}}, {5});
    expect_refused("a sum has more elements than its input", Work::reduce, {{2}}, {2, 3});
    expect_refused("softmax of a scalar", Work::softmax, {{}}, {});
    expect_refused("a weight of layer norm is too short", Work::layer_norm, {{2, 3}, {2}, {3}}, {2, 3});
    expect_cost({Work::layer_norm, {{2, 3}, {3}, {3}}, {2, 3}, {}});
  });
}

TEST(operation_cost, refuses_negative_extents_and_windows) {
  one_case([](Generator&) {
    expect_refused("two extents are negative", Work::elementwise, {{-2, -3}}, {-2, -3});
    expect_refused("a pool has no window", Work::pool, {{1, 1, 4, 4}}, {1, 1, 2, 2});
    for (const Shape& window : {Shape{0, 2}, Shape{2, -2}, Shape{-2, -2}, Shape{2}, Shape{1, 2, 2}})
      expect_refusal("a pool's window is " + to_string(window), [&] {
        kernel().operation_cost(Work::pool, {{1, 1, 4, 4}}, {1, 1, 2, 2}, window);
      });
    expect_refusal("softmax has a window", [] { kernel().operation_cost(Work::softmax, {{4}}, {4}, {2, 2}); });
    expect_cost({Work::pool, {{1, 1, 4, 4}}, {1, 1, 2, 2}, {2, 2}});
  });
}

TEST(operation_cost, refuses_overflow) {
  one_case([](Generator&) {
    constexpr std::int64_t kLarge = 3'000'000'000;
    expect_words(expect_refused("elements overflow", Work::elementwise, {{kLarge, kLarge, 4}}, {kLarge, kLarge, 4}),
                 {"overflow"});
    expect_words(expect_refused("bytes overflow", Work::copy, {{kLarge, kLarge / 2}}, {kLarge, kLarge / 2}),
                 {"overflow"});
    // The bytes fit; 2 * 2,000,000^3 FLOPs do not.
    constexpr std::int64_t kSide = 2'000'000;
    expect_words(expect_refused("FLOPs overflow", Work::matmul, {{kSide, kSide}, {kSide, kSide}}, {kSide, kSide}),
                 {"overflow"});
    expect_cost({Work::matmul, {{kSide, 1000}, {1000, kSide}}, {kSide, kSide}, {}});
  });
}

// ---- graph_cost

TEST(operation_cost, graph_by_hand) {
  one_case([](Generator&) {
    const std::vector<WorkNode> nodes{{Work::leaf, {}, {2, 3}, {}},
                                      {Work::leaf, {}, {3, 4}, {}},
                                      {Work::matmul, {0, 1}, {2, 4}, {}},
                                      {Work::elementwise, {2, 2}, {2, 4}, {}},
                                      {Work::copy, {3}, {8}, {}}};
    const GraphCost cost = kernel().graph_cost(nodes);
    ASSERT_EQ(cost.nodes.size(), 5u);
    EXPECT_EQ(cost.nodes[0].bytes, 0) << "a leaf moves nothing by itself";
    EXPECT_EQ(cost.nodes[2].flops, 48);
    EXPECT_EQ(cost.nodes[3].bytes, 96) << "x + x reads x twice";
    EXPECT_EQ(cost.total.flops, 56);
    EXPECT_EQ(cost.total.bytes, 264);
  });
}

TEST(operation_cost, random_graphs) {
  for_each_case(20, [](Generator& g) {
    std::vector<WorkNode> nodes;
    std::vector<WorkCost> costs;
    for (std::int64_t i = 0; i < below(g, 6); ++i) {
      const Operation operation = random_operation(g, false);
      WorkNode node{operation.work, {}, operation.out, operation.window};
      for (const Shape& in : operation.inputs) {
        node.inputs.push_back(static_cast<std::int64_t>(nodes.size()));
        nodes.push_back({Work::leaf, {}, in, {}});
        costs.push_back({});
      }
      nodes.push_back(node);
      costs.push_back(
          oracle::operation_cost(operation.work, operation.inputs, operation.out, operation.window).value());
    }
    const GraphCost cost = kernel().graph_cost(nodes);
    ASSERT_EQ(cost.nodes.size(), costs.size());
    WorkCost total;
    for (std::size_t i = 0; i < costs.size(); ++i) {
      EXPECT_EQ(cost.nodes[i].flops, costs[i].flops) << "FLOPs of node " << i;
      EXPECT_EQ(cost.nodes[i].bytes, costs[i].bytes) << "bytes of node " << i;
      total.flops += costs[i].flops;
      total.bytes += costs[i].bytes;
    }
    EXPECT_EQ(cost.total.flops, total.flops);
    EXPECT_EQ(cost.total.bytes, total.bytes);
  });
}

TEST(operation_cost, graph_refuses_with_the_nodes_number) {
  one_case([](Generator&) {
    const auto refuse = [](const std::string& why, const std::vector<WorkNode>& nodes, const std::string& number) {
      expect_words(expect_refusal(why, [&] { kernel().graph_cost(nodes); }), {number});
    };
    const WorkNode leaf{Work::leaf, {}, {7}, {}};
    refuse("a node reads itself", {leaf, leaf, leaf, {Work::copy, {3}, {7}, {}}}, "3");
    refuse("a node reads a later one", {leaf, leaf, {Work::copy, {3}, {7}, {}}, leaf}, "2");
    refuse("a node reads node -1", {leaf, leaf, leaf, leaf, {Work::copy, {-1}, {7}, {}}}, "4");
    refuse("shapes do not fit", {leaf, leaf, leaf, leaf, leaf, {Work::copy, {0}, {8}, {}}}, "5");
    EXPECT_EQ(kernel().graph_cost({leaf, {Work::copy, {0}, {7}, {}}}).total.bytes, 56);
  });
}

}  // namespace
