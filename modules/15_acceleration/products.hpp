// What module 15's tests of products share: the kernels under test, and each of them as one call that also compares.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "testing/kept.hpp"
#include "testing/sentinels.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::products {

using testing::Array64;
using testing::expect_close;
using testing::Expected;
using testing::Generator;
using testing::Layout;
using testing::Operand;
using testing::to_array64;

inline const AccelerationSlots& kernel() { return testing::under_test<AccelerationSlots>(); }

/// Extents of a product: a (m, k), b (k, n), c (m, n).
struct Extents {
  std::int64_t m, n, k;

  Shape a() const { return {m, k}; }
  Shape b() const { return {k, n}; }
  Shape c() const { return {m, n}; }
};

inline std::string describe(const Extents& e) {
  return "a " + to_string(e.a()) + ", b " + to_string(e.b()) + ", c " + to_string(e.c());
}

inline Extents random_extents(Generator& g) { return {g.extent(), g.extent(), g.extent()}; }
inline Extents positive_extents(Generator& g) {
  return {g.positive_extent(), g.positive_extent(), g.positive_extent()};
}

inline std::int64_t between(Generator& g, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(high - low + 1)));
}

/// `count` numbers of [-1, 1).
inline std::vector<float> random_values(Generator& g, std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = g.random().uniform(-1.0f, 1.0f);
  return values;
}

/// A kernel of this module's that computes alpha a b + beta c.
struct Scaled {
  const char* name;
  decltype(AccelerationSlots::matmul_packed) call;
};
inline Scaled packed() { return {"matmul_packed", kernel().matmul_packed}; }
inline Scaled parallel() { return {"matmul_parallel", kernel().matmul_parallel}; }

/// Runs the kernel and compares. What is written is a view, or an operand, whose name a failure then tells.
template <class ViewOrOperand = View>
void expect_multiplies(const Scaled& scaled, float alpha, ConstView a, ConstView b, float beta,
                       const ViewOrOperand& c) {
  SCOPED_TRACE(std::string(scaled.name) + ", alpha " + std::to_string(alpha) + ", beta " + std::to_string(beta));
  const Expected expected = oracle::matmul(alpha, to_array64(a), to_array64(b), beta, to_array64(c));
  scaled.call(alpha, a, b, beta, c);
  expect_close(c, expected);
}

/// Fills an output with values, so that beta has something to keep.
inline Operand filled(Generator& g, const char* name, const Shape& shape, Layout layout = Layout::dense) {
  const Operand operand = g.output(name, shape, layout);
  Array64 values(shape);
  for (double& value : values.values) value = g.random().uniform(-2.0f, 2.0f);
  operand.assign(values);
  return operand;
}

/// Fresh dense operands of these extents, c full of NaN, so that beta is 0.
inline void expect_product_of(const Scaled& scaled, Generator& g, const Extents& e) {
  SCOPED_TRACE(describe(e));
  const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
  std::vector<float> c(static_cast<std::size_t>(e.m * e.n), testing::kNaN);
  expect_multiplies(scaled, 1, testing::dense(a, e.a()), testing::dense(b, e.b()), 0, testing::dense(c, e.c()));
}

/// Expects two dense matrices to have the same bits.
inline void expect_same_bits(const std::string& what, const std::vector<float>& left, const std::vector<float>& right,
                             std::int64_t columns) {
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (std::memcmp(&left[i], &right[i], sizeof(float)) == 0) continue;
    const auto at = static_cast<std::int64_t>(i);
    ADD_FAILURE() << what << ": element (" << at / columns << ", " << at % columns
                  << ") differs in its last bits: " << testing::ulp_distance(left[i], right[i])
                  << " units in the last place. In which order is it summed, and does that depend on who does it?";
    return;
  }
}

/// Shapes of which no product can be made.
struct Misfit {
  Shape a, b, c;
};
inline std::vector<Misfit> misfits() {
  return {{{2, 3}, {2, 3}, {2, 3}}, {{2, 3}, {4, 2}, {2, 2}}, {{2, 3}, {3, 4}, {4, 2}},
          {{2, 3}, {3, 4}, {2, 3}}, {{6}, {6}, {1}},          {{2, 3}, {3}, {2}},
          {{2, 3}, {3, 4}, {8}},    {{2, 3}, {3, 4}, {1, 4}}, {{2, 2, 3}, {3, 4}, {2, 2, 4}}};
}

using Multiply = std::function<void(ConstView a, ConstView b, View c)>;

/// Misfits are refused before anything is written; what fits is not.
inline void expect_refuses_misfits(const std::string& name, const Multiply& multiply) {
  const std::vector<float> memory = testing::counted(16);
  const testing::Kept<> kept(Shape{16}, 7.0f);
  for (const auto& [a, b, c] : misfits())
    testing::expect_refused(
        name + " of " + to_string(a) + " and " + to_string(b) + " into " + to_string(c), kept,
        [&, a = a, b = b, c = c] { multiply(testing::dense(memory, a), testing::dense(memory, b), kept.view(c)); });
  std::vector<float> out(8, testing::kNaN);
  multiply(testing::dense(memory, {2, 3}), testing::dense(memory, {3, 4}), testing::dense(out, {2, 4}));
  expect_close(testing::dense(out, {2, 4}),
               oracle::matmul(to_array64(testing::dense(memory, {2, 3})), to_array64(testing::dense(memory, {3, 4}))));
}

/// c on top of a, of b, and of the end of either; side by side is right.
inline void expect_refuses_overlap(const std::string& name, const Multiply& multiply) {
  const std::int64_t n = 8, size = n * n;
  const std::vector<float> other(static_cast<std::size_t>(size), 0.5f);
  const testing::Kept<> kept(Shape{3 * size}, 2.0f);
  const auto matrix = [&](std::int64_t first) { return View{kept.numbers().data() + first, {n, n}, {n, 1}}; };
  const ConstView apart = testing::dense(other, {n, n});
  testing::expect_refused(name + ": c is a", kept, [&] { multiply(matrix(0), apart, matrix(0)); });
  testing::expect_refused(name + ": c is b", kept, [&] { multiply(apart, matrix(0), matrix(0)); });
  testing::expect_refused(name + ": c begins in a's last element", kept,
                          [&] { multiply(matrix(0), apart, matrix(size - 1)); });
  testing::expect_refused(name + ": c's last element is b's first", kept,
                          [&] { multiply(apart, matrix(size - 1), matrix(0)); });
  multiply(matrix(0), matrix(size), matrix(2 * size));
  for (std::int64_t i = 0; i < size; ++i) {
    const float found = kept.numbers()[static_cast<std::size_t>(2 * size + i)];
    if (found == 4.0f * static_cast<float>(n)) continue;
    ADD_FAILURE() << name << ": a, b and c lie side by side, which is no overlap: element " << i << " of c is " << found
                  << ", expected " << 4 * n;
    return;
  }
}

}  // namespace kiln::products
