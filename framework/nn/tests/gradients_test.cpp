// Every operation through Variable, forward and back, against central differences of its formula in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "gradient_check.hpp"
#include "nn/ops.hpp"

namespace kiln::nn {
namespace {

// Broadcast both ways, size 1, size 0, scalars.
const std::vector<std::vector<Shape>> kPairs = {
    {{2, 3}, {2, 3}}, {{2, 3}, {3}},       {{3, 1}, {1, 4}}, {{}, {2, 2}},  {{4}, {}},  {{}, {}},
    {{1}, {1}},       {{2, 1, 3}, {4, 1}}, {{0, 3}, {3}},    {{2, 0}, {1}}, {{0}, {0}},
};

TEST(Gradients, Elementwise) {
  // A gradient sums at most the 24 elements of the largest result.
  for (const auto& shapes : kPairs) {
    check(
        name("add", shapes), [](auto& p) { return p[0] + p[1]; },
        [](auto& x) { return zip64(x[0], x[1], std::plus<>()); }, random_inputs(shapes), {.terms = 24, .largest = 2});
    check(
        name("sub", shapes), [](auto& p) { return p[0] - p[1]; },
        [](auto& x) { return zip64(x[0], x[1], std::minus<>()); }, random_inputs(shapes), {.terms = 24, .largest = 2});
    check(
        name("mul", shapes), [](auto& p) { return p[0] * p[1]; },
        [](auto& x) { return zip64(x[0], x[1], std::multiplies<>()); }, random_inputs(shapes), {.terms = 24});
    // Operands from [0.5, 1.5): g a / b^2 is at most 6.
    check(
        name("div", shapes), [](auto& p) { return p[0] / p[1]; },
        [](auto& x) { return zip64(x[0], x[1], std::divides<>()); }, random_inputs(shapes, 0.5f, 1.5f),
        {.terms = 24, .roundings = 3, .largest = 6});
  }
}

TEST(Gradients, ScalarsMeetVariables) {
  check(
      "2 * x - x / 4", [](auto& p) { return 2 * p[0] - p[0] / 4; },
      [](auto& x) { return map64(x[0], [](double v) { return 2 * v - v / 4; }); }, random_inputs({{2, 3}}),
      {.terms = 2, .largest = 2});
  check(
      "-x", [](auto& p) { return -p[0]; }, [](auto& x) { return map64(x[0], std::negate<>()); }, random_inputs({{3}}),
      {});
}

TEST(Gradients, Reductions) {
  const auto mean64 = [](const std::vector<double>& run) { return sum64(run) / static_cast<double>(run.size()); };
  const auto max64 = [](const std::vector<double>& run) { return *std::ranges::max_element(run); };
  for (const Shape& shape : {Shape{5}, Shape{3, 4}, Shape{2, 3, 4}, Shape{1, 1}, Shape{3, 1, 2}, Shape{2, 0, 3}}) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      for (const bool keepdims : {false, true}) {
        const std::string where = " over " + std::to_string(axis) + (keepdims ? ", dimensions kept" : "");
        const int given = keepdims ? axis - shape.rank() : axis;
        check(
            name("sum", {shape}) + where, [&](auto& p) { return sum(p[0], given, keepdims); },
            [&](auto& x) { return reduce64(x[0], axis, keepdims, sum64); }, random_inputs({shape}), {.terms = 5});
        if (shape[axis] == 0) continue;
        check(
            name("mean", {shape}) + where, [&](auto& p) { return mean(p[0], given, keepdims); },
            [&](auto& x) { return reduce64(x[0], axis, keepdims, mean64); }, random_inputs({shape}), {.terms = 5});
        check(
            name("max", {shape}) + where, [&](auto& p) { return max(p[0], given, keepdims); },
            [&](auto& x) { return reduce64(x[0], axis, keepdims, max64); }, random_inputs({shape}), {});
      }
    }
  }
}

