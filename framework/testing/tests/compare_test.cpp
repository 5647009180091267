// Comparison: the tolerance's edges, what NaN and infinities may meet, and the words for what differs.
#include "testing/compare.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "testing/generate.hpp"

namespace kiln::testing {

namespace {

constexpr float kEps = std::numeric_limits<float>::epsilon();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Array64 array(const Shape& shape, std::vector<double> values) {
  Array64 result(shape);
  result.values = std::move(values);
  return result;
}

/// An operand "c" that shows these values.
Operand operand(const Shape& shape, const std::vector<double>& values, Layout layout = Layout::dense) {
  Operand result("c", shape, layout);
  result.assign(array(shape, values));
  return result;
}

Operand scalar(float value) { return operand({}, {value}); }
Expected exactly(double value) { return exact(array({}, {value})); }

#define EXPECT_DIFFERS(actual, expected, words) EXPECT_NONFATAL_FAILURE(expect_close(actual, expected), words)

TEST(expect_close, what_is_equal_passes_in_every_layout) {
  const std::vector<double> values{1, -2, 3.5, 0, 1e-40, 3e38};
  for (const Layout layout : {Layout::dense, Layout::transposed, Layout::spaced, Layout::reversed})
    expect_close(operand({2, 3}, values, layout), exact(array({2, 3}, values)));
  expect_close(operand({0, 3}, {}), exact(array({0, 3}, {})));
  expect_close(scalar(-0.f), exactly(0.0));
  expect_close(scalar(0.1f), exactly(0.1));
}

TEST(expect_close, an_exact_result_may_not_be_off_by_one_ulp) {
  EXPECT_DIFFERS(scalar(std::nextafter(1.f, 2.f)), exactly(1.0), "c: expected 1, got 1.00000012 (1 ULP)");
  EXPECT_DIFFERS(scalar(std::numeric_limits<float>::denorm_min()), exactly(0.0), "(1 ULP)");
}

// |error| <= factor * terms * eps * magnitude, and not a bit more.
TEST(expect_close, the_derived_bound_is_where_it_should_be) {
  const Expected expected{array({}, {1.0}), array({}, {3.0}), 4};
  const float allowed = 2 * 4 * kEps * 3;
  expect_close(scalar(1 + allowed), expected);
  expect_close(scalar(1 - allowed), expected);
  EXPECT_DIFFERS(scalar(1 + allowed + kEps), expected, "an error of 2.86102295e-06 is allowed");
  EXPECT_DIFFERS(scalar(1 - allowed - kEps), expected, "is allowed");
  expect_close(scalar(1 + 2 * allowed), expected, 4.0);
  EXPECT_NONFATAL_FAILURE(expect_close(scalar(1 + allowed), expected, 1.0), "is allowed");
}

TEST(expect_close, the_bound_belongs_to_the_element) {
  const Expected expected{array({2}, {0.0, 0.0}), array({2}, {1.0, 1000.0}), 1};
  expect_close(operand({2}, {0, 1000 * kEps}), expected);
  EXPECT_DIFFERS(operand({2}, {1000 * kEps, 0}), expected, "c[0]: expected 0");
}

TEST(expect_close, nan_meets_nan_alone) {
  expect_close(scalar(kNan), exactly(kNan));
  expect_close(scalar(-kNan), exactly(kNan));
  EXPECT_DIFFERS(scalar(1.f), exactly(kNan), "expected nan, got 1 (more than 1e9 ULP)");
  EXPECT_DIFFERS(scalar(kNan), exactly(1.0), "NaN: was this element written at all?");
  const Expected lenient{array({}, {1.0}), array({}, {1e30}), 1};
  EXPECT_DIFFERS(scalar(kNan), lenient, "got nan");
}

TEST(expect_close, infinities_agree_in_sign) {
  const Expected lenient{array({}, {kInf}), array({}, {kInf}), 1};
  expect_close(scalar(kInf), lenient);
  EXPECT_DIFFERS(scalar(-kInf), lenient, "expected inf, got -inf");
  EXPECT_DIFFERS(scalar(std::numeric_limits<float>::max()), lenient, "expected inf");
  EXPECT_DIFFERS(scalar(kInf), (Expected{array({}, {1.0}), array({}, {1e38}), 1e9}), "expected 1, got inf");
  expect_close(scalar(kInf), exactly(1e39));
}

TEST(expect_close, the_first_and_the_worst_are_named) {
  const Operand actual = operand({2, 3}, {1, 2, 3.0000002384185791, 4, 6, 6}, Layout::transposed);
  const Expected expected = exact(array({2, 3}, {1, 2, 3, 4, 5, 6}));
  EXPECT_DIFFERS(actual, expected, "c[0, 2]: expected 3, got 3.00000024 (1 ULP)");
  EXPECT_DIFFERS(actual, expected, "2 of 6 elements are wrong; the worst is c[1, 1]: expected 5, got 6 (2097152 ULP)");
}

TEST(expect_close, a_wrong_shape_is_no_comparison) {
  EXPECT_DIFFERS(operand({2, 3}, {1, 2, 3, 4, 5, 6}), exact(array({3, 2}, {1, 2, 3, 4, 5, 6})),
                 "c has shape (2, 3), expected (3, 2)");
}

TEST(expect_shape, names_both) {
  expect_shape("the broadcast shape", {2, 3}, {2, 3});
  EXPECT_NONFATAL_FAILURE(expect_shape("the broadcast shape", {2}, {2, 1}),
                          "the broadcast shape: expected (2, 1), got (2)");
}

TEST(expect_error, the_kind_decides) {
  auto throws = [](ErrorKind kind) { return [kind] { throw Error(kind, "words"); }; };
  constexpr ErrorKind kExpected = ErrorKind::invalid_argument;
  expect_error(kExpected, "shapes differ", throws(kExpected));
  EXPECT_NONFATAL_FAILURE(expect_error(kExpected, "shapes differ", throws(ErrorKind::exception)),
                          "where shapes differ: expected an Error of kind invalid_argument, got exception: words");
  EXPECT_NONFATAL_FAILURE(expect_error(kExpected, "shapes differ", [] {}), "but the call returned");
  EXPECT_NONFATAL_FAILURE(expect_error(kExpected, "shapes differ", [] { throw std::runtime_error("others"); }),
                          "got another exception: others");
  // What the kernel did not choose is told as itself by whoever catches it.
  for (const ErrorKind kind : {ErrorKind::crash, ErrorKind::stub, ErrorKind::timeout, ErrorKind::judge})
    EXPECT_THROW(expect_error(kExpected, "shapes differ", throws(kind)), Error);
}

TEST(ulp_distance, counts_floats) {
  EXPECT_EQ(ulp_distance(1.f, std::nextafter(1.f, 2.f)), 1);
  EXPECT_EQ(ulp_distance(0.f, -0.f), 0);
  EXPECT_EQ(ulp_distance(std::numeric_limits<float>::denorm_min(), -std::numeric_limits<float>::denorm_min()), 2);
  EXPECT_EQ(ulp_distance(std::numeric_limits<float>::max(), kInf), 1);
  EXPECT_EQ(ulp_distance(1.f, 2.f), 1 << 23);
  EXPECT_EQ(ulp_distance(kNan, kNan), 0);
  EXPECT_EQ(ulp_distance(kNan, 1.f), std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace kiln::testing
