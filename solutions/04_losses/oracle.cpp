// The oracles of module 04: each formula once, element by element, in double.
// Speed is of no interest here; an index per element keeps them independent of the kernels' walks.
#include "oracle.hpp"

#include <cmath>
#include <limits>

namespace kiln::oracle {
namespace {

using testing::Array64;
using testing::to_array64;

/// What is added up for a mean, and how large it is.
struct Total {
  double value = 0, magnitude = 0;

  void add(double term, double size) {
    value += term;
    magnitude += size;
  }
  Expected mean(double count, double roundings) const {
    return {Array64({}, value / count), Array64({}, magnitude / count), count + roundings};
  }
};

/// log(exp(a) + exp(b)); `a` and `b` may be infinite and NaN.
double log_add(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  const double high = a > b ? a : b, low = a > b ? b : a;
  return std::isinf(high) ? high : high + std::log1p(std::exp(low - high));
}

}  // namespace

Expected mean_squared_error(ConstView prediction, ConstView target) {
  const Array64 predicted = to_array64(prediction), wanted = to_array64(target);
  Total total;
  for (std::size_t i = 0; i < predicted.values.size(); ++i) {
    const double square = std::pow(predicted.values[i] - wanted.values[i], 2);
    total.add(square, square);
  }
  return total.mean(static_cast<double>(predicted.values.size()), 3);
}

Expected binary_cross_entropy(ConstView logits, ConstView target) {
  const Array64 x = to_array64(logits), t = to_array64(target);
  Total total;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    // log s(x) = -log(1 + exp(-x)) and log(1 - s(x)) = -log(1 + exp(x)).
    const double yes = t.values[i], no = 1 - yes;
    const double log_yes = -log_add(0, -x.values[i]), log_no = -log_add(0, x.values[i]);
    const double positive = x.values[i] > 0 ? x.values[i] : 0;
    total.add(-(yes * log_yes + no * log_no),
              positive + std::abs(x.values[i] * yes) + std::log1p(std::exp(-std::abs(x.values[i]))));
  }
  return total.mean(static_cast<double>(x.values.size()), 6);
}

Expected cross_entropy(ConstView logits, std::span<const std::int32_t> labels, std::int32_t ignore_index) {
  const Array64 x = to_array64(logits);
  const std::int64_t batch = logits.shape[0], classes = logits.shape[1];
  Total total;
  double count = 0;
  for (std::int64_t i = 0; i < batch; ++i) {
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    if (label == ignore_index) continue;
    double log_sum = -std::numeric_limits<double>::infinity();
    for (std::int64_t j = 0; j < classes; ++j) log_sum = log_add(log_sum, x(i, j));
    // A row with inf, and one of nothing but -inf, is NaN whatever its label.
    const double row = std::isinf(log_sum) ? std::numeric_limits<double>::quiet_NaN() : log_sum - x(i, label);
    total.add(row, std::abs(log_sum) + std::abs(x(i, label)) + 1);
    ++count;
  }
  Expected expected = total.mean(count, 6);
  expected.terms += static_cast<double>(classes);
  return expected;
}

}  // namespace kiln::oracle
