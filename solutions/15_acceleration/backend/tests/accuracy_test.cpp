// How far the functions of simd.hpp are from the truth, over all exponents and both signs, on every instruction set.
// Bounds are those that the functions' comments state, or below; std's functions in double stand for the truth.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <vector>

#include "kiln/backend.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/view_ops.hpp"

using namespace kiln;

namespace {

/// The distance between neighbours at a float's size, no less than the least subnormal.
double spacing(double value) {
  int exponent = 0;
  std::frexp(value, &exponent);
  return std::ldexp(1.0, std::max(exponent - 24, -149));
}

/// Numbers of all exponents and both signs, 512 of each, and as many where functions bend.
std::vector<float> all_exponents() {
  std::vector<float> values;
  for (int exponent = -149; exponent < 128; ++exponent)
    for (int i = 0; i < 512; ++i) {
      const auto x = static_cast<float>(std::ldexp(1 + i / 512.0, exponent));
      values.insert(values.end(), {x, -x});
    }
  for (float x = -110; x < 110; x += 1.0f / 256) values.push_back(x);
  return values;
}

std::vector<std::string> builds() {
  std::vector<std::string> names;
  for (const std::string& name : known_backends())
    if (name.starts_with("optimized_")) names.push_back(name);
  return names;
}

/// error(x, got, truth) of every number stays within `most`, for each build.
template <class Truth, class Error>
void expect_within(decltype(ActivationSlots::relu) ActivationSlots::*kernel, double most, Truth truth, Error error) {
  const std::vector<float> in = all_exponents();
  std::vector<float> out(in.size());
  const Shape shape{static_cast<std::int64_t>(in.size())};
  ASSERT_FALSE(builds().empty());
  for (const std::string& build : builds()) {
    (kernels<ActivationSlots>(build).*kernel)(contiguous_view(in.data(), shape), contiguous_view(out.data(), shape));
    double worst = 0;
    float at = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const double here = error(in[i], out[i], truth(static_cast<double>(in[i])));
      if (!(here <= worst)) {
        worst = here;
        at = in[i];
      }
    }
    EXPECT_LE(worst, most) << build << " at " << at;
    testing::Test::RecordProperty(build, std::to_string(worst));
    if (std::getenv("KILN_SHOW_ERRORS") != nullptr) printf("%s: %.3f at %g\n", build.c_str(), worst, at);
  }
}

double in_units(float, float got, double truth) { return std::abs(got - truth) / spacing(truth); }
/// In units of eps times the input, the promise of both gelus; no less than the least subnormal.
double by_input(float x, float got, double truth) {
  return std::abs(got - truth) / std::max(std::ldexp(1.0, -149), std::abs(static_cast<double>(x)) * 0x1p-23);
}

TEST(accuracy, tanh) {
  expect_within(
      &ActivationSlots::tanh, 2.5, [](double x) { return std::tanh(x); }, in_units);
}
TEST(accuracy, sigmoid) {
  expect_within(
      &ActivationSlots::sigmoid, 2.5, [](double x) { return 1 / (1 + std::exp(-x)); }, in_units);
}
TEST(accuracy, gelu) {
  expect_within(
      &ActivationSlots::gelu, 1.5, [](double x) { return x * std::erfc(-x / std::numbers::sqrt2) / 2; }, by_input);
}
TEST(accuracy, gelu_tanh) {
  const double scale = std::sqrt(2 / std::numbers::pi);
  expect_within(
      &ActivationSlots::gelu_tanh, 3,
      [=](double x) { return x / 2 * (1 + std::tanh(scale * (x + 0.044715 * x * x * x))); }, by_input);
}

/// exp alone: a row of (0, x, ...) with x <= 0 has exp(x) beside 1 before it is divided by the sum; a row of two.
TEST(accuracy, exp_of_softmax) {
  ASSERT_FALSE(builds().empty());
  for (const std::string& build : builds()) {
    double worst = 0;
    for (float x = 0; x > -110; x -= 1.0f / 512) {
      const float in[] = {0, x};
      float out[2];
      kernels<ActivationSlots>(build).softmax(contiguous_view(in, {1, 2}), contiguous_view(out, {1, 2}));
      const double e = std::exp(static_cast<double>(x));
      worst = std::max(worst, in_units(x, out[1], e / (1 + e)));
    }
    EXPECT_LE(worst, 3) << build;
    if (std::getenv("KILN_SHOW_ERRORS") != nullptr) printf("%s: %.3f\n", build.c_str(), worst);
  }
}

/// log(1 + exp(-x)) alone: the loss of one logit x >= 0 with target 1.
TEST(accuracy, log1p_of_binary_cross_entropy) {
  const float target = 1;
  ASSERT_FALSE(builds().empty());
  for (const std::string& build : builds()) {
    double worst = 0;
    for (float x = 0; x < 100; x += 1.0f / 256) {
      float loss = 0;
      kernels<LossSlots>(build).binary_cross_entropy(contiguous_view(&x, {1}), contiguous_view(&target, {1}),
                                                     contiguous_view(&loss, {}));
      worst = std::max(worst, in_units(x, loss, std::log1p(std::exp(-static_cast<double>(x)))));
    }
    EXPECT_LE(worst, 3.5) << build;
    if (std::getenv("KILN_SHOW_ERRORS") != nullptr) printf("%s: %.3f\n", build.c_str(), worst);
  }
}

/// The slopes of both gelus err by a few eps, absolutely.
TEST(accuracy, slopes_of_gelu) {
  const std::vector<float> in = all_exponents(), ones(in.size(), 1.0f);
  const Shape shape{static_cast<std::int64_t>(in.size())};
  const auto slope = [](double x) {
    return std::erfc(-x / std::numbers::sqrt2) / 2 + x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
  };
  ASSERT_FALSE(builds().empty());
  for (const std::string& build : builds()) {
    std::vector<float> out(in.size());
    kernels<AutogradSlots>(build).gelu_backward(contiguous_view(ones.data(), shape), contiguous_view(in.data(), shape),
                                                contiguous_view(out.data(), shape));
    double worst = 0;
    for (std::size_t i = 0; i < in.size(); ++i) worst = std::max(worst, std::abs(out[i] - slope(in[i])) / 0x1p-23);
    EXPECT_LE(worst, 3) << build;
    if (std::getenv("KILN_SHOW_ERRORS") != nullptr) printf("%s: %.3f\n", build.c_str(), worst);
  }
}

}  // namespace
