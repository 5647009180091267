// A gradient's check: forward, backward under a random cotangent, and differences.
#include "gradient_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kiln::nn {

Tensor to_tensor(const Array64& array) {
  Tensor tensor(array.shape);
  std::ranges::transform(array.values, tensor.flat().begin(), [](double value) { return static_cast<float>(value); });
  return tensor;
}

void check(const std::string& what, const Operation& op, const Function64& f, const std::vector<Array64>& inputs,
           Cost cost) {
  SCOPED_TRACE(what);
  std::vector<Parameter> parameters;
  for (const Array64& input : inputs) parameters.emplace_back(to_tensor(input));
  Variable out = op(parameters);

  const Array64 expected = f(inputs), got = testing::to_array64(out.value().data());
  ASSERT_EQ(got.shape, expected.shape);
  for (std::size_t i = 0; i < got.values.size(); ++i)
    EXPECT_NEAR(got.values[i], expected.values[i], cost.slack()) << "value " << i;

  Random random(7);
  const Array64 cotangent = testing::random_array64(out.shape(), random);
  out.backward(to_tensor(cotangent));
  for (std::size_t by = 0; by < inputs.size(); ++by) {
    ASSERT_TRUE(parameters[by].has_gradient());
    testing::expect_gradient(what + " by operand " + std::to_string(by), f, inputs, by, cotangent,
                             testing::to_array64(parameters[by].gradient().data()), {.slack = cost.slack()});
  }
}

std::vector<Array64> random_inputs(const std::vector<Shape>& shapes, float low, float high, std::uint64_t seed) {
  Random random(seed);
  std::vector<Array64> inputs;
  for (const Shape& shape : shapes) inputs.push_back(testing::random_array64(shape, random, low, high));
  return inputs;
}

std::string name(const std::string& op, const std::vector<Shape>& shapes) {
  std::string text = op;
  for (const Shape& shape : shapes) text += " " + to_string(shape);
  return text;
}

}  // namespace kiln::nn
