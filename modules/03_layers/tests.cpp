// Module 03's tests, as students see them: one suite an exercise, one behaviour a test; at the end the speed case.
// The grader runs them too, under a seed of its own, beside tests of rarer cases. Initialisation and dropout, which
// draw random numbers, have tests_random.cpp.
#include "kiln/kernels/layers.hpp"

#include <string>
#include <vector>

#include "oracle.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const LayerSlots& kernel() { return under_test<LayerSlots>(); }

// ---- flatten

std::string of(const Shape& shape, int first, int last) {
  return to_string(shape) + " from " + std::to_string(first) + " to " + std::to_string(last);
}

void expect_flattened(const Shape& shape, int first, int last, const Shape& out) {
  expect_shape("flattened_shape of " + of(shape, first, last), kernel().flattened_shape(shape, first, last), out);
}

TEST(flatten, shape_by_hand) {
  one_case([](Generator&) {
    const Shape shape{2, 3, 4, 5};
    expect_flattened(shape, 1, 3, {2, 60});
    expect_flattened(shape, 0, 3, {120});
    expect_flattened(shape, 1, 2, {2, 12, 5});
    expect_flattened(shape, 0, 1, {6, 4, 5});
    expect_flattened(shape, 2, 2, shape);
    expect_flattened({7}, 0, 0, {7});
  });
}

TEST(flatten, shape_counts_from_the_end) {
  one_case([](Generator&) {
    const Shape shape{2, 3, 4, 5};
    expect_flattened(shape, 1, -1, {2, 60});
    expect_flattened(shape, -4, -1, {120});
    expect_flattened(shape, -3, -2, {2, 12, 5});
    expect_flattened(shape, -1, 3, shape);
    expect_flattened({7}, -1, -1, {7});
  });
}

TEST(flatten, shape_refuses_misfits) {
  one_case([](Generator&) {
    const Shape shape{2, 3, 4};
    for (const auto& [first, last] :
         {std::pair{0, 3}, std::pair{3, 3}, std::pair{-4, -1}, std::pair{0, -4}, std::pair{0, 100}})
      expect_error(ErrorKind::invalid_argument, of(shape, first, last) + ": there is no such dimension",
                   [&, first = first, last = last] { kernel().flattened_shape(shape, first, last); });
    for (const auto& [first, last] : {std::pair{2, 1}, std::pair{-1, 0}, std::pair{1, -3}, std::pair{-1, -2}})
      expect_error(ErrorKind::invalid_argument, of(shape, first, last) + ": first lies behind last",
                   [&, first = first, last = last] { kernel().flattened_shape(shape, first, last); });
    expect_flattened(shape, 1, -1, {2, 12});
  });
}

/// Flattens `in` over a random range into an output of `layout`, and compares.
void expect_flattens(Generator& g, const Operand& in, Layout layout) {
  const int rank = in.shape().rank();
  const int first = random_rank(g, 0, rank - 1), last = random_rank(g, first, rank - 1);
  // Either way of counting says the same.
  const int written_first = g.random().below(2) == 1 ? first - rank : first;
  const int written_last = g.random().below(2) == 1 ? last - rank : last;
  g.note("from " + std::to_string(written_first) + " to " + std::to_string(written_last));
  const Operand out = g.output("out", oracle::flattened_shape(in.shape(), first, last), layout);
  kernel().flatten(in, written_first, written_last, out);
  expect_close(out, oracle::flatten(in, first, last));
}

TEST(flatten, by_hand) {
  one_case([](Generator&) {
    // Stored as (3, 2): the transpose of (1, 2, 3), (4, 5, 6).
    const std::vector<float> memory{1, 4, 2, 5, 3, 6};
    std::vector<float> out(6);
    kernel().flatten({memory.data(), {2, 3}, {1, 2}}, 0, -1, dense(out, {6}));
    EXPECT_EQ(out, (std::vector<float>{1, 2, 3, 4, 5, 6})) << "a transposed (2, 3) from 0 to -1";
    kernel().flatten(dense(memory, {3, 2, 1}), 1, 2, dense(out, {3, 2}));
    EXPECT_EQ(out, memory) << "a dense (3, 2, 1) from 1 to 2";
  });
}

TEST(flatten, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Operand in = g.input("in", g.shape(random_rank(g, 1, 4)));
    expect_flattens(g, in, Layout::dense);
  });
}

TEST(flatten, strided_outputs) {
  for_each_case(30, [](Generator& g) {
    const Operand in = g.input("in", g.shape(random_rank(g, 1, 4)));
    expect_flattens(g, in, g.writable_layout());
  });
}

