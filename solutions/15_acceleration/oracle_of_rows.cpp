// The oracles of softmax, layer normalisation and bias with GELU: each formula once, in double.
#include <cmath>
#include <limits>
#include <numbers>

#include "oracle.hpp"

namespace kiln::oracle {
namespace {

constexpr double kLeastNormal = std::numeric_limits<float>::min();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::size_t row_length(const Array64& in) { return static_cast<std::size_t>(in.shape[in.shape.rank() - 1]); }

}  // namespace

Expected softmax(const Array64& in) {
  Expected expected{Array64(in.shape), Array64(in.shape), 1};
  const std::size_t n = row_length(in);
  for (std::size_t first = 0; first < in.values.size(); first += n) {
    bool broken = false;
    double most = -kInfinity, sum = 0;
    for (std::size_t i = first; i < first + n; ++i) {
      broken = broken || std::isnan(in.values[i]) || in.values[i] == kInfinity;
      most = std::fmax(most, in.values[i]);
    }
    for (std::size_t i = first; i < first + n; ++i) sum += std::exp(in.values[i] - most);
    for (std::size_t i = first; i < first + n; ++i) {
      expected.value.values[i] = broken ? kNaN : 0;
      if (broken || in.values[i] == -kInfinity) continue;
      const double p = std::exp(in.values[i] - most) / sum;
      expected.value.values[i] = p;
      expected.magnitude.values[i] = (static_cast<double>(n) + 4 + most - in.values[i]) * p + kLeastNormal;
    }
  }
  return expected;
}

Expected layer_norm(const Array64& in, const Array64& weight, const Array64& bias, double epsilon) {
  const std::size_t n = row_length(in);
  const auto count = static_cast<double>(n);
  Expected expected{Array64(in.shape), Array64(in.shape), count + 8};
  for (std::size_t first = 0; first < in.values.size(); first += n) {
    double mean = 0, size = 0, variance = 0;
    for (std::size_t j = 0; j < n; ++j) {
      mean += in.values[first + j] / count;
      size += std::abs(in.values[first + j]) / count;
    }
    for (std::size_t j = 0; j < n; ++j) variance += std::pow(in.values[first + j] - mean, 2) / count;
    const double scale = 1 / std::sqrt(variance + epsilon);
    for (std::size_t j = 0; j < n; ++j) {
      const double centred = in.values[first + j] - mean, factor = scale * weight.values[j];
      expected.value.values[first + j] = centred * factor + bias.values[j];
      expected.magnitude.values[first + j] =
          (std::abs(centred) + size) * std::abs(factor) + std::abs(bias.values[j]) + kLeastNormal;
    }
  }
  return expected;
}

Expected bias_gelu(const Array64& in, const Array64& bias) {
  constexpr double kTerms = 8;
  Expected expected{Array64(in.shape), Array64(in.shape), kTerms};
  const double scale = std::sqrt(2 / std::numbers::pi);
  for (std::size_t i = 0; i < in.values.size(); ++i) {
    const double x = static_cast<float>(in.values[i] + bias.values[i % row_length(in)]);
    expected.value.values[i] = x == -kInfinity ? 0 : x / 2 * (1 + std::tanh(scale * (x + 0.044715 * std::pow(x, 3))));
    expected.magnitude.values[i] = std::isinf(x) ? 0 : std::abs(x) + kLeastNormal;
  }
  return expected;
}

}  // namespace kiln::oracle
