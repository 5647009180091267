// Module 06's hidden tests: the edges that the visible tests leave out. One suite an exercise, one edge a test.
// Each also asks for a result that is no edge case, so that a kernel that does nothing passes none.
#include "kiln/kernels/autograd.hpp"

#include <cmath>
#include <vector>

#include "oracle.hpp"
#include "testing/sentinels.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const AutogradSlots& kernel() { return under_test<AutogradSlots>(); }

// ---- unbroadcast

TEST(unbroadcast, zero_size_and_size_one) {
  for_each_case(3, [](Generator& g) {
    struct Case {
      Shape out, in;
    };
    for (const auto& [out, in] :
         {Case{{0}, {1}}, Case{{0}, {}}, Case{{0}, {0}}, Case{{2, 0}, {2, 1}}, Case{{2, 0}, {0}}, Case{{0, 3}, {3}},
          Case{{1}, {}}, Case{{1, 1}, {1}}, Case{{1, 4}, {1}}, Case{{5, 1}, {1, 1}}, Case{{1, 1, 3}, {3}}}) {
      const Operand grad_out = g.input("grad_out", out);
      const Operand grad_in = g.input("grad_in " + to_string(in), in, Layout::spaced);
      const Expected expected = oracle::unbroadcast(grad_out.values(), grad_in.values());
      kernel().unbroadcast(grad_out, grad_in);
      expect_close(grad_in, expected);
    }
  });
}

TEST(unbroadcast, six_dimensions) {
  for_each_case(4, [](Generator& g) {
    const Shape out{2, 3, 1, 2, 2, 5};
    for (const Shape& in : {Shape{2, 1, 1, 2, 1, 5}, Shape{3, 1, 1, 2, 1}, Shape{1, 1, 1, 1, 1, 1}, Shape{2, 5}}) {
      const Operand grad_out = g.input("grad_out", out);
      const Operand grad_in = g.input("grad_in " + to_string(in), in, g.writable_layout());
      const Expected expected = oracle::unbroadcast(grad_out.values(), grad_in.values());
      kernel().unbroadcast(grad_out, grad_in);
      expect_close(grad_in, expected);
    }
  });
}

TEST(unbroadcast, nan_and_infinity) {
  one_case([](Generator&) {
    const std::vector<float> grad_out{1, kNaN, kInfinity, 4, 5, -kInfinity};
    std::vector<float> rows{1, 1, 1}, columns{1, 1};
    kernel().unbroadcast(dense(grad_out, {2, 3}), dense(rows, {3}));
    EXPECT_EQ(rows[0], 6);
    EXPECT_TRUE(std::isnan(rows[1]) && std::isnan(rows[2])) << "NaN + 5, and infinity - infinity";
    kernel().unbroadcast(dense(grad_out, {2, 3}), dense(columns, {2, 1}));
    EXPECT_TRUE(std::isnan(columns[0]));
    EXPECT_EQ(columns[1], -kInfinity);
  });
}

TEST(unbroadcast, keeps_memory_between) {
  one_case([](Generator&) {
    const std::vector<float> grad_out = counted(12);
    for (const Strides& strides : {Strides{3}, Strides{-2}, Strides{1}}) {
      Sentinels memory({4}, strides);
      for (std::int64_t i = 0; i < 4; ++i) memory.view()(i) = 0;
      kernel().unbroadcast(dense(grad_out, {3, 4}), memory.view());
      for (std::int64_t i = 0; i < 4; ++i) EXPECT_EQ(memory.view()(i), static_cast<float>(15 + 3 * i));
      memory.expect_rest_untouched();
    }
  });
}

// ---- elementwise_backward

