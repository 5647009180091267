// Module 03's hidden tests: the edges that the visible tests leave out. One suite an exercise, one edge a test.
// Each also asks for a result that is no edge case, so that a kernel that does nothing passes none. Initialisation and
// dropout have hidden_tests_random.cpp.
#include "kiln/kernels/layers.hpp"

#include <limits>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "testing/sentinels.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const LayerSlots& kernel() { return under_test<LayerSlots>(); }

// ---- flatten

void expect_shape_of(const Shape& shape, int first, int last, const Shape& out) {
  expect_shape(
      "flattened_shape of " + to_string(shape) + " from " + std::to_string(first) + " to " + std::to_string(last),
      kernel().flattened_shape(shape, first, last), out);
}

/// Flattens into the middle of memory that must stay as it is.
void expect_flattens_into(ConstView in, int first, int last, const Strides& strides) {
  Sentinels out(oracle::flattened_shape(in.shape, first, last), strides);
  SCOPED_TRACE("in: " + to_string(in) + ", from " + std::to_string(first) + " to " + std::to_string(last) +
               ", out: " + to_string(out.view()));
  kernel().flatten(in, first, last, out.view());
  expect_close(out.view(), oracle::flatten(in, first, last));
  out.expect_rest_untouched();
}

TEST(flatten, scalars) {
  one_case([](Generator&) {
    for (const auto& [first, last] : {std::pair{0, 0}, std::pair{0, -1}, std::pair{-1, -1}, std::pair{-1, 0}}) {
      expect_shape_of({}, first, last, {1});
      const float value = 2.5f;
      expect_flattens_into({&value, {}, {}}, first, last, {1});
    }
    for (const auto& [first, last] : {std::pair{0, 1}, std::pair{1, 1}, std::pair{-2, -1}, std::pair{-2, 0}})
      expect_error(ErrorKind::invalid_argument,
                   "() from " + std::to_string(first) + " to " + std::to_string(last) + ": () counts as one dimension",
                   [first = first, last = last] { kernel().flattened_shape({}, first, last); });
  });
}

TEST(flatten, empty_tensors) {
  one_case([](Generator&) {
    expect_shape_of({2, 0, 4}, 0, 1, {0, 4});
    expect_shape_of({2, 0, 4}, 1, 2, {2, 0});
    expect_shape_of({2, 0, 4}, 0, -1, {0});
    expect_shape_of({0}, 0, 0, {0});
    expect_shape_of({0, 3, 4}, 1, 2, {0, 12});
    const std::vector<float> memory = counted(24);
    expect_flattens_into(dense(memory, {2, 0, 4}), 0, 1, {4, 1});
    expect_flattens_into(dense(memory, {0, 3, 4}), 1, 2, {12, 1});
    expect_flattens_into(dense(memory, {2, 3, 4}), 0, 1, {4, 1});
  });
}

TEST(flatten, six_dimensions) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(96);
    const ConstView in = dense(memory, {2, 3, 2, 1, 4, 2});
    expect_shape_of(in.shape, 0, 5, {96});
    expect_shape_of(in.shape, 2, 4, {2, 3, 8, 2});
    expect_shape_of(in.shape, -5, -4, {2, 6, 1, 4, 2});
    expect_flattens_into(in, 2, 4, dense_strides({2, 3, 8, 2}));
    expect_flattens_into(in, 0, 5, {1});
    expect_flattens_into(in, 3, 3, dense_strides(in.shape));
  });
}

TEST(flatten, more_elements_than_an_int_counts) {
  one_case([](Generator&) {
    expect_shape_of({70000, 70000, 3}, 0, 1, {4900000000, 3});
    expect_shape_of({2, 70000, 70000}, 1, 2, {2, 4900000000});
  });
}

TEST(flatten, keeps_memory_between) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(60);
    expect_flattens_into(dense(memory, {2, 3, 4}), 0, -1, {3});
    expect_flattens_into(dense(memory, {2, 3, 4}), 0, -1, {-2});
    expect_flattens_into(dense(memory, {2, 3, 4}), 1, 2, {40, 2});
    expect_flattens_into(dense(memory, {2, 3, 4}), 0, 1, {-8, 2});
    expect_flattens_into({memory.data() + 59, {3, 4, 5}, {-20, -5, -1}}, 0, 1, {7, 1});
    expect_flattens_into({memory.data(), {3, 4, 5}, {0, 1, 4}}, 1, 2, {30, 1});
  });
}