TEST(Gradients, ReductionsOverEverything) {
  for (const Shape& shape : {Shape{}, Shape{4}, Shape{2, 3}, Shape{2, 1, 3}}) {
    const Shape flat{shape.elements()};
    check(
        name("sum", {shape}), [](auto& p) { return sum(p[0]); },
        [&](auto& x) { return reduce64(reshape64(x[0], flat), 0, false, sum64); }, random_inputs({shape}),
        {.terms = 6});
    check(
        name("mean", {shape}), [](auto& p) { return mean(p[0]); },
        [&](auto& x) {
          return reduce64(reshape64(x[0], flat), 0, false,
                          [](const auto& run) { return sum64(run) / static_cast<double>(run.size()); });
        },
        random_inputs({shape}), {.terms = 6});
    check(
        name("max", {shape}), [](auto& p) { return max(p[0]); },
        [&](auto& x) {
          return reduce64(reshape64(x[0], flat), 0, false, [](const auto& run) { return std::ranges::max(run); });
        },
        random_inputs({shape}), {});
  }
}

TEST(Gradients, TiesOfMaxShare) {
  Parameter x(Tensor::from({2, 3}, {1, 4, 4, 2, 2, 2}));
  sum(max(x, 1)).backward();
  const std::vector<float> got(x.gradient().flat().begin(), x.gradient().flat().end());
  EXPECT_EQ(got, (std::vector<float>{0, 0.5f, 0.5f, 1 / 3.0f, 1 / 3.0f, 1 / 3.0f}));
}

TEST(Gradients, Products) {
  for (const auto& [m, k, n] :
       std::vector<std::array<std::int64_t, 3>>{{3, 4, 2}, {1, 1, 1}, {1, 5, 3}, {2, 0, 3}, {0, 2, 3}, {2, 3, 0}}) {
    const std::vector<Shape> shapes{{m, k}, {k, n}};
    check(
        name("matmul", shapes), [](auto& p) { return matmul(p[0], p[1]); },
        [](auto& x) { return matmul64(x[0], x[1]); }, random_inputs(shapes), {.terms = 5});
  }
  for (const std::vector<Shape>& shapes : std::vector<std::vector<Shape>>{{{2, 3, 4}, {2, 4, 5}},
                                                                          {{1, 3, 4}, {3, 4, 2}},
                                                                          {{3, 2, 4}, {1, 4, 2}},
                                                                          {{1, 2, 3}, {1, 3, 2}},
                                                                          {{0, 2, 3}, {1, 3, 2}}}) {
    // A matrix that is used for the whole batch of 3 sums up to 3 * 4 products.
    check(
        name("batched_matmul", shapes), [](auto& p) { return batched_matmul(p[0], p[1]); },
        [](auto& x) { return batched_matmul64(x[0], x[1]); }, random_inputs(shapes), {.terms = 12});
  }
}

TEST(Gradients, Linear) {
  const auto linear64 = [](const Array64& in, const Array64& weight) {
    return matmul64(in, transpose64(weight, 0, 1));
  };
  for (const auto& [batch, in, out] :
       std::vector<std::array<std::int64_t, 3>>{{4, 3, 2}, {1, 1, 1}, {0, 3, 2}, {2, 0, 3}}) {
    const std::vector<Shape> shapes{{batch, in}, {out, in}, {out}};
    check(
        name("linear", shapes), [](auto& p) { return linear(p[0], p[1], p[2]); },
        [&](auto& x) { return zip64(linear64(x[0], x[1]), x[2], std::plus<>()); }, random_inputs(shapes), {.terms = 5});
    check(
        name("linear without bias", shapes), [](auto& p) { return linear(p[0], p[1]); },
        [&](auto& x) { return linear64(x[0], x[1]); }, random_inputs({shapes[0], shapes[1]}), {.terms = 4});
  }
}

