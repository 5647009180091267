// What module 03's kernels should answer, computed in double, plainly, and without any of the kernels' code.
// Every oracle reads views of any strides and returns the value, the magnitudes that were added, and the roundings.
#pragma once

#include <cstdint>

#include "kiln/kernels/layers.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Expected;

/// `first` and `last` count from the end where negative, and must fit.
Shape flattened_shape(const Shape& shape, int first, int last);
/// The values of `in` in row-major order; exact.
Expected flatten(ConstView in, int first, int last);

struct PerceptronStep {
  bool mistaken;
  /// Whether the score lies so far from 0 that no rounding changes its side.
  bool certain;
  Expected weight, bias;  ///< after the step; exact where nothing was learned
};
PerceptronStep perceptron_step(ConstView x, float label, float learning_rate, ConstView weight, ConstView bias);

/// The contract's bound or deviation: sqrt(numerator / fans) in double, rounded to float.
float scale(double numerator, std::int64_t fans);
std::int64_t fan_in(const Shape& weight);
std::int64_t fan_out(const Shape& weight);
/// Random(seed)'s draws in row-major order; exact.
Expected xavier_uniform(std::uint64_t seed, const Shape& weight);
Expected xavier_normal(std::uint64_t seed, const Shape& weight);
Expected kaiming_uniform(std::uint64_t seed, const Shape& weight);
Expected kaiming_normal(std::uint64_t seed, const Shape& weight);

struct Dropout {
  Expected out, mask;
  std::int64_t dropped;  ///< how many
};
/// In evaluation exact. In training 1 - p, its reciprocal and the product round, in a kernel that computes in floats.
Dropout dropout(ConstView in, float p, bool training, std::uint64_t seed);

/// (batch, in_features) times the transpose of (out_features, in_features), plus a bias, or none where it is (0).
Expected linear(ConstView in, ConstView weight, ConstView bias);

}  // namespace kiln::oracle