TEST(elementwise_backward, zero_size_and_size_one) {
  for_each_case(3, [](Generator& g) {
    struct Case {
      Shape a, b, out;
    };
    for (const auto& [a, b, out] :
         {Case{{0}, {0}, {0}}, Case{{0}, {1}, {0}}, Case{{0}, {}, {0}}, Case{{2, 0}, {2, 1}, {2, 0}},
          Case{{2, 1}, {0}, {2, 0}}, Case{{1}, {1}, {1}}, Case{{1, 1}, {}, {1, 1}}, Case{{}, {}, {}},
          Case{{2, 1, 2, 1, 2, 3}, {1, 2, 3}, {2, 1, 2, 1, 2, 3}}}) {
      const Operand grad_out = g.input("grad_out", out), left = g.input("a", a), right = g.input("b", b, 1, 2);
      for (const bool by_a : {true, false}) {
        const Operand grad = g.input(by_a ? "grad_a" : "grad_b", by_a ? a : b, Layout::spaced);
        const Operand& other = by_a ? right : left;
        const Expected expected = oracle::mul_backward(grad_out.values(), other.values(), grad.values());
        kernel().mul_backward(grad_out, other, grad);
        expect_close(grad, expected);
      }
      const Operand grad_a = g.input("grad_a of a / b", a), grad_b = g.input("grad_b of a / b", b, Layout::reversed);
      const Operand to_a("grad_a of a / b", a, Layout::transposed);
      to_a.assign(grad_a.values());
      const Expected by_a = oracle::div_backward_a(grad_out.values(), right.values(), to_a.values());
      const Expected by_b = oracle::div_backward_b(grad_out.values(), left.values(), right.values(), grad_b.values());
      kernel().div_backward_a(grad_out, right, to_a);
      expect_close(to_a, by_a);
      kernel().div_backward_b(grad_out, left, right, grad_b);
      expect_close(grad_b, by_b);
    }
  });
}

TEST(elementwise_backward, nan_and_infinity) {
  one_case([](Generator&) {
    // 0 times NaN is NaN: no shortcut where the gradient or the other operand is 0.
    const std::vector<float> grad{0, 0, 0, 1, kNaN, 2}, other{kNaN, kInfinity, 3, 0, 0, -kInfinity};
    std::vector<float> result(6, 1);
    kernel().mul_backward(dense(grad, {6}), dense(other, {6}), dense(result, {6}));
    EXPECT_TRUE(std::isnan(result[0])) << "0 * NaN";
    EXPECT_TRUE(std::isnan(result[1])) << "0 * infinity";
    EXPECT_EQ(result[2], 1) << "1 + 0 * 3";
    EXPECT_EQ(result[3], 1) << "1 + 1 * 0";
    EXPECT_TRUE(std::isnan(result[4])) << "NaN * 0";
    EXPECT_EQ(result[5], -kInfinity) << "1 + 2 * -infinity";
  });
}

TEST(elementwise_backward, division_by_zero) {
  one_case([](Generator&) {
    const std::vector<float> grad{1, -1, 0, 1}, a{1, 1, 1, 0}, b{0, 0, 0, 0};
    std::vector<float> grad_a(4, 1), grad_b(4, 1), ordinary{1};
    kernel().div_backward_a(dense(grad, {4}), dense(b, {4}), dense(grad_a, {4}));
    EXPECT_EQ(grad_a[0], kInfinity) << "1 / 0";
    EXPECT_EQ(grad_a[1], -kInfinity) << "-1 / 0";
    EXPECT_TRUE(std::isnan(grad_a[2])) << "0 / 0";
    kernel().div_backward_b(dense(grad, {4}), dense(a, {4}), dense(b, {4}), dense(grad_b, {4}));
    EXPECT_EQ(grad_b[0], -kInfinity) << "-1 * 1 / 0";
    EXPECT_EQ(grad_b[1], kInfinity) << "1 * 1 / 0";
    EXPECT_TRUE(std::isnan(grad_b[2]) && std::isnan(grad_b[3])) << "0 / 0";
    kernel().div_backward_a(dense(a, {1}), dense(a, {1}), dense(ordinary, {1}));
    EXPECT_EQ(ordinary[0], 2) << "1 + 1 / 1";
  });
}

// b * b is infinite, or 0, where grad * a / b^2 is an ordinary number.
TEST(elementwise_backward, huge_and_tiny_divisors) {
  one_case([](Generator&) {
    const std::vector<float> grad{1, 2, 1e-10f}, a{1e25f, 1e-25f, 3e-25f}, b{1e20f, -1e-24f, 1e-24f};
    std::vector<float> result(3, 0);
    kernel().div_backward_b(dense(grad, {3}), dense(a, {3}), dense(b, {3}), dense(result, {3}));
    EXPECT_FLOAT_EQ(result[0], -1e-15f) << "-1 * 1e25 / 1e40";
    EXPECT_FLOAT_EQ(result[1], -2e23f) << "-2 * 1e-25 / 1e-48";
    EXPECT_FLOAT_EQ(result[2], -3e13f) << "-1e-10 * 3e-25 / 1e-48";
  });
}