TEST(Gradients, MovementAndWhatComesAfterIt) {
  check(
      "transpose", [](auto& p) { return transpose(p[0], 0, 2); }, [](auto& x) { return transpose64(x[0], 0, 2); },
      random_inputs({{2, 3, 4}}), {});
  check(
      "reshape",
      [](auto& p) {
        return reshape(p[0], {3, -1});
      },
      [](auto& x) {
        return reshape64(x[0], {3, 4});
      },
      random_inputs({{2, 2, 3}}), {});
  check(
      "flatten", [](auto& p) { return flatten(p[0]); },
      [](auto& x) {
        return reshape64(x[0], {2, 12});
      },
      random_inputs({{2, 3, 4}}), {});
  check(
      "flatten of nothing", [](auto& p) { return flatten(p[0]); },
      [](auto& x) {
        return reshape64(x[0], {0, 12});
      },
      random_inputs({{0, 3, 4}}), {});
  check(
      "matmul of transposes", [](auto& p) { return matmul(transpose(p[0]), transpose(p[1])); },
      [](auto& x) { return matmul64(transpose64(x[0], 0, 1), transpose64(x[1], 0, 1)); },
      random_inputs({{4, 3}, {2, 4}}), {.terms = 4});
  check(
      "max of a transpose", [](auto& p) { return max(transpose(p[0]), 0); },
      [](auto& x) {
        return reduce64(transpose64(x[0], 0, 1), 0, false, [](const auto& run) { return std::ranges::max(run); });
      },
      random_inputs({{3, 4}}), {});
}

TEST(Gradients, Activations) {
  const auto elementwise = [](const std::string& what, Variable (*op)(const Variable&), double (*f)(double)) {
    for (const Shape& shape : {Shape{2, 5}, Shape{}, Shape{1}, Shape{0, 2}}) {
      // Values up to 3, a derivative that is made of a few roundings, each of an exponential or an error function too.
      check(
          name(what, {shape}), [&](auto& p) { return op(p[0]); }, [&](auto& x) { return map64(x[0], f); },
          random_inputs({shape}, -3, 3), {.roundings = 8, .largest = 3});
    }
  };
  elementwise("relu", relu, [](double x) { return std::max(x, 0.0); });
  elementwise("sigmoid", sigmoid, sigmoid64);
  elementwise("tanh", tanh, [](double x) { return std::tanh(x); });
  elementwise("gelu", gelu, gelu64);
  elementwise("gelu_tanh", gelu_tanh, gelu_tanh64);
  for (const Shape& shape : {Shape{2, 5}, Shape{4}, Shape{2, 2, 3}, Shape{3, 1}, Shape{2, 0}, Shape{0, 3}}) {
    check(
        name("softmax", {shape}), [](auto& p) { return softmax(p[0]); },
        [](auto& x) { return rows64(x[0], softmax64); }, random_inputs({shape}, -3, 3), {.terms = 5, .roundings = 8});
    // The sum of a row's cotangents may be 5, and values reach -8.
    check(
        name("log_softmax", {shape}), [](auto& p) { return log_softmax(p[0]); },
        [](auto& x) { return rows64(x[0], log_softmax64); }, random_inputs({shape}, -3, 3),
        {.terms = 5, .roundings = 8, .largest = 2});
  }
}

TEST(Gradients, Dropout) {
  constexpr float kP = 0.4f;
  constexpr std::uint64_t kSeed = 11;
  const auto dropped = [](const Array64& in) {
    Random random(kSeed);
    return map64(in, [&](double value) { return random.uniform() < kP ? 0 : value / (1 - double{kP}); });
  };
  check(
      "dropout", [](auto& p) { return dropout(p[0], kP, true, kSeed); }, [&](auto& x) { return dropped(x[0]); },
      random_inputs({{4, 6}}), {.roundings = 3, .largest = 2});
  check(
      "dropout in evaluation", [](auto& p) { return dropout(p[0], kP, false, kSeed); }, [](auto& x) { return x[0]; },
      random_inputs({{4, 6}}), {});
}

