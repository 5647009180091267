// The oracles of module 02: each formula once, in double. See oracle.hpp for the tolerances.
#include "oracle.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace kiln::oracle {
namespace {

using testing::Array64;
using testing::to_array64;

constexpr double kLeastNormal = std::numeric_limits<float>::min();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// value_of(x) for each element, relative to magnitude_of(x, value); exact where `in` is infinite.
template <class Value, class Magnitude>
Expected of_each(ConstView in, double terms, Value value_of, Magnitude magnitude_of) {
  const Array64 x = to_array64(in);
  Expected expected{Array64(x.shape), Array64(x.shape), terms};
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const double value = value_of(x.values[i]);
    expected.value.values[i] = value;
    expected.magnitude.values[i] = std::isinf(x.values[i]) ? 0 : magnitude_of(x.values[i], value) + kLeastNormal;
  }
  return expected;
}

double of_value(double, double value) { return std::abs(value); }
double of_input(double x, double) { return std::abs(x); }

/// What a softmax and its logarithm need of a row: its maximum m, and the sum of exp(x - m).
struct Row {
  double maximum = -kInfinity, sum = 0;
  bool broken = false;  ///< holds a NaN or inf

  Row(const Array64& x, std::size_t first, std::size_t n) {
    for (std::size_t i = first; i < first + n; ++i) {
      broken = broken || std::isnan(x.values[i]) || x.values[i] == kInfinity;
      maximum = std::fmax(maximum, x.values[i]);
    }
    if (broken || maximum == -kInfinity) return;
    for (std::size_t i = first; i < first + n; ++i) sum += std::exp(x.values[i] - maximum);
  }
};

/// Calls element(x, row, value, magnitude) for each element that is finite and lies in a row without NaN and inf; the
/// others are `impossible` at -inf, NaN in a broken row, and exact.
template <class Element>
Expected of_rows(ConstView in, double impossible, Element element) {
  const Array64 x = to_array64(in);
  Expected expected{Array64(x.shape), Array64(x.shape), 1};
  if (x.values.empty()) return expected;
  const auto n = static_cast<std::size_t>(in.shape[in.rank() - 1]);
  for (std::size_t first = 0; first < x.values.size(); first += n) {
    const Row row(x, first, n);
    for (std::size_t i = first; i < first + n; ++i) {
      expected.value.values[i] = row.broken ? kNaN : impossible;
      if (!row.broken && x.values[i] != -kInfinity)
        element(x.values[i], row, expected.value.values[i], expected.magnitude.values[i]);
    }
  }
  return expected;
}

}  // namespace

Expected relu(ConstView in) {
  Array64 x = to_array64(in);
  for (double& value : x.values)
    if (value < 0) value = 0;
  return testing::exact(x);
}

Expected sigmoid(ConstView in) {
  // exp(750) is inf in double, where the result is far below any float.
  return of_each(
      in, 3, [](double x) { return 1 / (1 + std::exp(-x)); }, of_value);
}

Expected tanh(ConstView in) {
  return of_each(
      in, 3, [](double x) { return std::tanh(x); }, of_value);
}

Expected gelu(ConstView in) {
  return of_each(
      in, 4, [](double x) { return x == -kInfinity ? 0 : x * std::erfc(-x / std::numbers::sqrt2) / 2; }, of_input);
}

Expected gelu_tanh(ConstView in) {
  const double scale = std::sqrt(2 / std::numbers::pi);
  return of_each(
      in, 6,
      [=](double x) { return x == -kInfinity ? 0 : x / 2 * (1 + std::tanh(scale * (x + 0.044715 * std::pow(x, 3)))); },
      of_input);
}

Expected softmax(ConstView in) {
  const double n = static_cast<double>(in.shape[in.rank() - 1]);
  return of_rows(in, 0, [=](double x, const Row& row, double& value, double& magnitude) {
    value = std::exp(x - row.maximum) / row.sum;
    magnitude = (n + 4 + row.maximum - x) * value + kLeastNormal;
  });
}

Expected log_softmax(ConstView in) {
  const double n = static_cast<double>(in.shape[in.rank() - 1]);
  return of_rows(in, -kInfinity, [=](double x, const Row& row, double& value, double& magnitude) {
    value = x - row.maximum - std::log(row.sum);
    magnitude = n + 4 + (row.maximum - x) + std::log(row.sum);
  });
}

}  // namespace kiln::oracle
