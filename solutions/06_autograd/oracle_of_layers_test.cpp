// The oracles of products, activations and losses are derivatives, by central differences, of what the forward kernels
// are said to compute in their contracts. No kernel takes part.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "oracle_of_layers.hpp"
#include "testing/gradient.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// (m, k) times (k, n).
Array64 product(const std::vector<Array64>& in) {
  const Array64 &a = in[0], &b = in[1];
  Array64 out({a.shape[0], b.shape[1]});
  for_each_index(out.shape, [&](const Shape& at) {
    for (std::int64_t k = 0; k < a.shape[1]; ++k) out.at(at) += a(at[0], k) * b(k, at[1]);
  });
  return out;
}

/// in weight^T + bias.
Array64 linear(const std::vector<Array64>& in) {
  const Array64 &x = in[0], &weight = in[1], &bias = in[2];
  Array64 out({x.shape[0], weight.shape[0]});
  for_each_index(out.shape, [&](const Shape& at) {
    out.at(at) = bias(at[1]);
    for (std::int64_t k = 0; k < x.shape[1]; ++k) out.at(at) += x(at[0], k) * weight(at[1], k);
  });
  return out;
}

Function64 each(double (*op)(double)) {
  return [op](const std::vector<Array64>& in) {
    Array64 out = in[0];
    for (double& value : out.values) value = op(value);
    return out;
  };
}