TEST(flatten, special_values) {
  one_case([](Generator&) {
    const std::vector<float> values{kNaN, kInfinity, -kInfinity, 1e-40f, -0.0f, std::numeric_limits<float>::max()};
    expect_flattens_into(dense(values, {2, 3}), 0, 1, {1});
    expect_flattens_into({values.data(), {3, 2}, {1, 3}}, 0, 1, {2});
  });
}

// ---- perceptron_step

TEST(perceptron_step, nan_teaches_nothing) {
  one_case([](Generator&) {
    const std::vector<float> x{1, kNaN, 2}, right{1, 1, 2};
    std::vector<float> weight{1, 2, 3}, bias{0.5f};
    for (float label : {1.0f, -1.0f})
      EXPECT_FALSE(kernel().perceptron_step(dense(x, {3}), label, 1, dense(weight, {3}), View{bias.data(), {}, {}}))
          << "a score of NaN lies on no side";
    EXPECT_EQ(weight, (std::vector<float>{1, 2, 3})) << "weight after a score of NaN";
    EXPECT_EQ(bias[0], 0.5f) << "bias after a score of NaN";
    EXPECT_TRUE(kernel().perceptron_step(dense(right, {3}), -1, 1, dense(weight, {3}), View{bias.data(), {}, {}}));
    EXPECT_EQ(weight, (std::vector<float>{0, 1, 1})) << "weight after x (1, 1, 2), label -1";
  });
}

TEST(perceptron_step, infinite_scores) {
  one_case([](Generator&) {
    const std::vector<float> x{kInfinity, 1};
    std::vector<float> weight{1, 2}, bias{0};
    EXPECT_FALSE(kernel().perceptron_step(dense(x, {2}), 1, 1, dense(weight, {2}), View{bias.data(), {}, {}}))
        << "a score of infinity is positive";
    EXPECT_EQ(weight, (std::vector<float>{1, 2})) << "weight after an example on the right side";
    EXPECT_TRUE(kernel().perceptron_step(dense(x, {2}), -1, 1, dense(weight, {2}), View{bias.data(), {}, {}}));
    EXPECT_EQ(weight, (std::vector<float>{-kInfinity, 1})) << "weight after x (infinity, 1), label -1";
  });
}

TEST(perceptron_step, no_features) {
  one_case([](Generator&) {
    std::vector<float> weight(1, 5.0f), bias{0.25f};
    const ConstView x = dense(weight, {0});
    auto step = [&](float label) {
      return kernel().perceptron_step(x, label, 0.5f, dense(weight, {0}), View{bias.data(), {}, {}});
    };
    EXPECT_FALSE(step(1)) << "a bias of 0.25 alone decides for 1";
    EXPECT_TRUE(step(-1)) << "a bias of 0.25 alone decides against -1";
    EXPECT_EQ(bias[0], -0.25f) << "bias after label -1, learning rate 0.5";
    EXPECT_EQ(weight[0], 5.0f) << "there is no weight to change";
  });
}

TEST(perceptron_step, learning_rate_of_zero) {
  one_case([](Generator&) {
    const std::vector<float> x{1, 2};
    std::vector<float> weight{1, 1}, bias{0};
    const View of_bias{bias.data(), {}, {}};
    EXPECT_TRUE(kernel().perceptron_step(dense(x, {2}), -1, 0, dense(weight, {2}), of_bias)) << "it is still a mistake";
    EXPECT_EQ(weight, (std::vector<float>{1, 1})) << "weight after a step of learning rate 0";
    EXPECT_TRUE(kernel().perceptron_step(dense(x, {2}), -1, 2, dense(weight, {2}), of_bias));
    EXPECT_EQ(weight, (std::vector<float>{-1, -3})) << "weight after a step of learning rate 2";
  });
}

TEST(perceptron_step, keeps_memory_between) {
  for_each_case(10, [](Generator& g) {
    const Operand x = g.input("x", {6});
    for (std::int64_t stride : {1, 2, 5, -1, -3}) {
      Sentinels weight({6}, {stride}), bias({}, {});
      const oracle::PerceptronStep expected = oracle::perceptron_step(x, -1, 0.5f, weight.view(), bias.view());
      if (!expected.certain) continue;
      g.note("weight: stride " + std::to_string(stride));
      EXPECT_EQ(kernel().perceptron_step(x, -1, 0.5f, weight.view(), bias.view()), expected.mistaken);
      expect_close(weight.view(), expected.weight, 1);
      expect_close(bias.view(), expected.bias, 1);
      weight.expect_rest_untouched();
      bias.expect_rest_untouched();
    }
  });
}