TEST(flatten, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(24);
    std::vector<float> out(24);
    for (const Shape& shape : {Shape{24}, Shape{6, 4}, Shape{12, 2}, Shape{2, 3, 4}, Shape{2, 11}, Shape{2, 12, 1}})
      expect_error(ErrorKind::invalid_argument, of({2, 3, 4}, 1, 2) + " into " + to_string(shape), [&] {
        kernel().flatten(dense(in, {2, 3, 4}), 1, 2, dense(out, shape));
      });
    expect_error(ErrorKind::invalid_argument, of({2, 3, 4}, 2, 1) + ": first lies behind last", [&] {
      kernel().flatten(dense(in, {2, 3, 4}), 2, 1, dense(out, {2, 12}));
    });
    kernel().flatten(dense(in, {2, 3, 4}), 1, 2, dense(out, {2, 12}));
    EXPECT_EQ(out, in) << of({2, 3, 4}, 1, 2);
  });
}

// ---- perceptron_step

/// A perceptron with two inputs, and what it answered.
struct Line {
  std::vector<float> weight;
  float bias;

  bool step(std::vector<float> x, float label, float learning_rate = 1) {
    return kernel().perceptron_step(dense(x, {2}), label, learning_rate, dense(weight, {2}), View{&bias, {}, {}});
  }
  void expect(std::vector<float> expected_weight, float expected_bias, const char* after) const {
    EXPECT_EQ(weight, expected_weight) << "weight after " << after;
    EXPECT_EQ(bias, expected_bias) << "bias after " << after;
  }
};

TEST(perceptron_step, by_hand) {
  one_case([](Generator&) {
    Line line{{1, 0}, 0};
    EXPECT_TRUE(line.step({2, 1}, -1, 0.5f)) << "the score is 2, the label -1: the wrong side";
    line.expect({0, -0.5f}, -0.5f, "x (2, 1), label -1, learning rate 0.5 on weight (1, 0), bias 0");
    EXPECT_TRUE(line.step({4, 2}, 1, 0.5f)) << "the score is -1.5, the label 1: the wrong side";
    line.expect({2, 0.5f}, 0, "x (4, 2), label 1, learning rate 0.5 on weight (0, -0.5), bias -0.5");
  });
}

TEST(perceptron_step, right_side_changes_nothing) {
  one_case([](Generator&) {
    Line line{{1, -2}, 0.5f};
    EXPECT_FALSE(line.step({3, 1}, 1)) << "the score is 1.5, the label 1: the right side";
    EXPECT_FALSE(line.step({1, 1}, -1)) << "the score is -0.5, the label -1: the right side";
    line.expect({1, -2}, 0.5f, "two examples on the right side");
    EXPECT_TRUE(line.step({1, 1}, 1)) << "the score is -0.5, the label 1: the wrong side";
    line.expect({2, -1}, 1.5f, "x (1, 1), label 1, learning rate 1 on weight (1, -2), bias 0.5");
  });
}

TEST(perceptron_step, on_the_line_is_wrong) {
  one_case([](Generator&) {
    Line fresh{{0, 0}, 0};
    EXPECT_TRUE(fresh.step({1, 2}, 1)) << "the score is 0: nothing was said yet, and nothing would ever be learned";
    fresh.expect({1, 2}, 1, "x (1, 2), label 1 on zeros");
    Line line{{1, 1}, -2};
    EXPECT_TRUE(line.step({1, 1}, -1)) << "the score is 0, on the line";
    line.expect({0, 0}, -3, "x (1, 1), label -1 on weight (1, 1), bias -2");
  });
}

TEST(perceptron_step, bias_takes_part) {
  one_case([](Generator&) {
    Line line{{1, 1}, -3};
    EXPECT_TRUE(line.step({1, 1}, 1)) << "weight . x is 2, the bias -3: the score is -1";
    line.expect({2, 2}, -2, "x (1, 1), label 1 on weight (1, 1), bias -3");
  });
}

TEST(perceptron_step, random_steps) {
  for_each_case(60, [](Generator& g) {
    const std::int64_t features = g.positive_extent();
    const Operand x = g.input("x", {features}), weight = g.input("weight", {features}, g.writable_layout());
    const Operand bias = g.input("bias", {}, Layout::dense);
    const float label = g.random().below(2) == 1 ? 1.0f : -1.0f, learning_rate = g.random().uniform(0.01f, 2.0f);
    g.note("label " + std::to_string(label) + ", learning rate " + std::to_string(learning_rate));
    const oracle::PerceptronStep expected = oracle::perceptron_step(x, label, learning_rate, weight, bias);
    if (!expected.certain) return;
    EXPECT_EQ(kernel().perceptron_step(x, label, learning_rate, weight, bias), expected.mistaken)
        << "whether the example was on the wrong side";
    expect_close(weight, expected.weight, 1);
    expect_close(bias, expected.bias, 1);
  });
}