double relu(double x) { return x > 0 ? x : 0; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double tanh_of(double x) { return std::tanh(x); }
double gelu(double x) { return x * (1 + std::erf(x / std::numbers::sqrt2)) / 2; }
double gelu_tanh(double x) {
  return x / 2 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}

Array64 log_softmax(const std::vector<Array64>& in) {
  Array64 out = in[0];
  const auto n = static_cast<std::size_t>(out.shape[out.shape.rank() - 1]);
  for (std::size_t first = 0; first < out.values.size(); first += n) {
    double sum = 0;
    for (std::size_t j = first; j < first + n; ++j) sum += std::exp(in[0].values[j]);
    for (std::size_t j = first; j < first + n; ++j) out.values[j] -= std::log(sum);
  }
  return out;
}

Array64 softmax(const std::vector<Array64>& in) {
  Array64 out = log_softmax(in);
  for (double& value : out.values) value = std::exp(value);
  return out;
}

Array64 mean_squared_error(const std::vector<Array64>& in) {
  Array64 out{Shape{}};
  for (std::size_t i = 0; i < in[0].values.size(); ++i)
    out.values[0] += std::pow(in[0].values[i] - in[1].values[i], 2) / static_cast<double>(in[0].values.size());
  return out;
}

Array64 binary_cross_entropy(const std::vector<Array64>& in) {
  Array64 out{Shape{}};
  for (std::size_t i = 0; i < in[0].values.size(); ++i) {
    const double s = sigmoid(in[0].values[i]), t = in[1].values[i];
    out.values[0] -= (t * std::log(s) + (1 - t) * std::log(1 - s)) / static_cast<double>(in[0].values.size());
  }
  return out;
}

using Labels = std::vector<std::int32_t>;

Function64 cross_entropy(const Labels& labels, std::int32_t ignored) {
  return [=](const std::vector<Array64>& in) {
    const Array64 logs = log_softmax(in);
    double sum = 0, count = 0;
    for (std::int64_t i = 0; i < logs.shape[0]; ++i) {
      const std::int32_t label = labels[static_cast<std::size_t>(i)];
      if (label == ignored) continue;
      sum -= logs(i, label);
      ++count;
    }
    return Array64(Shape{}, sum / count);
  };
}

Array64 array(const Shape& shape, std::vector<double> values) {
  Array64 out(shape);
  out.values = std::move(values);
  return out;
}

TEST(oracle_of_products, rules_are_derivatives) {
  Random random(1);
  for (const Shape& extents : {Shape{2, 3, 4}, Shape{1, 1, 1}, Shape{5, 1, 2}, Shape{3, 0, 2}, Shape{0, 2, 3}}) {
    SCOPED_TRACE(to_string(extents));
    const std::int64_t m = extents[0], k = extents[1], n = extents[2];
    const Array64 flowing = random_array64({m, n}, random), zero_a({m, k}), zero_b({k, n});
    const std::vector<Array64> factors{random_array64({m, k}, random), random_array64({k, n}, random)};
    expect_gradient("matmul by a", product, factors, 0, flowing,
                    oracle::matmul_backward_a(flowing, factors[1], zero_a).value);
    expect_gradient("matmul by b", product, factors, 1, flowing,
                    oracle::matmul_backward_b(factors[0], flowing, zero_b).value);

    const std::vector<Array64> layer{random_array64({m, k}, random), random_array64({n, k}, random),
                                     random_array64({n}, random)};
    expect_gradient("linear by in", linear, layer, 0, flowing,
                    oracle::linear_backward_in(flowing, layer[1], zero_a).value);
    expect_gradient("linear by weight", linear, layer, 1, flowing,
                    oracle::linear_backward_weight(flowing, layer[0], Array64({n, k})).value);
    expect_gradient("linear by bias", linear, layer, 2, flowing,
                    oracle::linear_backward_bias(flowing, Array64({n})).value);
  }
}

TEST(oracle_of_activations, rules_are_derivatives) {
  // None of them within a step of relu's kink.
  const Array64 in = array({2, 7}, {-6, -3.5, -1.25, -0.75, -0.5, -0.25, -0.0625, 0.0625, 0.25, 0.5, 1, 1.75, 4, 7});
  const Array64 zero(in.shape);
  Random random(2);
  const Array64 flowing = random_array64(in.shape, random);
  auto expect = [&](const std::string& what, double (*op)(double), const Expected& expected) {
    expect_gradient(what, each(op), {in}, 0, flowing, expected.value);
  };
  expect("relu", relu, oracle::relu_backward(flowing, in, zero));
  expect("sigmoid", sigmoid, oracle::sigmoid_backward(flowing, each(sigmoid)({in}), zero));
  expect("tanh", tanh_of, oracle::tanh_backward(flowing, each(tanh_of)({in}), zero));
  expect("gelu", gelu, oracle::gelu_backward(flowing, in, zero));
  expect("gelu_tanh", gelu_tanh, oracle::gelu_tanh_backward(flowing, in, zero));
}

TEST(oracle_of_activations, rules_of_rows_are_derivatives) {
  Random random(3);
  for (const Shape& shape : {Shape{5}, Shape{1}, Shape{3, 4}, Shape{2, 2, 3}, Shape{4, 1}, Shape{0, 3}, Shape{3, 0}}) {
    SCOPED_TRACE(to_string(shape));
    const std::vector<Array64> in{random_array64(shape, random, -3, 3)};
    const Array64 flowing = random_array64(shape, random), zero(shape);
    expect_gradient("softmax", softmax, in, 0, flowing, oracle::softmax_backward(flowing, softmax(in), zero).value);
    expect_gradient("log_softmax", log_softmax, in, 0, flowing,
                    oracle::log_softmax_backward(flowing, log_softmax(in), zero).value);
  }
}

TEST(oracle_of_activations, ends_of_the_line) {
  const Array64 one({1}, 1.0), zero({1});
  auto factor = [&](auto rule, double x) { return rule(one, Array64({1}, x), zero).value.values[0]; };
  for (const auto& [x, limit] : {std::pair{-kInfinite, 0.0}, std::pair{kInfinite, 1.0}, std::pair{1e30, 1.0}}) {
    EXPECT_EQ(factor(oracle::relu_backward, x), limit);
    EXPECT_EQ(factor(oracle::gelu_backward, x), limit);
    EXPECT_EQ(factor(oracle::gelu_tanh_backward, x), limit);
  }
  EXPECT_EQ(factor(oracle::relu_backward, 0), 0);
  EXPECT_EQ(factor(oracle::sigmoid_backward, 1), 0);
  EXPECT_EQ(factor(oracle::tanh_backward, -1), 0);
  for (const auto& rule : {oracle::relu_backward, oracle::gelu_backward, oracle::gelu_tanh_backward})
    EXPECT_TRUE(std::isnan(factor(rule, std::numeric_limits<double>::quiet_NaN())));
}

TEST(oracle_of_losses, rules_are_derivatives) {
  Random random(4);
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{2, 3}, Shape{2, 1, 2}}) {
    SCOPED_TRACE(to_string(shape));
    const Array64 flowing = random_array64({}, random, 0.5f, 2.0f), zero(shape);
    const std::vector<Array64> in{random_array64(shape, random, -3, 3), random_array64(shape, random, 0, 1)};
    expect_gradient("mean_squared_error", mean_squared_error, in, 0, flowing,
                    oracle::mean_squared_error_backward(flowing, in[0], in[1], zero).value);
    expect_gradient("binary_cross_entropy", binary_cross_entropy, in, 0, flowing,
                    oracle::binary_cross_entropy_backward(flowing, in[0], in[1], zero).value);
  }
}

