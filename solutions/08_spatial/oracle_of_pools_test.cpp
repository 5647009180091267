// The oracles of pooling's backward are derivatives, by central differences, of their forward. No kernel takes part.
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "oracle_of_pools.hpp"
#include "testing/gradient.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const std::vector<Pool2dOptions>& options_of_all_kinds() {
  static const std::vector<Pool2dOptions> kOptions{
      {},                  // 2x2, stride 2: 7 rows leave one over
      {3, 2, 1, 1, 1, 0},  // windows overlap
      {3, 3, 2, 3, 1, 1},  // strides and paddings
      {1, 4, 3, 2, 0, 2},  // gaps between the windows
      {7, 6, 1, 1, 3, 3},  // as large as the image
  };
  return kOptions;
}

TEST(pool_oracles, max_pool2d_backward_is_the_derivative) {
  Random random(1);
  for (const Pool2dOptions& options : options_of_all_kinds()) {
    // Values an eighth apart: no step of a difference changes who wins.
    Array64 in({2, 2, 7, 6});
    std::iota(in.values.begin(), in.values.end(), -80.0);
    random.shuffle(std::span<double>(in.values));
    for (double& value : in.values) value /= 8;
    const oracle::Pooled pooled = oracle::max_pool2d(in, options);
    const Array64 cotangent = random_array64(pooled.value.shape, random);
    const auto forward = [&](const std::vector<Array64>& inputs) {
      return oracle::max_pool2d(inputs[0], options).value;
    };
    expect_gradient("max_pool2d_backward", forward, {in}, 0, cotangent,
                    oracle::max_pool2d_backward(cotangent, pooled.winners, Array64(in.shape)).value);
  }
}

TEST(pool_oracles, average_pool2d_backward_is_the_derivative) {
  Random random(2);
  for (const Pool2dOptions& options : options_of_all_kinds()) {
    const Array64 in = random_array64({2, 2, 7, 6}, random);
    const auto forward = [&](const std::vector<Array64>& inputs) {
      return oracle::average_pool2d(inputs[0], options).value;
    };
    const Array64 cotangent = random_array64(forward({in}).shape, random);
    expect_gradient("average_pool2d_backward", forward, {in}, 0, cotangent,
                    oracle::average_pool2d_backward(cotangent, options, Array64(in.shape)).value);
  }
}

TEST(pool_oracles, gradients_are_added) {
  Random random(3);
  const Array64 grad_out = random_array64({1, 2, 3, 3}, random), before = random_array64({1, 2, 7, 6}, random);
  const std::vector<std::int64_t> winners(18, 5);
  const Array64 nothing(before.shape);
  const Array64 by_max = oracle::max_pool2d_backward(grad_out, winners, before).value;
  const Array64 by_average = oracle::average_pool2d_backward(grad_out, {}, before).value;
  const Array64 only_max = oracle::max_pool2d_backward(grad_out, winners, nothing).value;
  const Array64 only_average = oracle::average_pool2d_backward(grad_out, {}, nothing).value;
  for (std::size_t i = 0; i < before.values.size(); ++i) {
    EXPECT_NEAR(by_max.values[i], before.values[i] + only_max.values[i], 1e-12);
    EXPECT_NEAR(by_average.values[i], before.values[i] + only_average.values[i], 1e-12);
  }
}

}  // namespace
