// The oracles of convolutions: by hand, and the backward ones as derivatives, by central differences of the forward
// one. No kernel takes part.
#include "oracle.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "testing/gradient.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

struct Case {
  Shape in, weight;
  Conv2dOptions options;
};

const Case kCases[] = {
    {{2, 2, 4, 5}, {3, 2, 3, 2}, {}},           {{1, 2, 5, 4}, {2, 2, 3, 3}, {1, 1, 1, 1}},
    {{2, 1, 7, 6}, {2, 1, 2, 3}, {3, 2, 1, 2}}, {{1, 1, 3, 3}, {1, 1, 5, 5}, {1, 2, 3, 2}},
    {{1, 3, 1, 1}, {2, 3, 1, 1}, {2, 2, 0, 0}}, {{1, 1, 2, 3}, {2, 1, 1, 2}, {2, 1, 2, 3}},
    {{0, 2, 3, 3}, {1, 2, 2, 2}, {}},           {{2, 0, 3, 3}, {2, 0, 2, 2}, {}},
    {{1, 1, 0, 3}, {2, 1, 2, 2}, {1, 1, 1, 0}},
};

Array64 array(const Shape& shape, std::vector<double> values) {
  Array64 out(shape);
  out.values = std::move(values);
  return out;
}

TEST(oracle_of_convolution, by_hand) {
  // 1 2 3      1 2     with a border of 1
  // 4 5 6      3 4
  const Array64 in = array({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6}), weight = array({1, 1, 2, 2}, {1, 2, 3, 4});
  const Array64 bias = array({1}, {100});
  EXPECT_EQ(oracle::conv2d(in, weight, bias, {}).value.values, (std::vector<double>{137, 147}));
  EXPECT_EQ(oracle::conv2d(in, weight, Array64({0}), {2, 3, 1, 1}).value.values, (std::vector<double>{4, 9, 8, 6}));
  EXPECT_EQ(oracle::conv2d(in, array({1, 1, 1, 1}, {-1}), Array64({0}), {1, 2, 0, 0}).magnitude.values,
            (std::vector<double>{1, 3, 4, 6}));
}

TEST(oracle_of_convolution, gradients_are_derivatives) {
  Random random(1);
  for (const auto& [in_shape, weight_shape, options] : kCases) {
    SCOPED_TRACE(to_string(in_shape) + " by " + to_string(weight_shape));
    const std::vector<Array64> inputs{random_array64(in_shape, random), random_array64(weight_shape, random),
                                      random_array64({weight_shape[0]}, random)};
    const Function64 forward = [options = options](const std::vector<Array64>& x) {
      return oracle::conv2d(x[0], x[1], x[2], options).value;
    };
    const Array64 flowing = random_array64(oracle::conv2d_shape(in_shape, weight_shape, options), random);
    expect_gradient("conv2d by in", forward, inputs, 0, flowing,
                    oracle::conv2d_backward_in(flowing, inputs[1], options, Array64(in_shape)).value);
    expect_gradient("conv2d by weight", forward, inputs, 1, flowing,
                    oracle::conv2d_backward_weight(flowing, inputs[0], options, Array64(weight_shape)).value);
    expect_gradient("conv2d by bias", forward, inputs, 2, flowing,
                    oracle::conv2d_backward_bias(flowing, Array64({weight_shape[0]})).value);
  }
}

TEST(oracle_of_convolution, adds_to_what_stands_there) {
  Random random(2);
  for (const auto& [in_shape, weight_shape, options] : kCases) {
    const Array64 in = random_array64(in_shape, random), weight = random_array64(weight_shape, random);
    const Array64 flowing = random_array64(oracle::conv2d_shape(in_shape, weight_shape, options), random);
    const Array64 bias = random_array64({weight_shape[0]}, random);
    auto expect = [](const Array64& before, const Expected& from_zero, const Expected& sum) {
      for (std::size_t i = 0; i < before.values.size(); ++i) {
        EXPECT_NEAR(sum.value.values[i], before.values[i] + from_zero.value.values[i], 1e-13);
        EXPECT_NEAR(sum.magnitude.values[i], std::abs(before.values[i]) + from_zero.magnitude.values[i], 1e-13);
      }
    };
    expect(in, oracle::conv2d_backward_in(flowing, weight, options, Array64(in_shape)),
           oracle::conv2d_backward_in(flowing, weight, options, in));
    expect(weight, oracle::conv2d_backward_weight(flowing, in, options, Array64(weight_shape)),
           oracle::conv2d_backward_weight(flowing, in, options, weight));
    expect(bias, oracle::conv2d_backward_bias(flowing, Array64({weight_shape[0]})),
           oracle::conv2d_backward_bias(flowing, bias));
  }
}

TEST(oracle_of_convolution, groups_and_gaps_by_hand) {
  // Two channels in two groups, each with a filter of 1 and 10, two apart.
  const Array64 in = array({1, 2, 1, 4}, {1, 2, 3, 4, 5, 6, 7, 8}), weight = array({2, 1, 1, 2}, {1, 10, 1, 10});
  GroupedConv2dOptions options;
  options.dilation_width = 2;
  options.groups = 2;
  EXPECT_EQ(oracle::conv2d_grouped(in, weight, Array64({0}), options).value.values,
            (std::vector<double>{31, 42, 75, 86}));
}

}  // namespace
