// The oracles of module 15 by hand. No kernel takes part.
#include "oracle.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace kiln;
using namespace kiln::testing;

namespace {

Array64 array(const Shape& shape, std::vector<double> values) {
  Array64 out(shape);
  out.values = std::move(values);
  return out;
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(oracle_of_products, by_hand) {
  const Array64 a = array({2, 3}, {1, 2, 3, 4, 5, 6}), b = array({3, 2}, {1, 0, 2, 0, 1, -3});
  const Expected product = oracle::matmul(a, b);
  EXPECT_EQ(product.value.values, (std::vector<double>{8, -9, 20, -18}));
  EXPECT_EQ(product.magnitude.values, (std::vector<double>{8, 9, 20, 18}));
  const Expected scaled = oracle::matmul(2, a, b, -1, array({2, 2}, {1, 1, 1, 1}));
  EXPECT_EQ(scaled.value.values, (std::vector<double>{15, -19, 39, -37}));
  EXPECT_EQ(scaled.magnitude.values, (std::vector<double>{17, 19, 41, 37}));
}

TEST(oracle_of_products, what_does_not_count_is_not_read) {
  const Array64 nan = array({1, 1}, {kNaN}), one = array({1, 1}, {1});
  EXPECT_EQ(oracle::matmul(1, one, one, 0, nan).value.values, std::vector<double>{1});
  EXPECT_EQ(oracle::matmul(0, nan, one, 3, one).value.values, std::vector<double>{3});
  EXPECT_EQ(oracle::matmul(1, array({1, 0}, {}), array({0, 1}, {}), 3, one).value.values, std::vector<double>{3});
}

TEST(oracle_of_blocks, by_hand) {
  EXPECT_EQ(oracle::block_for_cache(1), 32);
  EXPECT_EQ(oracle::block_for_cache(49151), 32);
  EXPECT_EQ(oracle::block_for_cache(49152), 64);
  EXPECT_EQ(oracle::block_for_cache(1 << 30), 256);
}

TEST(oracle_of_convolution, by_hand) {
  // 1 2 3      1 2     with a border of 1
  // 4 5 6      3 4
  const Array64 in = array({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6}), weight = array({1, 1, 2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(oracle::conv2d(in, weight, array({1}, {100}), {}).value.values, (std::vector<double>{137, 147}));
  EXPECT_EQ(oracle::conv2d(in, weight, Array64({0}), {1, 1, 1, 1}).value.values,
            (std::vector<double>{4, 11, 18, 9, 18, 37, 47, 21, 8, 14, 17, 6}));
  EXPECT_EQ(oracle::im2col(array({1, 2, 3}, {1, 2, 3, 4, 5, 6}), 2, 2, {2, 2, 1, 1}).value.values,
            (std::vector<double>{0, 0, 0, 5, 0, 0, 4, 6, 0, 2, 0, 0, 1, 3, 0, 0}));
}

TEST(oracle_of_convolution, zeros_stand_for_the_padding) {
  Array64 weight({1, 1, 3, 3}, 1.0);
  weight.values[0] = kInfinity;
  const Array64 out = oracle::conv2d(Array64({1, 1, 1, 1}, 1.0), weight, Array64({0}), {1, 1, 1, 1}).value;
  EXPECT_TRUE(std::isnan(out.values[0]));
}

TEST(oracle_of_rows, softmax_by_hand) {
  const Array64 out = oracle::softmax(array({3, 2}, {0, std::log(3.0), -kInfinity, -kInfinity, 1, kNaN})).value;
  EXPECT_DOUBLE_EQ(out.values[0], 0.25);
  EXPECT_DOUBLE_EQ(out.values[1], 0.75);
  EXPECT_EQ(out.values[2], 0);
  EXPECT_EQ(out.values[3], 0);
  EXPECT_TRUE(std::isnan(out.values[4]) && std::isnan(out.values[5]));
}

TEST(oracle_of_rows, layer_norm_by_hand) {
  const Array64 in = array({2, 4}, {1, 3, 1, 3, 7, 7, 7, 7});
  const Array64 weight = array({4}, {1, 1, 2, 2}), bias = array({4}, {0, 0, 10, 10});
  const Array64 out = oracle::layer_norm(in, weight, bias, 3).value;
  EXPECT_EQ(out.values, (std::vector<double>{-0.5, 0.5, 9, 11, 0, 0, 10, 10})) << "variance 1, epsilon 3";
}

TEST(oracle_of_rows, gelu_by_hand) {
  const Array64 out = oracle::bias_gelu(array({2, 2}, {0, -1, -kInfinity, kInfinity}), array({2}, {1, 1})).value;
  EXPECT_NEAR(out.values[0], 0.8411919906, 1e-9);
  EXPECT_EQ(out.values[1], 0);
  EXPECT_EQ(out.values[2], 0);
  EXPECT_EQ(out.values[3], kInfinity);
}

}  // namespace
