// What module 15's tests of rows share: softmax, layer normalisation and bias with GELU, each as one call that also
// compares.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "testing/kept.hpp"
#include "testing/sentinels.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::rows {

using testing::Generator;
using testing::to_array64;

inline const AccelerationSlots& kernel() { return testing::under_test<AccelerationSlots>(); }

inline constexpr float kEpsilon = 1e-5f;

// Each asks the oracle first, so that `out` may be `in`. What is written is a view, or an operand, whose name a failure
// then tells.

template <class ViewOrOperand = View>
void expect_softmax(ConstView in, const ViewOrOperand& out) {
  const testing::Expected expected = oracle::softmax(to_array64(in));
  kernel().softmax_simd(in, out);
  expect_close(out, expected);
}

template <class ViewOrOperand = View>
void expect_layer_norm(ConstView in, ConstView weight, ConstView bias, const ViewOrOperand& out,
                       float epsilon = kEpsilon) {
  const testing::Expected expected = oracle::layer_norm(to_array64(in), to_array64(weight), to_array64(bias), epsilon);
  kernel().layer_norm_simd(in, weight, bias, epsilon, out);
  expect_close(out, expected);
}

template <class ViewOrOperand = View>
void expect_bias_gelu(ConstView in, ConstView bias, const ViewOrOperand& out) {
  const testing::Expected expected = oracle::bias_gelu(to_array64(in), to_array64(bias));
  kernel().bias_gelu(in, bias, out);
  expect_close(out, expected);
}

/// -2, -1.75, ..., so that an element from the wrong place shows.
inline std::vector<float> ramp(std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = -2 + 0.25f * static_cast<float>(i * 7 % 29);
  return values;
}

/// Rows of `columns` from one list.
inline ConstView rows_of(const std::vector<float>& values, std::int64_t columns) {
  return testing::dense(values, {static_cast<std::int64_t>(values.size()) / columns, columns});
}
inline View rows_of(std::vector<float>& values, std::int64_t columns) {
  return testing::dense(values, {static_cast<std::int64_t>(values.size()) / columns, columns});
}

/// Softmax of rows that are written out.
inline void expect_softmax_of(const std::vector<float>& in, std::int64_t columns) {
  std::vector<float> out(in.size(), testing::kNaN);
  expect_softmax(rows_of(in, columns), rows_of(out, columns));
}

/// Layer normalisation of rows that are written out, with a weight and a bias for each feature.
inline void expect_layer_norm_of(const std::vector<float>& in, std::int64_t columns, float epsilon = kEpsilon) {
  const std::vector<float> weight = ramp(columns), bias = ramp(columns + 3);
  std::vector<float> out(in.size(), testing::kNaN);
  expect_layer_norm(rows_of(in, columns), testing::dense(weight, {columns}), {bias.data() + 3, {columns}, {1}},
                    rows_of(out, columns), epsilon);
}

/// GELU of rows that are written out, with no bias to speak of.
inline void expect_gelu_of(const std::vector<float>& in, std::int64_t columns) {
  const std::vector<float> bias(static_cast<std::size_t>(columns));
  std::vector<float> out(in.size(), testing::kNaN);
  expect_bias_gelu(rows_of(in, columns), testing::dense(bias, {columns}), rows_of(out, columns));
}

}  // namespace kiln::rows
