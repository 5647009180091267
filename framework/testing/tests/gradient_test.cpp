// Central differences: right gradients pass, each kind of wrong one is told, and what cannot be judged is not passed.
#include "testing/gradient.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cmath>

namespace kiln::testing {

namespace {

Array64 array(const Shape& shape, std::vector<double> values) {
  Array64 result(shape);
  result.values = std::move(values);
  return result;
}

/// (2) and (3) give the (2, 3) of exp(a_i) sin(b_j).
Array64 waves(const std::vector<Array64>& inputs) {
  Array64 out({2, 3});
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) out(i, j) = std::exp(inputs[0](i)) * std::sin(inputs[1](j));
  return out;
}

struct Sample {
  std::vector<Array64> inputs;
  Array64 cotangent;
  std::vector<Array64> gradients;
};

Sample sample() {
  Random random(7);
  Sample result{{random_array64({2}, random), random_array64({3}, random, -3.0f, 3.0f)},
                random_array64({2, 3}, random),
                {Array64({2}), Array64({3})}};
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) {
      const double a = result.inputs[0](i), b = result.inputs[1](j), c = result.cotangent(i, j);
      result.gradients[0](i) += c * std::exp(a) * std::sin(b);
      result.gradients[1](j) += c * std::exp(a) * std::cos(b);
    }
  return result;
}

TEST(central_difference, finds_a_slope_to_ten_digits) {
  const Difference slope = central_difference([](double x) { return std::exp(x); }, 1e-15);
  EXPECT_LT(slope.error, 1e-10);
  EXPECT_NEAR(slope.value, 1.0, slope.error);
}

TEST(expect_gradient, right_ones_pass) {
  const Sample s = sample();
  for (const std::size_t by : {0u, 1u}) expect_gradient("waves", waves, s.inputs, by, s.cotangent, s.gradients[by]);
  Random random(1);
  expect_gradients_along("waves", waves, s.inputs, s.cotangent, s.gradients, 5, random);
}

TEST(expect_gradient, large_and_tiny_inputs_are_differentiated_as_well) {
  const auto square = [](const std::vector<Array64>& inputs) {
    Array64 out = inputs[0];
    for (double& value : out.values) value *= value;
    return out;
  };
  // One at a time: beside a square of 1e12 nobody sees the slope of a small one.
  for (const double x : {1e6, -3e3, 1e-9, 0.0})
    expect_gradient("square", square, {array({1}, {x})}, 0, Array64({1}, 1.0), array({1}, {2 * x}));
}

TEST(expect_gradient, an_error_in_the_sixth_digit_is_told_with_its_place) {
  Sample s = sample();
  s.gradients[1](2) *= 1 + 1e-6;
  EXPECT_NONFATAL_FAILURE(expect_gradient("waves by b", waves, s.inputs, 1, s.cotangent, s.gradients[1]),
                          "waves by b[2]: the gradient says");
  EXPECT_NONFATAL_FAILURE(
      {
        Random random(1);
        expect_gradients_along("waves", waves, s.inputs, s.cotangent, s.gradients, 5, random);
      },
      "waves, along random direction 0: the gradient says");
}

TEST(expect_gradient, slack_is_for_what_was_rounded) {
  Sample s = sample();
  s.gradients[0](0) += 1e-7;
  EXPECT_NONFATAL_FAILURE(expect_gradient("waves", waves, s.inputs, 0, s.cotangent, s.gradients[0]), "says");
  expect_gradient("waves", waves, s.inputs, 0, s.cotangent, s.gradients[0], {.slack = 2e-7});
}

TEST(expect_gradient, a_gradient_of_nothing_is_told) {
  const Sample s = sample();
  EXPECT_NONFATAL_FAILURE(expect_gradient("waves", waves, s.inputs, 0, s.cotangent, Array64({2})),
                          "2 elements are wrong");
  EXPECT_NONFATAL_FAILURE(expect_gradient("waves", waves, s.inputs, 0, s.cotangent, Array64({2}, std::nan(""))),
                          "the gradient says nan");
}

TEST(expect_gradient, shapes_are_named) {
  const Sample s = sample();
  EXPECT_NONFATAL_FAILURE(expect_gradient("waves", waves, s.inputs, 0, s.cotangent, Array64({3})),
                          "waves: the gradient has shape (3), what it is taken by has (2)");
  EXPECT_NONFATAL_FAILURE(expect_gradient("waves", waves, s.inputs, 0, Array64({3, 2}), s.gradients[0]),
                          "waves: f gives shape (2, 3), but the cotangent has shape (3, 2)");
}

TEST(expect_gradient, a_kink_or_a_pole_is_not_passed_by_chance) {
  const auto kink = [](const std::vector<Array64>& inputs) {
    Array64 out = inputs[0];
    for (double& value : out.values) value = std::max(value, 0.0);
    return out;
  };
  const Array64 one({1}, 1.0);
  EXPECT_NONFATAL_FAILURE(expect_gradient("relu", kink, {array({1}, {4e-4})}, 0, one, one), "cannot tell");
  const auto pole = [](const std::vector<Array64>& inputs) {
    Array64 out = inputs[0];
    for (double& value : out.values) value = 1 / value;
    return out;
  };
  EXPECT_NONFATAL_FAILURE(expect_gradient("1 / x", pole, {array({1}, {1e-3})}, 0, one, array({1}, {-1e6})),
                          "cannot tell");
}

TEST(expect_gradient, nothing_to_differentiate_is_right) {
  const auto nothing = [](const std::vector<Array64>& inputs) { return inputs[0]; };
  expect_gradient("copy", nothing, {Array64({0, 3})}, 0, Array64({0, 3}), Array64({0, 3}));
}

}  // namespace
}  // namespace kiln::testing
