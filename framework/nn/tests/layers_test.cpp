// Layers: what they compute, how they begin, what they are trained by.
#include "nn/layers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "kiln/backend.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"
#include "throws.hpp"

namespace kiln::nn {
namespace {

std::vector<float> values(const Variable& variable) {
  return {variable.value().flat().begin(), variable.value().flat().end()};
}

std::vector<std::string> names(const Layer& layer) {
  std::vector<std::string> result;
  for (const Parameter& parameter : layer.parameters()) result.push_back(parameter.name());
  return result;
}

TEST(Linear, IsInTimesWeightTransposedPlusBias) {
  Parameter weight(Tensor::from({2, 3}, {1, 0, 2, 0, 1, 1}), "weight"), bias(Tensor::from({2}, {10, 20}), "bias");
  Linear layer(weight, bias);
  EXPECT_EQ(values(layer(Tensor::from({1, 3}, {1, 2, 3}))), (std::vector<float>{17, 25}));
  Linear without(weight);
  EXPECT_EQ(values(without(Tensor::from({1, 3}, {1, 2, 3}))), (std::vector<float>{7, 5}));
  EXPECT_EQ(names(layer), (std::vector<std::string>{"weight", "bias"}));
  EXPECT_EQ(names(without), (std::vector<std::string>{"weight"}));
}

TEST(Linear, BeginsAsItsInitialisationSays) {
  const LayerSlots& slots = kernels<LayerSlots>();
  using Start = std::pair<Initialisation, decltype(LayerSlots::kaiming_uniform)>;
  for (const auto& [initialisation, kernel] : {Start{Initialisation::kaiming_uniform, slots.kaiming_uniform},
                                               Start{Initialisation::kaiming_normal, slots.kaiming_normal},
                                               Start{Initialisation::xavier_uniform, slots.xavier_uniform},
                                               Start{Initialisation::xavier_normal, slots.xavier_normal}}) {
    Tensor expected({4, 3});
    kernel(42, expected);
    const Linear layer(3, 4, 42, {.initialisation = initialisation});
    EXPECT_EQ(values(layer.weight()), std::vector<float>(expected.flat().begin(), expected.flat().end()));
    EXPECT_EQ(values(layer.parameters()[1]), std::vector<float>(4, 0));
  }
  EXPECT_EQ(Linear(3, 4, 1, {.bias = false}).parameters().size(), 1u);
  EXPECT_NE(values(Linear(3, 4, 1).weight()), values(Linear(3, 4, 2).weight()));
  EXPECT_ERROR(Linear(3, -1, 1), invalid_argument, "negative extent");
}

TEST(Dropout, DropsAnewAtEachCallAndTheSameInEachRun) {
  const Variable ones = Tensor::full({50, 40}, 1);
  Dropout first(0.3f, 5), again(0.3f, 5), neighbour(0.3f, 6);
  const std::vector<float> one = values(first(ones)), two = values(first(ones));
  EXPECT_NE(one, two);
  EXPECT_EQ(one, values(again(ones)));
  EXPECT_EQ(two, values(again(ones)));
  EXPECT_NE(two, values(neighbour(ones)));
  // 2000 draws: the share that is dropped lies within five standard deviations of p.
  const auto dropped = static_cast<double>(std::ranges::count(one, 0.0f));
  EXPECT_NEAR(dropped / 2000, 0.3, 5 * std::sqrt(0.3 * 0.7 / 2000));
  for (const float value : one) EXPECT_TRUE(value == 0 || std::abs(value - 1 / 0.7f) < 1e-6f) << value;
}

TEST(Dropout, DoesNothingInEvaluation) {
  const Variable ones = Tensor::full({100}, 1);
  Dropout layer(0.5f, 5), same(0.5f, 5);
  layer.eval();
  EXPECT_EQ(values(layer(ones)), values(ones));
  // Evaluation draws nothing: training goes on where it stood.
  layer.train();
  EXPECT_EQ(values(layer(ones)), values(same(ones)));
}

TEST(Dropout, RefusesAWrongProbability) {
  for (const float p : {-0.1f, 1.0f, 1.5f, std::nanf("")}) EXPECT_ERROR(Dropout(p, 1), invalid_argument, "dropout");
  EXPECT_EQ(values(Dropout(0, 1)(Tensor::full({3}, 2))), std::vector<float>(3, 2));
}

TEST(Layers, OfOneFunctionApplyIt) {
  const Variable x = Tensor::from({1, 2, 2}, {-2, -0.5f, 0.5f, 2});
  EXPECT_EQ(values(Relu()(x)), values(relu(x)));
  EXPECT_EQ(values(Sigmoid()(x)), values(sigmoid(x)));
  EXPECT_EQ(values(Tanh()(x)), values(tanh(x)));
  EXPECT_EQ(values(Gelu()(x)), values(gelu(x)));
  EXPECT_EQ(Flatten()(x).shape(), (Shape{1, 4}));
  EXPECT_EQ(Flatten(0)(x).shape(), Shape{4});
  EXPECT_TRUE(Relu().parameters().empty());
}

TEST(Sequential, RunsItsLayersInTurn) {
  const Parameter weight(Tensor::from({2, 2}, {1, -1, 0, 1}), "weight");
  Sequential model(Flatten(), Linear(weight), Relu(),
                   Sequential(Linear(weight, Parameter(Tensor::full({2}, 1), "bias"))));
  EXPECT_EQ(values(model(Tensor::from({1, 2, 1}, {1, 3}))), (std::vector<float>{-2, 4}));
  EXPECT_EQ(names(model), (std::vector<std::string>{"1.weight", "3.0.weight", "3.0.bias"}));
  EXPECT_EQ(values(Sequential()(Tensor::full({2}, 3))), std::vector<float>(2, 3));
  EXPECT_ERROR(model.add(nullptr), invalid_argument, "Sequential::add");
}

TEST(Sequential, TellsEveryLayerWhetherItTrains) {
  const auto dropout = std::make_shared<Dropout>(0.5f, 1);
  Sequential inner;
  inner.add(dropout);
  Sequential model(Relu(), std::move(inner));
  EXPECT_TRUE(dropout->training());
  model.eval();
  EXPECT_FALSE(dropout->training());
  EXPECT_FALSE(model.training());
  model.train();
  EXPECT_TRUE(dropout->training());
}

TEST(Sequential, ALayerThatStandsTwiceIsTied) {
  const auto layer = std::make_shared<Linear>(2, 2, 1);
  Sequential model;
  model.add(layer);
  model.add(layer);
  sum(model(Tensor::full({1, 2}, 1))).backward();
  const std::vector<Parameter> parameters = model.parameters();
  ASSERT_EQ(parameters.size(), 4u);
  EXPECT_EQ(parameters[0].data().data, parameters[2].data().data);
  // The bias is added once as it is, and once through the weight.
  const std::vector<float> w = values(layer->weight());
  EXPECT_FLOAT_EQ(parameters[1].gradient().flat()[0], 1 + w[0] + w[2]);
}

}  // namespace
}  // namespace kiln::nn