TEST(perceptron_step, long_vectors) {
  for_each_case(10, [](Generator& g) {
    const Operand x = g.input("x", {1000}), weight = g.input("weight", {1000}, g.writable_layout());
    const Operand bias = g.input("bias", {}, Layout::dense);
    const oracle::PerceptronStep expected = oracle::perceptron_step(x, 1, 0.1f, weight, bias);
    if (!expected.certain) return;
    EXPECT_EQ(kernel().perceptron_step(x, 1, 0.1f, weight, bias), expected.mistaken);
    expect_close(weight, expected.weight, 1);
    expect_close(bias, expected.bias, 1);
  });
}

// ---- linear

void expect_linear(ConstView in, ConstView weight, ConstView bias, const Strides& strides) {
  Sentinels out({in.shape[0], weight.shape[0]}, strides);
  SCOPED_TRACE("in: " + to_string(in) + ", weight: " + to_string(weight) + ", bias: " + to_string(bias));
  kernel().linear(in, weight, bias, out.view());
  expect_close(out.view(), oracle::linear(in, weight, bias));
  out.expect_rest_untouched();
}

TEST(linear, no_features) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    expect_linear(dense(memory, {3, 0}), dense(memory, {4, 0}), dense(memory, {4}), {4, 1});
    expect_linear(dense(memory, {3, 0}), dense(memory, {4, 0}), dense(memory, {0}), {4, 1});
    expect_linear(dense(memory, {3, 2}), dense(memory, {4, 2}), dense(memory, {4}), {4, 1});
  });
}

TEST(linear, nothing_to_compute) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    expect_linear(dense(memory, {0, 3}), dense(memory, {4, 3}), dense(memory, {4}), {4, 1});
    expect_linear(dense(memory, {2, 3}), dense(memory, {0, 3}), dense(memory, {0}), {1, 1});
    expect_linear(dense(memory, {1, 1}), dense(memory, {1, 1}), dense(memory, {1}), {1, 1});
    expect_error(ErrorKind::invalid_argument, "a batch of 0 meets other features", [&] {
      kernel().linear(dense(memory, {0, 3}), dense(memory, {4, 2}), dense(memory, {4}), View{nullptr, {0, 4}, {4, 1}});
    });
  });
}

TEST(linear, nan_and_infinity) {
  one_case([](Generator&) {
    const std::vector<float> in{0, 1, kNaN, 0, kInfinity, 1, 0, 0, 0};
    const std::vector<float> weight{kInfinity, 1, 0, 1, -1, 1, 0, kNaN, 0, 1, 1, 1};
    const std::vector<float> bias{0, -kInfinity, kNaN, 1};
    expect_linear(dense(in, {3, 3}), dense(weight, {4, 3}), dense(bias, {4}), {4, 1});
    expect_linear(dense(in, {3, 3}), dense(weight, {4, 3}), dense(bias, {0}), {4, 1});
  });
}

TEST(linear, every_length_of_a_row) {
  // What is left behind whole blocks of 4, 8, 16 or 32 has to take part, too.
  for_each_case(2, [](Generator& g) {
    for (std::int64_t features = 1; features <= 70; ++features) {
      const Operand in = g.input("in", {2, features}, Layout::dense);
      const Operand weight = g.input("weight", {3, features}, Layout::dense);
      const Operand bias = g.input("bias", {3}, Layout::dense), out = g.output("out", {2, 3});
      kernel().linear(in, weight, bias, out);
      expect_close(out, oracle::linear(in, weight, bias));
      if (::testing::Test::HasFailure()) return;
    }
  });
}

TEST(linear, long_rows) {
  for_each_case(5, [](Generator& g) {
    const Operand in = g.input("in", {3, 3000}, -1.0f, 3.0f), weight = g.input("weight", {5, 3000}, -1.0f, 3.0f);
    const Operand bias = g.input("bias", {5}), out = g.output("out", {3, 5});
    kernel().linear(in, weight, bias, out);
    expect_close(out, oracle::linear(in, weight, bias));
  });
}

TEST(linear, views_of_all_kinds) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(60);
    const float* data = memory.data();
    // A transposed weight, a reversed one, one row for all outputs, and one bias for all outputs.
    expect_linear({data, {3, 4}, {4, 1}}, {data, {5, 4}, {1, 5}}, {data, {5}, {1}}, {5, 1});
    expect_linear({data + 11, {3, 4}, {-4, -1}}, {data + 19, {5, 4}, {-4, -1}}, {data + 4, {5}, {-1}}, {-10, 2});
    expect_linear({data, {3, 4}, {0, 1}}, {data, {5, 4}, {0, 1}}, {data, {5}, {0}}, {1, 3});
    expect_linear({data, {3, 4}, {1, 1}}, {data, {5, 4}, {2, 2}}, {data, {5}, {3}}, {12, 1});
  });
}

}  // namespace
