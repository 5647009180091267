// Layers of images: what they compute by hand, how they begin, what they remember, what they refuse and hold.
#include "nn/spatial.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "kiln/backend.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"
#include "live_bytes.hpp"
#include "throws.hpp"

namespace kiln::nn {
namespace {

using Floats = std::vector<float>;

Floats values(const ConstView& view) { return {view.data, view.data + view.size()}; }
Floats values(const Variable& variable) { return values(variable.data()); }

/// 1, 2, 3, ... in row-major order.
Tensor counted(const Shape& shape) {
  Tensor tensor(shape);
  std::iota(tensor.flat().begin(), tensor.flat().end(), 1.0f);
  return tensor;
}

std::vector<std::string> names(const Layer& layer) {
  std::vector<std::string> result;
  for (const Parameter& parameter : layer.parameters()) result.push_back(parameter.name());
  return result;
}

Floats state_of(Layer& layer, const std::string& name) {
  const State state = layer.state();
  for (const State::Floats& each : state.tensors)
    if (each.name == name) return values(each.view);
  ADD_FAILURE() << "there is no state " << name;
  return {};
}

// ---- convolution

TEST(Conv2d, SlidesItsWeightOverTheImage) {
  // in = 1 2 3 / 4 5 6 / 7 8 9, not turned around: 1 * 1 + 2 * 0 + 4 * 0 + 5 * -1 = -4 at each place.
  const Parameter weight(Tensor::from({1, 1, 2, 2}, {1, 0, 0, -1}), "weight");
  const Parameter bias(Tensor::from({1}, {10}), "bias");
  EXPECT_EQ(values(Conv2d(weight)(counted({1, 1, 3, 3}))), (Floats{-4, -4, -4, -4}));
  Conv2d padded(weight, bias, {.stride_height = 2, .stride_width = 2, .padding_height = 1, .padding_width = 1});
  EXPECT_EQ(values(padded(counted({1, 1, 3, 3}))), (Floats{9, 7, 3, 6}));
  EXPECT_EQ(names(padded), (std::vector<std::string>{"weight", "bias"}));
  EXPECT_EQ(padded.name(), "Conv2d");
}

TEST(Conv2d, BeginsAsItsInitialisationSays) {
  Tensor expected({4, 3, 2, 2});
  kernels<LayerSlots>().xavier_normal(42, expected);
  const Conv2d layer(3, 4, 2, 42, {.initialisation = Initialisation::xavier_normal});
  EXPECT_EQ(values(layer.weight()), values(std::as_const(expected).data()));
  EXPECT_EQ(values(layer.parameters()[1]), Floats(4, 0));
  EXPECT_EQ(Conv2d(3, 4, 2, 42, {.bias = false}).parameters().size(), 1u);
  EXPECT_NE(values(Conv2d(3, 4, 2, 1).weight()), values(Conv2d(3, 4, 2, 2).weight()));
}

TEST(Conv2d, TakesStrideAndPaddingForBothDimensions) {
  EXPECT_EQ(Conv2d(2, 3, 3, 1)(Tensor({2, 2, 7, 5})).shape(), (Shape{2, 3, 5, 3}));
  EXPECT_EQ(Conv2d(2, 3, 3, 1, {.padding = 1})(Tensor({2, 2, 7, 5})).shape(), (Shape{2, 3, 7, 5}));
  EXPECT_EQ(Conv2d(2, 3, 3, 1, {.stride = 2, .padding = 1})(Tensor({2, 2, 7, 5})).shape(), (Shape{2, 3, 4, 3}));
  Conv2d wide(Parameter(Tensor({3, 2, 1, 5}), "weight"));
  EXPECT_EQ(wide(Tensor({2, 2, 7, 5})).shape(), (Shape{2, 3, 7, 1}));
}

TEST(Conv2d, ThatStandsTwiceIsTied) {
  const auto layer = std::make_shared<Conv2d>(1, 1, 1, 3);
  Sequential model;
  model.add(layer);
  model.add(layer);
  const float w = layer->weight().value().flat()[0];
  sum(model(Tensor::full({1, 1, 2, 2}, 1))).backward();
  const std::vector<Parameter> parameters = model.parameters();
  ASSERT_EQ(parameters.size(), 4u);
  EXPECT_EQ(parameters[0].data().data, parameters[2].data().data);
  // Of four elements w * (w * 1 + b) + b at b = 0.
  EXPECT_FLOAT_EQ(parameters[0].gradient().flat()[0], 4 * 2 * w);
  EXPECT_FLOAT_EQ(parameters[1].gradient().flat()[0], 4 * (w + 1));
}

std::vector<std::string> calls;

TEST(Conv2d, GradientsThatNobodyWantsAreNotAskedFor) {
  SpatialSlots watching{};
  watching.conv2d_backward_in = [](ConstView, ConstView, Conv2dOptions, View) { calls.emplace_back("in"); };
  watching.conv2d_backward_weight = [](ConstView, ConstView, Conv2dOptions, View) { calls.emplace_back("weight"); };
  watching.conv2d_backward_bias = [](ConstView, View) { calls.emplace_back("bias"); };
  register_backend<SpatialSlots>("nn watching", watching);
  set_backend("nn watching");
  calls.clear();
  Sequential model(Conv2d(1, 2, 2, 1), Conv2d(2, 1, 2, 1, {.bias = false}));
  sum(model(Tensor({1, 1, 4, 4}))).backward();
  set_backend("reference");
  EXPECT_EQ(calls, (std::vector<std::string>{"in", "weight", "weight", "bias"})) << "the first layer's image is data";
}

// ---- pooling

TEST(Pools, TakeTheLargestAndTheMean) {
  const Variable image = counted({1, 1, 4, 5});
  EXPECT_EQ(values(MaxPool2d(2)(image)), (Floats{7, 9, 17, 19}));
  EXPECT_EQ(values(MaxPool2d()(image)), (Floats{7, 9, 17, 19}));
  EXPECT_EQ(values(AveragePool2d(2)(image)), (Floats{4, 6, 14, 16}));
  EXPECT_EQ(values(AveragePool2d({.height = 4, .width = 4})(image)), Floats{10});
  // The padding counts as zeros in a mean, and not at all in a maximum.
  const Variable below = Tensor::full({1, 1, 2, 2}, -4);
  const Pool2dOptions padded{.padding_height = 1, .padding_width = 1};
  EXPECT_EQ(values(AveragePool2d(padded)(below)), Floats(4, -1));
  EXPECT_EQ(values(MaxPool2d(padded)(below)), Floats(4, -4));
  EXPECT_EQ(MaxPool2d().name() + " " + AveragePool2d().name(), "MaxPool2d AveragePool2d");
  EXPECT_TRUE(MaxPool2d().parameters().empty());
}

TEST(Pools, TheFirstOfEqualsGetsTheGradient) {
  // Unlike max over an axis, where ties share.
  Parameter image(Tensor::full({1, 1, 2, 4}, 3));
  sum(max_pool2d(image)).backward();
  EXPECT_EQ(values(std::as_const(image).gradient().data()), (Floats{1, 0, 1, 0, 0, 0, 0, 0}));
}

// ---- batch normalisation

TEST(BatchNorm, NormalisesByTheBatchInTraining) {
  // Channel 0 holds 1 and 3: mean 2, variance 1; channel 1 holds 10 and 30: mean 20, variance 100.
  const Variable in = Tensor::from({2, 2}, {1, 30, 3, 10});
  BatchNorm layer(2, {.momentum = 0.5f, .epsilon = 1e-12f});
  EXPECT_EQ(values(layer(in)), (Floats{-1, 1, 1, -1}));
  // Half of what was there, 0 and 1, and half of the batch's mean and of its variance over count - 1, 2 and 200.
  EXPECT_EQ(state_of(layer, "running_mean"), (Floats{1, 10}));
  EXPECT_EQ(state_of(layer, "running_variance"), (Floats{1.5f, 100.5f}));
  EXPECT_EQ(names(layer), (std::vector<std::string>{"weight", "bias"}));
  EXPECT_EQ(layer.name(), "BatchNorm");
}

TEST(BatchNorm, NormalisesByTheRunningStatisticsInEvaluation) {
  BatchNorm layer(2, {.epsilon = 1e-12f});
  const State state = layer.state();
  for (int c = 0; c < 2; ++c) {
    state.tensors[0].view(c) = static_cast<float>(c + 1);
    state.tensors[1].view(c) = 4;
  }
  layer.eval();
  // One image is enough, and nothing moves.
  EXPECT_EQ(values(layer(Tensor::from({1, 2, 1, 2}, {1, 3, 2, 6}))), (Floats{0, 1, 0, 2}));
  EXPECT_EQ(state_of(layer, "running_mean"), (Floats{1, 2}));
  EXPECT_EQ(state_of(layer, "running_variance"), (Floats{4, 4}));
}

TEST(BatchNorm, MovesItsStatisticsInTrainingOnly) {
  Random random(4);
  const Variable in = Tensor::normal({64, 1}, random, 5, 2);
  BatchNorm layer(1);
  const NoGrad guard;
  // Nine tenths of what is missing stay missing, a step: after 100 steps the batch's own statistics are left.
  for (int step = 0; step < 100; ++step) layer(in);
  const Floats mean = state_of(layer, "running_mean"), variance = state_of(layer, "running_variance");
  EXPECT_NEAR(mean[0], 5, 5 * 2 / std::sqrt(64.0));
  layer.eval();
  layer(in);
  EXPECT_EQ(state_of(layer, "running_mean"), mean);
  layer.train();
  // Then training and evaluation differ by count - 1 in place of count alone.
  const Floats trained = values(layer(in));
  layer.eval();
  const Floats evaluated = values(layer(in));
  for (std::size_t i = 0; i < trained.size(); ++i)
    EXPECT_NEAR(evaluated[i], trained[i] * std::sqrt(63.0 / 64), 1e-3) << i;
  EXPECT_NEAR(variance[0], 4, 5 * 4 * std::sqrt(2 / 63.0));
}

TEST(BatchNorm, AStepBetweenForwardAndBackwardDoesNotChangeAnEvaluation) {
  const Variable in = Tensor::from({2, 1}, {1, 2});
  const auto gradients = [&](bool step_between) {
    BatchNorm layer(1);
    Parameter shift(Tensor::full({1}, 0.5f));
    layer.eval();
    Variable out = sum(layer(in + shift));
    layer.train();
    if (step_between) layer(in);
    out.backward();
    return std::pair(shift.gradient().flat()[0], layer.parameters()[0].gradient().flat()[0]);
  };
  EXPECT_EQ(gradients(true), gradients(false));
}

TEST(BatchNorm, IsStateInANetwork) {
  Sequential model(Conv2d(1, 2, 1, 1), BatchNorm(2), Sequential(Flatten(), BatchNorm(8)));
  std::vector<std::string> found;
  for (const State::Floats& each : model.state().tensors) found.push_back(each.name);
  EXPECT_EQ(found, (std::vector<std::string>{"1.running_mean", "1.running_variance", "2.1.running_mean",
                                             "2.1.running_variance"}));
  // Handles: what is written there is what evaluation reads.
  const State state = model.state();
  model(counted({2, 1, 2, 2}));
  EXPECT_NE(values(state.tensors[0].view), Floats(2, 0));
  EXPECT_EQ(values(state.tensors[0].view), values(model.state().tensors[0].view));
}

TEST(BatchNorm, GoesOnFromWhatWasKept) {
  Random random(8);
  const Variable first = Tensor::normal({4, 3}, random), second = Tensor::normal({4, 3}, random);
  BatchNorm layer(3), restored(3);
  layer(first);
  for (std::size_t i = 0; i < 2; ++i)
    for (int c = 0; c < 3; ++c) restored.state().tensors[i].view(c) = layer.state().tensors[i].view(c);
  layer(second);
  restored(second);
  EXPECT_EQ(state_of(layer, "running_mean"), state_of(restored, "running_mean"));
  EXPECT_EQ(state_of(layer, "running_variance"), state_of(restored, "running_variance"));
}

// ---- errors and memory

TEST(Spatial, ErrorsNameTheOperationAndTheShapes) {
  const Variable image = Tensor({1, 2, 4, 4});
  EXPECT_ERROR(conv2d(image, Tensor({3, 1, 2, 2}), Tensor(Shape{3})), invalid_argument,
               "conv2d of (1, 2, 4, 4), (3, 1, 2, 2) and (3)");
  EXPECT_ERROR(conv2d(image, Tensor({3, 2, 2, 2}), Tensor(Shape{2})), invalid_argument, "conv2d of");
  EXPECT_ERROR(conv2d(image, Tensor({3, 2, 5, 5})), invalid_argument, "conv2d of (1, 2, 4, 4) and (3, 2, 5, 5)");
  EXPECT_ERROR(max_pool2d(Tensor({4, 4})), invalid_argument, "max_pool2d of (4, 4)");
  EXPECT_ERROR(average_pool2d(image, {.height = 5}), invalid_argument, "average_pool2d of (1, 2, 4, 4)");
  BatchNorm layer(3);
  EXPECT_ERROR(layer(image), invalid_argument, "batch_norm_train of (1, 2, 4, 4), (3) and (3)");
  EXPECT_ERROR(layer(Tensor({1, 3})), invalid_argument, "batch_norm_train of (1, 3)");
  EXPECT_EQ(state_of(layer, "running_mean"), Floats(3, 0)) << "an error came before anything was written";
  layer.eval();
  EXPECT_ERROR(layer(image), invalid_argument, "batch_norm_eval of (1, 2, 4, 4), (3) and (3)");
}

TEST(Spatial, LayersRefuseWrongOptionsAtOnce) {
  EXPECT_ERROR(Conv2d(1, 1, 3, 1, {.stride = 0}), invalid_argument, "Conv2d on a weight of (1, 1, 3, 3)");
  EXPECT_ERROR(Conv2d(1, 1, 3, 1, {.padding = -1}), invalid_argument, "Conv2d");
  EXPECT_ERROR(Conv2d(1, 1, 0, 1), invalid_argument, "");
  EXPECT_ERROR(Conv2d(Parameter(Tensor({2, 2}), "weight")), invalid_argument, "Conv2d on a weight of (2, 2)");
  EXPECT_ERROR(MaxPool2d(0), invalid_argument, "max_pool2d");
  EXPECT_ERROR(MaxPool2d(-1), invalid_argument, "");
  EXPECT_ERROR(MaxPool2d({.padding_height = 2}), invalid_argument, "max_pool2d");
  EXPECT_ERROR(AveragePool2d({.stride_width = 0}), invalid_argument, "average_pool2d");
  EXPECT_ERROR(AveragePool2d({.padding_width = -1}), invalid_argument, "average_pool2d");
  for (const float wrong : {-0.5f, 1.5f, std::nanf("")})
    EXPECT_ERROR(BatchNorm(1, {.momentum = wrong}), invalid_argument, "BatchNorm: momentum");
  for (const float wrong : {0.0f, -1.0f, std::nanf("")})
    EXPECT_ERROR(BatchNorm(1, {.epsilon = wrong}), invalid_argument, "BatchNorm: epsilon");
  EXPECT_ERROR(BatchNorm(-1), invalid_argument, "negative extent");
}

TEST(Spatial, MemoryIsFreedOnTheWayBack) {
  const auto model = std::make_unique<Sequential>(Conv2d(1, 4, 3, 1, {.padding = 1}), BatchNorm(4), Relu(),
                                                  MaxPool2d(2), AveragePool2d(2), Flatten(), Linear(4 * 8 * 8, 1, 2));
  const Variable image = Tensor::full({2, 1, 32, 32}, 1);
  const std::int64_t before = live_bytes();
  Variable loss = mean((*model)(image));
  // Three results of the whole extent.
  EXPECT_GE(live_bytes() - before, 3 * 2 * 4 * 32 * 32 * 4);
  loss.backward();
  // What stays are the loss, and the gradients of 36 + 4 + 4 + 4 + 256 + 1 parameters in six tensors.
  EXPECT_LE(live_bytes() - before, (305 + 1) * 4 + 7 * 256);
  for (Parameter& parameter : model->parameters()) parameter.zero_grad();
  {
    const NoGrad guard;
    const Variable out = (*model)(image);
    EXPECT_LE(live_bytes() - before, 3 * 256);
  }
}

}  // namespace
}  // namespace kiln::nn