TEST(perceptron_step, learns_and) {
  one_case([](Generator&) {
    Line line{{0, 0}, 0};
    int mistakes = 1, epochs = 0;
    // With |x|^2 + 1 <= 3 and (2, 2), -3 as a separating line, |(2, 2, -3)|^2 = 17, of margin 1, Novikoff's bound is
    // 3 * 17 = 51 mistakes, so that the 52nd epoch at the latest has none.
    while (mistakes > 0 && epochs < 52) {
      mistakes = 0;
      ++epochs;
      for (float a : {0.0f, 1.0f})
        for (float b : {0.0f, 1.0f}) mistakes += line.step({a, b}, a + b == 2 ? 1.0f : -1.0f) ? 1 : 0;
      EXPECT_TRUE(epochs > 1 || mistakes > 0) << "weights of 0 know nothing yet";
    }
    EXPECT_EQ(mistakes, 0) << "after " << epochs << " epochs of AND's four examples";
    for (float a : {0.0f, 1.0f})
      for (float b : {0.0f, 1.0f})
        EXPECT_EQ(line.weight[0] * a + line.weight[1] * b + line.bias > 0, a + b == 2) << a << " AND " << b;
  });
}

TEST(perceptron_step, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> x = counted(4);
    std::vector<float> weight(4, 1.0f), bias(1, 1.0f);
    auto step = [&](const Shape& of_x, float label, float rate, const Shape& of_weight, const Shape& of_bias) {
      kernel().perceptron_step(dense(x, of_x), label, rate, dense(weight, of_weight), dense(bias, of_bias));
    };
    struct Case {
      Shape x, weight, bias;
    };
    const Case cases[] = {{{4}, {3}, {}}, {{3}, {4}, {}}, {{2, 2}, {4}, {}}, {{4}, {2, 2}, {}}, {{4}, {4}, {1}}};
    for (const auto& [of_x, of_weight, of_bias] : cases)
      expect_error(
          ErrorKind::invalid_argument,
          "x is " + to_string(of_x) + ", weight " + to_string(of_weight) + ", bias " + to_string(of_bias),
          [&, of_x = of_x, of_weight = of_weight, of_bias = of_bias] { step(of_x, -1, 1, of_weight, of_bias); });
    for (float label : {0.0f, 2.0f, -0.5f, kNaN})
      expect_error(ErrorKind::invalid_argument, "the label is " + std::to_string(label),
                   [&] { step({4}, label, 1, {4}, {}); });
    for (float rate : {-1.0f, -1e-30f, kInfinity, kNaN})
      expect_error(ErrorKind::invalid_argument, "the learning rate is " + std::to_string(rate),
                   [&] { step({4}, -1, rate, {4}, {}); });
    EXPECT_EQ(weight, std::vector<float>(4, 1.0f)) << "what was refused leaves weight alone";
    EXPECT_EQ(bias, std::vector<float>(1, 1.0f)) << "what was refused leaves bias alone";
    step({4}, -1, 1, {4}, {});
    EXPECT_EQ(weight, (std::vector<float>{0, -1, -2, -3})) << "weight after x (1, 2, 3, 4), label -1 on ones";
  });
}

// ---- linear

TEST(linear, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> in{1, 2, 3, 4, 5, 6}, weight{1, 0, 2, 0, 1, 3}, bias{10, 20};
    std::vector<float> out(4);
    kernel().linear(dense(in, {2, 3}), dense(weight, {2, 3}), dense(bias, {2}), dense(out, {2, 2}));
    EXPECT_EQ(out, (std::vector<float>{17, 31, 26, 43})) << "in (2, 3), weight (2, 3), bias (2)";
  });
}

TEST(linear, random_shapes) {
  for_each_case(40, [](Generator& g) {
    const std::int64_t batch = g.extent(), features = g.extent(), outputs = g.extent();
    const Operand in = g.input("in", {batch, features}, Layout::dense);
    const Operand weight = g.input("weight", {outputs, features}, Layout::dense);
    const Operand bias = g.input("bias", {outputs}, Layout::dense), out = g.output("out", {batch, outputs});
    kernel().linear(in, weight, bias, out);
    expect_close(out, oracle::linear(in, weight, bias));
  });
}

