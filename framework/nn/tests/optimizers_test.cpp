// Optimizers: by hand for a step, on a quadratic, and on problems that need a hidden layer.
#include "nn/optimizers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <vector>

#include "kiln/random.hpp"
#include "nn/nn.hpp"
#include "throws.hpp"

namespace kiln::nn {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::vector<float> values(const Variable& variable) {
  return {variable.value().flat().begin(), variable.value().flat().end()};
}

/// (x - 3)^2 + 10 (y + 1)^2
Variable quadratic(const Parameter& at) {
  const Variable distance = at - Tensor::from({2}, {3, -1});
  return sum(distance * distance * Tensor::from({2}, {1, 10}));
}

void expect_minimised(Optimizer& optimizer, const Parameter& at, int steps) {
  for (int step = 0; step < steps; ++step) {
    optimizer.zero_grad();
    quadratic(at).backward();
    optimizer.step();
  }
  EXPECT_NEAR(values(at)[0], 3, 1e-3);
  EXPECT_NEAR(values(at)[1], -1, 1e-3);
}

TEST(Optimizers, MinimiseAQuadratic) {
  const auto start = [] { return Parameter(Tensor::full({2}, 5)); };
  // The curvatures are 2 and 20. Each step of plain descent shrinks the flatter error by 1 - 2 * 0.05 = 0.9.
  Parameter a = start(), b = start(), c = start(), d = start(), e = start();
  Sgd plain({a}, {.learning_rate = 0.05f});
  expect_minimised(plain, a, 100);
  Sgd momentum({b}, {.learning_rate = 0.02f, .momentum = 0.9f});
  expect_minimised(momentum, b, 300);
  Sgd nesterov({c}, {.learning_rate = 0.02f, .momentum = 0.9f, .nesterov = true});
  expect_minimised(nesterov, c, 300);
  // A step of Adam is about its learning rate long at first.
  Adam adam({d}, {.learning_rate = 0.1f});
  expect_minimised(adam, d, 500);
  AdamW adamw({e}, {.learning_rate = 0.1f});
  expect_minimised(adamw, e, 500);
}

TEST(Sgd, StepsAsByHand) {
  Parameter x(Tensor::full({1}, 1));
  Sgd optimizer({x}, {.learning_rate = 0.5f, .momentum = 0.5f});
  x.backward(Tensor::full({1}, 1));
  optimizer.step();  // velocity 1
  EXPECT_EQ(x.data()(0), 0.5f);
  optimizer.step();  // the gradient is still 1; velocity 1.5
  EXPECT_EQ(x.data()(0), -0.25f);
  optimizer.set_options({.learning_rate = 1});  // no momentum
  optimizer.step();
  EXPECT_EQ(x.data()(0), -1.25f);
}

TEST(Sgd, MomentumMayBeginLater) {
  Parameter x(Tensor::full({1}, 0));
  Sgd optimizer({x}, {.learning_rate = 1});
  optimizer.set_options({.learning_rate = 1, .momentum = 0.5f});
  x.backward(Tensor::full({1}, 1));
  optimizer.step();
  optimizer.step();
  EXPECT_EQ(x.data()(0), -2.5f);
}

TEST(Adam, CountsItsStepsForEachParameter) {
  // The first step is learning_rate * sign(gradient), whenever it comes.
  Parameter early(Tensor::full({1}, 0)), late(Tensor::full({1}, 0));
  Adam optimizer({early, late}, {.learning_rate = 0.1f, .epsilon = 0});
  early.backward(Tensor::full({1}, 4));
  for (int i = 0; i < 5; ++i) optimizer.step();
  EXPECT_EQ(late.data()(0), 0);
  late.backward(Tensor::full({1}, -0.01f));
  optimizer.step();
  EXPECT_NEAR(late.data()(0), 0.1f, 1e-6);
}

TEST(AdamW, DecaysApartFromTheGradient) {
  // The gradient is 0: Adam's decay goes through the moments and is a whole step, AdamW's is proportional.
  const auto after_a_step = [](auto make) {
    Parameter x(Tensor::full({1}, 2));
    auto optimizer = make(x);
    x.backward(Tensor::full({1}, 0));
    optimizer.step();
    return x.data()(0);
  };
  const AdamOptions options{.learning_rate = 0.1f, .weight_decay = 0.5f};
  EXPECT_NEAR(after_a_step([&](const Parameter& x) { return AdamW({x}, options); }), 2 - 0.1 * 0.5 * 2, 1e-6);
  EXPECT_NEAR(after_a_step([&](const Parameter& x) { return Adam({x}, options); }), 2 - 0.1, 1e-6);
}

TEST(Optimizers, UpdateATiedTensorOnce) {
  Parameter x(Tensor::full({1}, 1), "a"), other(Tensor::full({1}, 1), "c");
  Sgd optimizer({x, x.renamed("b"), other}, {.learning_rate = 0.25f});
  EXPECT_EQ(optimizer.parameters().size(), 2u);
  x.backward(Tensor::full({1}, 1));
  optimizer.step();
  EXPECT_EQ(x.data()(0), 0.75f);
  EXPECT_EQ(other.data()(0), 1) << "a parameter without a gradient";
}

TEST(Optimizers, ClearGradients) {
  Parameter x(Tensor::full({1}, 1));
  Sgd optimizer({x});
  x.backward(Tensor::full({1}, 1));
  optimizer.zero_grad();
  EXPECT_FALSE(x.has_gradient());
  EXPECT_ERROR(optimizer.step(), invalid_argument, "no parameter has a gradient");
}

TEST(Optimizers, RefuseBadOptionsAtOnce) {
  Parameter x(Tensor::full({1}, 1));
  for (const SgdOptions& options : std::vector<SgdOptions>{
           {.learning_rate = -1}, {.learning_rate = kNaN}, {.momentum = 1}, {.weight_decay = -1}, {.nesterov = true}})
    EXPECT_ERROR(Sgd({x}, options), invalid_argument, "sgd");
  for (const AdamOptions& options : std::vector<AdamOptions>{
           {.learning_rate = -1}, {.beta1 = 1}, {.beta2 = -0.5f}, {.epsilon = -1}, {.weight_decay = kNaN}}) {
    EXPECT_ERROR(Adam({x}, options), invalid_argument, "adam");
    EXPECT_ERROR(AdamW({x}, options), invalid_argument, "adam");
  }
  Sgd optimizer({x});
  EXPECT_ERROR(optimizer.set_options({.learning_rate = -1}), invalid_argument, "sgd");
  EXPECT_EQ(optimizer.options().learning_rate, 0.01f);
  EXPECT_ERROR(Sgd({}), invalid_argument, "no parameter");
  EXPECT_ERROR(Adam({Parameter(Tensor())}), invalid_argument, "no parameter");
}

/// The share of rows on the right side.
double accuracy(Layer& model, const Variable& in, const Tensor& target) {
  const NoGrad guard;
  const Variable logits = model(in);
  double right = 0;
  for (std::int64_t i = 0; i < target.size(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    right += (logits.value().flat()[at] > 0) == (target.flat()[at] > 0.5f);
  }
  return right / static_cast<double>(target.size());
}

void train(Layer& model, Optimizer& optimizer, const Variable& in, const Tensor& target, int steps) {
  for (int step = 0; step < steps; ++step) {
    optimizer.zero_grad();
    binary_cross_entropy(model(in), target).backward();
    optimizer.step();
  }
}

TEST(Training, LearnsExclusiveOr) {
  const Variable in = Tensor::from({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1});
  const Tensor target = Tensor::from({4, 1}, {0, 1, 1, 0});
  Sequential model(Linear(2, 8, 1, {.initialisation = Initialisation::xavier_uniform}), Tanh(), Linear(8, 1, 2));
  Adam optimizer(model.parameters(), {.learning_rate = 0.05f});
  EXPECT_LT(accuracy(model, in, target), 1);
  train(model, optimizer, in, target, 300);
  EXPECT_EQ(accuracy(model, in, target), 1);
}

TEST(Training, LearnsTwoMoons) {
  constexpr std::int64_t kPoints = 200;
  Random random(3);
  Tensor points({kPoints, 2}), target({kPoints, 1});
  for (std::int64_t i = 0; i < kPoints; ++i) {
    const bool upper = i % 2 == 0;
    const float angle = random.uniform(0, std::numbers::pi_v<float>);
    points.data()(i, 0) = (upper ? std::cos(angle) : 1 - std::cos(angle)) + random.normal(0, 0.1f);
    points.data()(i, 1) = (upper ? std::sin(angle) : 0.5f - std::sin(angle)) + random.normal(0, 0.1f);
    target.data()(i, 0) = upper ? 1.0f : 0.0f;
  }
  Sequential model(Linear(2, 16, 1), Relu(), Dropout(0.05f, 9), Linear(16, 16, 2), Gelu(), Linear(16, 1, 3));
  AdamW optimizer(model.parameters(), {.learning_rate = 0.02f, .weight_decay = 0.01f});
  train(model, optimizer, points, target, 300);
  model.eval();
  EXPECT_GE(accuracy(model, points, target), 0.97);
}

TEST(Training, IsTheSameEveryTime) {
  const auto trained = [] {
    const Variable in = Tensor::from({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1});
    Sequential model(Linear(2, 8, 1), Relu(), Dropout(0.2f, 4), Linear(8, 1, 2));
    Sgd optimizer(model.parameters(), {.learning_rate = 0.1f, .momentum = 0.9f});
    train(model, optimizer, in, Tensor::from({4, 1}, {0, 1, 1, 0}), 20);
    return values(model.parameters()[0]);
  };
  EXPECT_EQ(trained(), trained());
}

}  // namespace
}  // namespace kiln::nn