TEST(Gradients, Losses) {
  const Cost cost{.terms = 8, .roundings = 8, .largest = 2};
  for (const Shape& shape : {Shape{2, 4}, Shape{1}, Shape{}}) {
    check(
        name("mean_squared_error", {shape}), [](auto& p) { return mean_squared_error(p[0], p[1]); },
        [](auto& x) { return mean_squared_error64(x[0], x[1]); }, random_inputs({shape, shape}), cost);
    const Array64 target = random_inputs({shape}, 0, 1, 9)[0];
    check(
        name("binary_cross_entropy", {shape}), [&](auto& p) { return binary_cross_entropy(p[0], to_tensor(target)); },
        [&](auto& x) { return binary_cross_entropy64(x[0], target); }, random_inputs({shape}, -3, 3), cost);
  }
  const std::vector<std::int32_t> labels{2, 0, -100, 1};
  check(
      "cross_entropy", [&](auto& p) { return cross_entropy(p[0], labels); },
      [&](auto& x) { return cross_entropy64(x[0], labels, -100); }, random_inputs({{4, 3}}, -3, 3), cost);
  check(
      "cross_entropy that ignores class 2",
      [&](auto& p) {
        return cross_entropy(p[0], std::vector{2, 0, 1, 1}, 2);
      },
      [&](auto& x) {
        return cross_entropy64(x[0], {2, 0, 1, 1}, 2);
      },
      random_inputs({{4, 3}}, -3, 3), cost);
}

TEST(Gradients, SharedNodesGather) {
  check(
      "x * x", [](auto& p) { return p[0] * p[0]; }, [](auto& x) { return map64(x[0], [](double v) { return v * v; }); },
      random_inputs({{2, 3}}), {.terms = 2});
  check(
      "x + x", [](auto& p) { return p[0] + p[0]; }, [](auto& x) { return map64(x[0], [](double v) { return v + v; }); },
      random_inputs({{2, 3}}), {.terms = 2});
  check(
      "x - x / x", [](auto& p) { return p[0] - p[0] / p[0]; },
      [](auto& x) { return map64(x[0], [](double v) { return v - v / v; }); }, random_inputs({{3}}, 0.5f, 1.5f),
      {.terms = 3, .roundings = 4, .largest = 2});
  check(
      "a diamond of a tanh",
      [](auto& p) {
        const Variable y = tanh(p[0]);
        return sum(y * y + max(y, 1, true) * y);
      },
      [](auto& x) {
        const Array64 y = map64(x[0], [](double v) { return std::tanh(v); });
        const Array64 most = reduce64(y, 1, true, [](const auto& run) { return std::ranges::max(run); });
        const Array64 z = zip64(zip64(y, y, std::multiplies<>()), zip64(most, y, std::multiplies<>()), std::plus<>());
        return reduce64(reshape64(z, {12}), 0, false, sum64);
      },
      random_inputs({{3, 4}}), {.terms = 12, .roundings = 10, .largest = 2});
  check(
      "matmul(x, x)", [](auto& p) { return matmul(p[0], p[0]); }, [](auto& x) { return matmul64(x[0], x[0]); },
      random_inputs({{3, 3}}), {.terms = 6});
}

TEST(Gradients, ANetworkFromEndToEnd) {
  const std::vector<std::int32_t> labels{1, 0, 2};
  check(
      "a network",
      [&](auto& p) {
        const Variable hidden = gelu(linear(p[0], p[1], p[2]));
        return cross_entropy(linear(hidden, p[3]), labels) + 0.5f * mean(p[3] * p[3]);
      },
      [&](auto& x) {
        const Array64 hidden = map64(zip64(matmul64(x[0], transpose64(x[1], 0, 1)), x[2], std::plus<>()), gelu64);
        const Array64 loss = cross_entropy64(matmul64(hidden, transpose64(x[3], 0, 1)), labels, -100);
        double squares = 0;
        for (const double weight : x[3].values) squares += weight * weight;
        return map64(loss, [&](double value) { return value + 0.5 * squares / 15; });
      },
      random_inputs({{3, 4}, {5, 4}, {5}, {3, 5}}), {.terms = 15, .roundings = 20, .largest = 2});
}

}  // namespace
}  // namespace kiln::nn