TEST(linear, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const std::int64_t batch = g.positive_extent(), features = g.positive_extent(), outputs = g.positive_extent();
    const Operand in = g.input("in", {batch, features}), weight = g.input("weight", {outputs, features});
    const Operand bias = g.input("bias", {outputs});
    const Operand out = g.output("out", {batch, outputs}, g.writable_layout());
    kernel().linear(in, weight, bias, out);
    expect_close(out, oracle::linear(in, weight, bias));
  });
}

TEST(linear, without_bias) {
  for_each_case(15, [](Generator& g) {
    const std::int64_t batch = g.positive_extent(), features = g.positive_extent(), outputs = g.positive_extent();
    const Operand in = g.input("in", {batch, features}), weight = g.input("weight", {outputs, features});
    const Operand bias = g.input("bias", {0}, Layout::dense), out = g.output("out", {batch, outputs});
    kernel().linear(in, weight, bias, out);
    expect_close(out, oracle::linear(in, weight, bias));
  });
}

TEST(linear, not_square) {
  for_each_case(3, [](Generator& g) {
    for (const Shape& extents : {Shape{2, 3, 5}, Shape{5, 3, 2}, Shape{1, 9, 4}, Shape{17, 2, 3}, Shape{4, 1, 33}}) {
      const Operand in = g.input("in", {extents[0], extents[1]}), weight = g.input("weight", {extents[2], extents[1]});
      const Operand bias = g.input("bias", {extents[2]}), out = g.output("out", {extents[0], extents[2]});
      kernel().linear(in, weight, bias, out);
      expect_close(out, oracle::linear(in, weight, bias));
    }
  });
}

TEST(linear, overwrites_out) {
  for_each_case(10, [](Generator& g) {
    const std::int64_t batch = g.positive_extent(), features = g.positive_extent(), outputs = g.positive_extent();
    const Operand in = g.input("in", {batch, features}), weight = g.input("weight", {outputs, features});
    const Operand bias = g.input("bias", {outputs}), out = g.output("out", {batch, outputs});
    out.fill(5.0f);
    for (int time = 0; time < 2; ++time) {
      kernel().linear(in, weight, bias, out);
      expect_close(out, oracle::linear(in, weight, bias));
    }
  });
}

TEST(linear, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(64);
    std::vector<float> values(64);
    struct Case {
      Shape in, weight, bias, out;
    };
    const Case cases[] = {
        {{2, 3}, {3, 4}, {4}, {2, 4}}, {{2, 3}, {4, 2}, {4}, {2, 4}},    {{2, 3}, {4, 3}, {3}, {2, 4}},
        {{2, 3}, {4, 3}, {1}, {2, 4}}, {{2, 3}, {4, 3}, {}, {2, 4}},     {{2, 3}, {4, 3}, {1, 4}, {2, 4}},
        {{2, 3}, {4, 3}, {4}, {4, 2}}, {{2, 3}, {4, 3}, {4}, {3, 4}},    {{3}, {4, 3}, {4}, {4}},
        {{2, 3}, {3}, {1}, {2, 1}},    {{2, 2, 3}, {4, 3}, {4}, {4, 4}}, {{2, 3}, {4, 3}, {4}, {8}}};
    for (const auto& [in, weight, bias, out] : cases)
      expect_error(ErrorKind::invalid_argument,
                   "in is " + to_string(in) + ", weight " + to_string(weight) + ", bias " + to_string(bias) + ", out " +
                       to_string(out),
                   [&, in = in, weight = weight, bias = bias, out = out] {
                     kernel().linear(dense(memory, in), dense(memory, weight), dense(memory, bias), dense(values, out));
                   });
    kernel().linear(dense(memory, {2, 3}), dense(memory, {4, 3}), dense(memory, {4}), dense(values, {2, 4}));
    expect_close(dense(values, {2, 4}),
                 oracle::linear(dense(memory, {2, 3}), dense(memory, {4, 3}), dense(memory, {4})));
  });
}

// ---- speed: what the steps in module.toml are about

const speed::SpeedCase linear_first_layer = speed::speed_case<&LayerSlots::linear>(
    "linear.first_layer",
    [](speed::SpeedArguments& s) {
      ConstView in = s.input({16, 784}), weight = s.input({128, 784}), bias = s.input({128});
      return std::tuple<ConstView, ConstView, ConstView, View>(in, weight, bias, s.output({16, 128}));
    },
    [](ConstView in, ConstView weight, ConstView bias, View) { return oracle::linear(in, weight, bias); });

}  // namespace
