// The oracles of module 07.
#include "oracle.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace kiln::oracle {

namespace {

/// A rounding of double.
constexpr double kRounding = std::numeric_limits<double>::epsilon() / 2;

}  // namespace

std::vector<std::int32_t> predicted_classes(ConstView logits) {
  const Array64 values = testing::to_array64(logits);
  std::vector<std::int32_t> classes;
  for (std::int64_t i = 0; i < logits.shape[0]; ++i) {
    // From the back: what is at least as large takes the place, and NaN from everything.
    std::int64_t best = logits.shape[1] - 1;
    for (std::int64_t j = best - 1; j >= 0; --j) {
      const bool holds_nan = std::isnan(values(i, best));
      if (std::isnan(values(i, j)) || (!holds_nan && values(i, j) >= values(i, best))) best = j;
    }
    classes.push_back(static_cast<std::int32_t>(best));
  }
  return classes;
}

std::int64_t count_correct(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                           std::int32_t ignore_index) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    count += labels[i] == predictions[i] && labels[i] != ignore_index ? 1 : 0;
  return count;
}

std::vector<std::int64_t> confusion_matrix(std::span<const std::int32_t> predictions,
                                           std::span<const std::int32_t> labels, std::int32_t ignore_index,
                                           std::int64_t classes) {
  std::vector<std::int64_t> counts;
  for (std::int64_t label = 0; label < classes; ++label) {
    for (std::int64_t prediction = 0; prediction < classes; ++prediction) {
      std::int64_t count = 0;
      for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] != ignore_index && labels[i] == label && predictions[i] == prediction) ++count;
      counts.push_back(count);
    }
  }
  return counts;
}

Clipped clip_gradients(const std::vector<View>& gradients, double max_norm) {
  std::vector<Array64> values;
  long double sum = 0;
  double elements = 0;
  for (const View& gradient : gradients) {
    values.push_back(testing::to_array64(gradient));
    for (const double value : values.back().values) sum += static_cast<long double>(value) * value;
    elements += static_cast<double>(values.back().values.size());
  }
  const auto norm = static_cast<double>(std::sqrt(sum));
  // n squares of at most three roundings, also where elements are divided first, n - 1 additions, a root that halves
  // the error of the sum, and a last product.
  Clipped clipped{{norm, (elements + 4) * kRounding * norm}, {}};
  const bool clips = norm > max_norm && std::isfinite(norm);
  const double factor = static_cast<float>(max_norm / norm);
  for (Array64& gradient : values) {
    if (!clips) {
      clipped.gradients.push_back(testing::exact(gradient));
      continue;
    }
    Expected expected{gradient, gradient, 2};
    for (double& value : expected.value.values) value *= factor;
    for (double& magnitude : expected.magnitude.values) magnitude = std::abs(magnitude) * factor;
    clipped.gradients.push_back(expected);
  }
  return clipped;
}

Bounded learning_rate(std::int64_t step, const ScheduleOptions& options) {
  const long double peak = options.peak, last = options.last;
  long double rate = last;
  if (step < options.warmup_steps) {
    rate = peak * (static_cast<long double>(step) + 1) / (static_cast<long double>(options.warmup_steps) + 1);
  } else if (step < options.total_steps) {
    // (1 + cos(pi p)) / 2 = sin(pi (1 - p) / 2)^2, which has no cancellation near the end.
    const long double left = static_cast<long double>(options.total_steps - step) /
                             static_cast<long double>(options.total_steps - options.warmup_steps);
    const long double sine = std::sin(std::numbers::pi_v<long double> * left / 2);
    rate = last + (peak - last) * sine * sine;
  }
  // Half an eps of float, or half of the smallest float's spacing.
  const double rounded = static_cast<double>(rate) * std::numeric_limits<float>::epsilon() / 2 +
                         static_cast<double>(std::numeric_limits<float>::denorm_min()) / 2;
  return {static_cast<double>(rate), rounded + 16 * kRounding * options.peak};
}

std::vector<Expected> accumulate_gradients(const std::vector<ConstView>& gradients, std::int64_t examples,
                                           std::int64_t total, const std::vector<View>& sums) {
  const double factor = static_cast<float>(static_cast<double>(examples) / static_cast<double>(total));
  std::vector<Expected> expected;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const Array64 part = testing::to_array64(gradients[i]);
    Array64 value = testing::to_array64(sums[i]), magnitude(sums[i].shape);
    for (std::size_t j = 0; j < value.values.size(); ++j) {
      magnitude.values[j] = std::abs(value.values[j]) + std::abs(part.values[j] * factor);
      value.values[j] += part.values[j] * factor;
    }
    expected.push_back({value, magnitude, 2});
  }
  return expected;
}

}  // namespace kiln::oracle
