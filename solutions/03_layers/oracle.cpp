// The oracles of module 03: each formula once, element by element, in double.
// Speed is of no interest here; an index per element keeps them independent of the kernels' walks.
#include "oracle.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "kiln/random.hpp"

namespace kiln::oracle {
namespace {

using testing::Array64;
using testing::exact;
using testing::for_each_index;
using testing::to_array64;

/// One draw an element, in row-major order.
Expected drawn(const Shape& shape, const std::function<float()>& draw) {
  Array64 out(shape);
  for (double& value : out.values) value = draw();
  return exact(out);
}

Expected drawn_uniform(std::uint64_t seed, const Shape& shape, float bound) {
  Random random(seed);
  return drawn(shape, [&] { return random.uniform(-bound, bound); });
}

Expected drawn_normal(std::uint64_t seed, const Shape& shape, float deviation) {
  Random random(seed);
  return drawn(shape, [&] { return random.normal(0, deviation); });
}

/// The elements of a filter for one input channel; 1 for a matrix.
std::int64_t kernel_elements(const Shape& weight) {
  std::int64_t product = 1;
  for (int d = 2; d < weight.rank(); ++d) product *= weight[d];
  return product;
}

/// `values` of which each is a result of `terms` roundings that are relative to itself.
Expected rounded(Array64 values, double terms) {
  Array64 magnitude = values;
  for (double& value : magnitude.values) value = std::abs(value);
  return {std::move(values), std::move(magnitude), terms};
}

}  // namespace

Shape flattened_shape(const Shape& shape, int first, int last) {
  if (shape.rank() == 0) return {1};
  const int from = first < 0 ? first + shape.rank() : first, to = last < 0 ? last + shape.rank() : last;
  Shape out;
  for (int d = 0; d < from; ++d) out.push_back(shape[d]);
  out.push_back(1);
  for (int d = from; d <= to; ++d) out[from] *= shape[d];
  for (int d = to + 1; d < shape.rank(); ++d) out.push_back(shape[d]);
  return out;
}

Expected flatten(ConstView in, int first, int last) {
  // Row-major values keep their order when dimensions are run together.
  Array64 out = to_array64(in);
  out.shape = flattened_shape(in.shape, first, last);
  return exact(std::move(out));
}

PerceptronStep perceptron_step(ConstView x, float label, float learning_rate, ConstView weight, ConstView bias) {
  const Array64 inputs = to_array64(x), weights = to_array64(weight), biases = to_array64(bias);
  const std::int64_t features = x.shape[0];
  double score = biases(), magnitude = std::abs(biases());
  for (std::int64_t i = 0; i < features; ++i) {
    score += weights(i) * inputs(i);
    magnitude += std::abs(weights(i) * inputs(i));
  }
  // features + 1 terms are rounded at most once each as products and once each as sums.
  constexpr double kEps = std::numeric_limits<float>::epsilon();
  const bool certain = std::abs(score) > static_cast<double>(features + 1) * kEps * magnitude;
  if (!(label * score <= 0)) return {false, certain, exact(weights), exact(biases)};

  // learning_rate * label is exact; its product with x and the sum round.
  Expected new_weight{weights, Array64(weight.shape), 2}, new_bias{biases, Array64(bias.shape), 1};
  const double change = static_cast<double>(learning_rate) * label;
  for (std::int64_t i = 0; i < features; ++i) {
    new_weight.value(i) += change * inputs(i);
    new_weight.magnitude(i) = std::abs(weights(i)) + std::abs(change * inputs(i));
  }
  new_bias.value() += change;
  new_bias.magnitude() = std::abs(biases()) + std::abs(change);
  return {true, certain, std::move(new_weight), std::move(new_bias)};
}

float scale(double numerator, std::int64_t fans) {
  return static_cast<float>(std::sqrt(numerator / static_cast<double>(fans)));
}
std::int64_t fan_in(const Shape& weight) { return weight[1] * kernel_elements(weight); }
std::int64_t fan_out(const Shape& weight) { return weight[0] * kernel_elements(weight); }

Expected xavier_uniform(std::uint64_t seed, const Shape& weight) {
  return drawn_uniform(seed, weight, scale(6, fan_in(weight) + fan_out(weight)));
}
Expected xavier_normal(std::uint64_t seed, const Shape& weight) {
  return drawn_normal(seed, weight, scale(2, fan_in(weight) + fan_out(weight)));
}
Expected kaiming_uniform(std::uint64_t seed, const Shape& weight) {
  return drawn_uniform(seed, weight, scale(6, fan_in(weight)));
}
Expected kaiming_normal(std::uint64_t seed, const Shape& weight) {
  return drawn_normal(seed, weight, scale(2, fan_in(weight)));
}

Dropout dropout(ConstView in, float p, bool training, std::uint64_t seed) {
  const Array64 values = to_array64(in);
  Array64 out = values, mask(in.shape, 1.0);
  if (!training) return {exact(std::move(out)), exact(std::move(mask)), 0};
  Random random(seed);
  std::int64_t dropped = 0;
  for (std::size_t i = 0; i < values.values.size(); ++i) {
    const bool drop = random.uniform() < p;
    if (drop) ++dropped;
    mask.values[i] = drop ? 0.0 : 1.0 / (1.0 - static_cast<double>(p));
    out.values[i] = drop ? 0.0 : values.values[i] * mask.values[i];
  }
  return {rounded(std::move(out), 3), rounded(std::move(mask), 2), dropped};
}

Expected linear(ConstView in, ConstView weight, ConstView bias) {
  const Array64 rows = to_array64(in), weights = to_array64(weight), biases = to_array64(bias);
  const std::int64_t batch = in.shape[0], features = in.shape[1], outputs = weight.shape[0];
  Expected out{Array64({batch, outputs}), Array64({batch, outputs}), static_cast<double>(features + 1)};
  for (std::int64_t i = 0; i < batch; ++i) {
    for (std::int64_t j = 0; j < outputs; ++j) {
      double value = bias.shape[0] > 0 ? biases(j) : 0.0, magnitude = std::abs(value);
      for (std::int64_t k = 0; k < features; ++k) {
        const double product = rows(i, k) * weights(j, k);
        value += product;
        magnitude += std::abs(product);
      }
      out.value(i, j) = value;
      out.magnitude(i, j) = magnitude;
    }
  }
  return out;
}

}  // namespace kiln::oracle
