// Comparison with an oracle, and the words for what differs.
#include "testing/compare.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>

#include "testing/generate.hpp"
#include "testing/run.hpp"

namespace kiln::testing {

namespace {

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string ulps(double distance) { return distance > 1e9 ? "more than 1e9 ULP" : number(distance) + " ULP"; }

bool differs(float actual, double expected, double allowed) {
  if (std::isnan(expected)) return !std::isnan(actual);
  if (std::isnan(actual)) return true;
  const auto rounded = static_cast<float>(expected);
  if (std::isinf(rounded) || std::isinf(actual)) return actual != rounded;
  return actual != rounded && !(std::abs(static_cast<double>(actual) - expected) <= allowed);
}

struct Bad {
  Shape index;
  float actual = 0;
  double expected = 0, allowed = 0, distance = -1;
};

std::string words(const std::string& name, const Bad& bad) {
  std::string text = name;
  for (int d = 0; d < bad.index.rank(); ++d) text += (d == 0 ? "[" : ", ") + std::to_string(bad.index[d]);
  if (bad.index.rank() > 0) text += "]";
  text += ": expected " + number(bad.expected) + ", got " + number(bad.actual) + " (" + ulps(bad.distance);
  if (bad.allowed > 0) text += "; an error of " + number(bad.allowed) + " is allowed";
  text += ")";
  if (std::isnan(bad.actual) && !std::isnan(bad.expected)) text += "; NaN: was this element written at all?";
  return text;
}

void report(const std::string& name, ConstView actual, const Expected& expected, double factor) {
  if (!(actual.shape == expected.value.shape)) {
    ADD_FAILURE() << name << " has shape " << to_string(actual.shape) << ", expected "
                  << to_string(expected.value.shape);
    return;
  }
  const Array64 got = to_array64(actual);
  const bool has_tolerance = expected.magnitude.values.size() == expected.value.values.size();
  constexpr double kEps = std::numeric_limits<float>::epsilon();
  Bad first, worst;
  std::size_t count = 0, next = 0;
  for_each_index(actual.shape, [&](const Shape& index) {
    const std::size_t i = next++;
    const double allowed = has_tolerance ? factor * expected.terms * kEps * expected.magnitude.values[i] : 0.0;
    const auto value = static_cast<float>(got.values[i]);
    if (!differs(value, expected.value.values[i], allowed)) return;
    const Bad bad{index, value, expected.value.values[i], allowed,
                  ulp_distance(value, static_cast<float>(expected.value.values[i]))};
    if (count++ == 0) first = bad;
    if (bad.distance > worst.distance) worst = bad;
  });
  if (count == 0) return;
  std::string text = words(name, first);
  if (count > 1)
    text += "\n" + std::to_string(count) + " of " + std::to_string(got.values.size()) +
            " elements are wrong; the worst is " + words(name, worst);
  ADD_FAILURE() << text;
}

}  // namespace

Expected exact(Array64 value) { return {std::move(value), {}, 1}; }

void expect_close(ConstView actual, const Expected& expected, double factor) {
  report("the output", actual, expected, factor);
}

void expect_close(const Operand& actual, const Expected& expected, double factor) {
  report(actual.name(), actual.view(), expected, factor);
}

void expect_error(ErrorKind kind, const std::string& situation, const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    if (error.kind() == kind) return;
    // What the kernel did not choose to throw (a crash, a stub) is told as itself.
    if (error.kind() != ErrorKind::exception && error.kind() != ErrorKind::invalid_argument) throw;
    ADD_FAILURE() << "where " << situation << ": expected an Error of kind " << to_string(kind) << ", got "
                  << to_string(error.kind()) << ": " << error.what();
    return;
  } catch (const std::exception& error) {
    ADD_FAILURE() << "where " << situation << ": expected an Error of kind " << to_string(kind)
                  << ", got another exception: " << error.what();
    return;
  }
  ADD_FAILURE() << "where " << situation << ": expected an Error of kind " << to_string(kind)
                << ", but the call returned; check the input with KILN_REQUIRE before you compute";
}

void expect_shape(const std::string& what, const Shape& actual, const Shape& expected) {
  if (!(actual == expected))
    ADD_FAILURE() << what << ": expected " << to_string(expected) << ", got " << to_string(actual);
}

double ulp_distance(float a, float b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b) ? 0.0 : std::numeric_limits<double>::infinity();
  // Map the bits to a line on which neighbouring floats are neighbouring integers.
  auto position = [](float value) {
    const auto bits = std::bit_cast<std::int32_t>(value);
    return bits < 0 ? -static_cast<double>(bits & 0x7fffffff) : static_cast<double>(bits);
  };
  return std::abs(position(a) - position(b));
}

}  // namespace kiln::testing