// ---- reduce_backward

TEST(reduce_backward, empty_and_size_one) {
  for_each_case(3, [](Generator& g) {
    for (const Shape& shape : {Shape{1}, Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{1, 4}, Shape{4, 1}, Shape{2, 1, 2},
                               Shape{1, 1, 1}, Shape{2, 2, 1, 2, 1, 2}})
      for (int axis = 0; axis < shape.rank(); ++axis)
        for (const bool keepdims : {false, true}) {
          const Operand in = g.input("in", shape);
          const Array64 best = oracle::maxima(in.values(), axis, keepdims);
          const Operand grad_out = g.input("grad_out", best.shape);
          const Operand out("out", best.shape, Layout::spaced);
          out.assign(best);
          const Operand sum = g.input("grad_in of sum", shape, Layout::spaced);
          const Operand mean = g.input("grad_in of mean", shape, Layout::reversed);
          const Operand max = g.input("grad_in of max", shape, Layout::transposed);
          const Expected of_sum = oracle::sum_backward(grad_out.values(), axis, keepdims, sum.values());
          const Expected of_mean = oracle::mean_backward(grad_out.values(), axis, keepdims, mean.values());
          const Expected of_max = oracle::max_backward(grad_out.values(), in.values(), axis, keepdims, max.values());
          kernel().sum_backward(grad_out, axis, keepdims, sum);
          expect_close(sum, of_sum);
          kernel().mean_backward(grad_out, axis, keepdims, mean);
          expect_close(mean, of_mean);
          kernel().max_backward(grad_out, in, out, axis, keepdims, max);
          expect_close(max, of_max);
        }
  });
}

TEST(reduce_backward, maxima_that_are_nan) {
  one_case([](Generator&) {
    const std::vector<float> in{1, kNaN, 3, 2, 5, 5}, two{1, kNaN, 3, kNaN, 5, 5}, out{kNaN, 5}, grad{8, 6};
    std::vector<float> result{0, 0, 0, 0, 1, 1}, shared(6, 0);
    kernel().max_backward(dense(grad, {2}), dense(in, {2, 3}), dense(out, {2}), 1, false, dense(result, {2, 3}));
    EXPECT_EQ(result, (std::vector<float>{0, 8, 0, 0, 4, 4})) << "NaN is the maximum where there is one";
    kernel().max_backward(dense(grad, {}), dense(two, {6}), dense(out, {}), 0, false, dense(shared, {6}));
    EXPECT_EQ(shared, (std::vector<float>{0, 4, 0, 4, 0, 0})) << "two NaN share";
  });
}

TEST(reduce_backward, infinite_maxima) {
  one_case([](Generator&) {
    const std::vector<float> in{kInfinity, 1, kInfinity, -kInfinity, -kInfinity, -kInfinity};
    const std::vector<float> out{kInfinity, -kInfinity}, grad{8, 6};
    std::vector<float> result(6, 0);
    kernel().max_backward(dense(grad, {2}), dense(in, {2, 3}), dense(out, {2}), 1, false, dense(result, {2, 3}));
    EXPECT_EQ(result, (std::vector<float>{4, 0, 4, 2, 2, 2}));
  });
}

TEST(reduce_backward, keeps_memory_between) {
  one_case([](Generator&) {
    const std::vector<float> grad{10, 20}, in{3, 7, 7, 9, 9, 9}, out{7, 9};
    for (const Strides& strides : {Strides{8, 2}, Strides{1, 5}, Strides{-9, 3}}) {
      Sentinels memory({2, 3}, strides);
      for_each_index({2, 3}, [&](const Shape& index) { memory.view()(index[0], index[1]) = 1; });
      kernel().max_backward(dense(grad, {2}), dense(in, {2, 3}), dense(out, {2}), 1, false, memory.view());
      kernel().sum_backward(dense(grad, {2}), 1, false, memory.view());
      EXPECT_EQ(memory.view()(0, 0), 11) << "sum alone";
      EXPECT_EQ(memory.view()(0, 2), 16) << "sum and half of the maximum";
      memory.expect_rest_untouched();
    }
  });
}

}  // namespace