TEST(oracle_of_losses, cross_entropy_is_a_derivative) {
  Random random(5);
  const Labels all{2, 0, 1, 1}, some{2, -7, -7, 1};
  for (const Labels& labels : {all, some}) {
    const Array64 logits = random_array64({4, 3}, random, -3, 3), flowing = random_array64({}, random);
    expect_gradient("cross_entropy", cross_entropy(labels, -7), {logits}, 0, flowing,
                    oracle::cross_entropy_backward(flowing, logits, labels, -7, Array64({4, 3})).value);
  }
}

TEST(oracle_of_losses, cross_entropy_far_from_zero) {
  const Array64 one(Shape{}, 1.0);
  const double no = -kInfinite;
  // A difference of 1000 leaves nothing of the other class, in either direction, and so does one that cannot be.
  const Array64 sure =
      oracle::cross_entropy_backward(one, array({2, 2}, {1000, 0, 0, no}), Labels{0, 1}, -1, Array64({2, 2})).value;
  EXPECT_EQ(sure.values, (std::vector<double>{0, 0, 0.5, -0.5}));
  for (const double lost : {kInfinite, std::numeric_limits<double>::quiet_NaN()})
    for (const double value :
         oracle::cross_entropy_backward(one, array({1, 2}, {lost, 0}), Labels{0}, -1, Array64({1, 2})).value.values)
      EXPECT_TRUE(std::isnan(value));
  for (const double value :
       oracle::cross_entropy_backward(one, array({1, 2}, {no, no}), Labels{0}, -1, Array64({1, 2})).value.values)
    EXPECT_TRUE(std::isnan(value));
}

// What stands there is kept, and counts in the magnitude, for every rule alike.
TEST(oracle_of_layers, adds_to_what_stands_there) {
  Random random(6);
  const Shape shape{3, 3};
  const Array64 x = random_array64(shape, random), y = random_array64(shape, random, 0.25f, 0.75f), zero(shape);
  const Array64 before = random_array64(shape, random), one(Shape{}, 1.0);
  const Labels labels{0, 2, 1};
  using Rule = std::function<Expected(const Array64&)>;
  const Rule rules[] = {
      [&](const Array64& b) { return oracle::matmul_backward_a(x, y, b); },
      [&](const Array64& b) { return oracle::matmul_backward_b(x, y, b); },
      [&](const Array64& b) { return oracle::linear_backward_in(x, y, b); },
      [&](const Array64& b) { return oracle::linear_backward_weight(x, y, b); },
      [&](const Array64& b) { return oracle::sigmoid_backward(x, y, b); },
      [&](const Array64& b) { return oracle::tanh_backward(x, y, b); },
      [&](const Array64& b) { return oracle::gelu_backward(x, y, b); },
      [&](const Array64& b) { return oracle::gelu_tanh_backward(x, y, b); },
      [&](const Array64& b) { return oracle::softmax_backward(x, y, b); },
      [&](const Array64& b) { return oracle::log_softmax_backward(x, y, b); },
      [&](const Array64& b) { return oracle::mean_squared_error_backward(one, x, y, b); },
      [&](const Array64& b) { return oracle::binary_cross_entropy_backward(one, x, y, b); },
      [&](const Array64& b) { return oracle::cross_entropy_backward(one, x, labels, -1, b); },
  };
  for (const Rule& rule : rules) {
    const Expected from_zero = rule(zero), sum = rule(before);
    for (std::size_t i = 0; i < before.values.size(); ++i) {
      EXPECT_NEAR(sum.value.values[i], before.values[i] + from_zero.value.values[i], 1e-14);
      EXPECT_NEAR(sum.magnitude.values[i], std::abs(before.values[i]) + from_zero.magnitude.values[i], 1e-14);
      EXPECT_GE(from_zero.magnitude.values[i] + 1e-14, std::abs(from_zero.value.values[i]));
    }
  }
}

}  // namespace
