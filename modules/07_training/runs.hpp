// What the tests of this module share: comparisons of what kernels return.
#pragma once

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "testing/kept.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::testing {

/// "0.1", "1e-08"
inline std::string words(double value) {
  std::ostringstream text;
  text.precision(10);
  text << value;
  return text.str();
}

inline std::string words(const ScheduleOptions& options) {
  return "peak " + words(options.peak) + ", last " + words(options.last) + ", warmup_steps " +
         std::to_string(options.warmup_steps) + ", total_steps " + std::to_string(options.total_steps);
}

/// `what` says what the number is: "the norm".
inline void expect_within(const std::string& what, double actual, const oracle::Bounded& expected) {
  if (std::isnan(expected.value)) {
    EXPECT_TRUE(std::isnan(actual)) << what << ": expected NaN, got " << words(actual);
  } else if (std::isinf(expected.value)) {
    EXPECT_EQ(actual, expected.value) << what;
  } else if (!(std::abs(actual - expected.value) <= expected.error)) {
    std::ostringstream text;
    text.precision(17);
    text << what << ": expected " << expected.value << ", got " << actual;
    text.precision(3);
    text << "; an error of " << expected.error << " is allowed";
    ADD_FAILURE() << text.str();
  }
}

/// Calls clip_gradients and compares the norm and every tensor.
inline void expect_clipped(const std::vector<Operand>& gradients, double max_norm) {
  std::vector<View> views;
  for (const Operand& gradient : gradients) views.push_back(gradient.view());
  const oracle::Clipped expected = oracle::clip_gradients(views, max_norm);
  const double norm = under_test<TrainingSlots>().clip_gradients(views, max_norm);
  expect_within("the norm", norm, expected.norm);
  for (std::size_t i = 0; i < gradients.size(); ++i) expect_close(gradients[i], expected.gradients[i], 1);
}

inline void expect_rate(std::int64_t step, const ScheduleOptions& options) {
  expect_within("the rate of step " + std::to_string(step) + " of " + words(options),
                under_test<TrainingSlots>().learning_rate(step, options), oracle::learning_rate(step, options));
}

/// Calls accumulate_gradients and compares every sum.
inline void expect_accumulated(const std::vector<Operand>& gradients, std::int64_t examples, std::int64_t total,
                               const std::vector<Operand>& sums) {
  const std::vector<ConstView> from(gradients.begin(), gradients.end());
  const std::vector<View> to(sums.begin(), sums.end());
  const std::vector<Expected> expected = oracle::accumulate_gradients(from, examples, total, to);
  under_test<TrainingSlots>().accumulate_gradients(from, examples, total, to);
  for (std::size_t i = 0; i < sums.size(); ++i) expect_close(sums[i], expected[i]);
}

/// Numbers in [low, high), as labels or predictions.
inline std::vector<std::int32_t> random_classes(Generator& g, std::int64_t count, std::int32_t low, std::int32_t high) {
  std::vector<std::int32_t> classes;
  for (std::int64_t i = 0; i < count; ++i)
    classes.push_back(low + static_cast<std::int32_t>(g.random().below(static_cast<std::uint64_t>(high - low))));
  return classes;
}

}  // namespace kiln::testing
