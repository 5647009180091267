// Module 01's hidden tests: the edges that the visible tests leave out. One suite an exercise, one edge a test.
// Each also asks for a result that is no edge case, so that a kernel that does nothing passes none.
#include "kiln/kernels/tensor.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "oracle.hpp"
#include "testing/sentinels.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const TensorSlots& kernel() { return under_test<TensorSlots>(); }

// ---- fill

void expect_fills(const Shape& shape, const Strides& strides) {
  Sentinels memory(shape, strides);
  kernel().fill(memory.view(), 2.0f);
  expect_close(memory.view(), oracle::fill(shape, 2.0f));
  memory.expect_rest_untouched();
}

TEST(fill, negative_strides) {
  one_case([](Generator&) {
    expect_fills({5}, {-1});
    expect_fills({5}, {-3});
    expect_fills({3, 4}, {-8, 2});
    expect_fills({3, 4}, {10, -2});
    expect_fills({2, 3, 4}, {-40, -12, -3});
  });
}

TEST(fill, zero_strides) {
  one_case([](Generator&) {
    expect_fills({4}, {0});
    expect_fills({3, 2}, {0, 1});
    expect_fills({3, 2}, {5, 0});
  });
}

TEST(fill, zero_size) {
  one_case([](Generator&) {
    expect_fills({0}, {1});
    expect_fills({3, 0}, {1, 1});
    expect_fills({0, 3}, {3, 1});
    expect_fills({2, 0, 4}, {10, 5, 2});
    expect_fills({2, 1, 4}, {10, 5, 2});
  });
}

TEST(fill, six_dimensions) {
  one_case([](Generator&) {
    expect_fills({2, 1, 3, 2, 1, 2}, {50, 1, 14, 6, 3, 2});
    expect_fills({1, 2, 2, 2, 2, 2}, {32, 16, 8, 4, 2, 1});
    expect_fills({2, 2, 2, 2, 2, 2}, {1, 2, 4, 8, 16, 32});
  });
}

TEST(fill, special_values) {
  one_case([](Generator&) {
    for (float value : {kNaN, kInfinity, -kInfinity, 1e-40f, std::numeric_limits<float>::max()}) {
      Sentinels memory({3, 3}, {5, 1});
      kernel().fill(memory.view(), value);
      expect_close(memory.view(), oracle::fill({3, 3}, value));
      memory.expect_rest_untouched();
    }
  });
}

// ---- shape

void expect_broadcast(const Shape& a, const Shape& b, const Shape& out) {
  expect_shape("broadcast_shapes(" + to_string(a) + ", " + to_string(b) + ")", kernel().broadcast_shapes(a, b), out);
  expect_shape("broadcast_shapes(" + to_string(b) + ", " + to_string(a) + ")", kernel().broadcast_shapes(b, a), out);
}

TEST(shape, strides_of_empty_shapes) {
  one_case([](Generator&) {
    const std::pair<Shape, Strides> cases[] = {{{0}, {1}},
                                               {{3, 0}, {1, 1}},
                                               {{0, 3}, {3, 1}},
                                               {{2, 0, 4}, {4, 4, 1}},
                                               {{5, 0, 0}, {1, 1, 1}},
                                               {{0, 2, 3, 1}, {6, 3, 1, 1}}};
    for (const auto& [shape, strides] : cases)
      expect_shape("contiguous_strides" + to_string(shape), kernel().contiguous_strides(shape), strides);
  });
}

TEST(shape, six_dimensions) {
  one_case([](Generator&) {
    expect_shape("contiguous_strides", kernel().contiguous_strides({2, 3, 4, 5, 6, 7}), {2520, 840, 210, 42, 7, 1});
    expect_broadcast({2, 1, 4, 1, 6, 1}, {3, 1, 5, 1, 7}, {2, 3, 4, 5, 6, 7});
    EXPECT_EQ(kernel().index_to_offset({1, 2, 3, 4, 5, 6}, {2, 3, 4, 5, 6, 7}, {2520, 840, 210, 42, 7, 1}), 5039);
  });
}

TEST(shape, more_elements_than_an_int_counts) {
  one_case([](Generator&) {
    expect_shape("contiguous_strides", kernel().contiguous_strides({2, 70000, 70000}), {4900000000, 70000, 1});
    EXPECT_EQ(kernel().index_to_offset({1, 69999, 69999}, {2, 70000, 70000}, {4900000000, 70000, 1}), 9799999999);
    EXPECT_EQ(kernel().index_to_offset({70000, 2}, {70001, 3}, {-100000, 1}), -6999999998);
  });
}

TEST(shape, broadcast_of_empty_shapes) {
  one_case([](Generator&) {
    expect_broadcast({0}, {1}, {0});
    expect_broadcast({0}, {}, {0});
    expect_broadcast({0}, {0}, {0});
    expect_broadcast({3, 1}, {0}, {3, 0});
    expect_broadcast({1, 0}, {5, 1}, {5, 0});
    expect_broadcast({2, 0, 1}, {1, 4}, {2, 0, 4});
    expect_error(ErrorKind::invalid_argument, "(0) meets (2)", [] { kernel().broadcast_shapes({0}, {2}); });
    expect_error(ErrorKind::invalid_argument, "(3, 2) meets (0)", [] { kernel().broadcast_shapes({3, 2}, {0}); });
  });
}

TEST(shape, broadcast_of_scalars_and_ones) {
  one_case([](Generator&) {
    expect_broadcast({}, {}, {});
    expect_broadcast({}, {1}, {1});
    expect_broadcast({}, {4, 5, 6}, {4, 5, 6});
    expect_broadcast({1, 1, 1}, {7}, {1, 1, 7});
    expect_broadcast({1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1});
  });
}

TEST(shape, offset_refuses_other_ranks) {
  one_case([](Generator&) {
    struct Case {
      Shape index, shape, strides;
    };
    const Case cases[] = {{{1}, {2, 3}, {3, 1}}, {{1, 1, 0}, {2, 3}, {3, 1}}, {{1, 1}, {2, 3}, {1}},
                          {{}, {2}, {1}},        {{1, 0}, {2}, {1, 1}},       {{0, 0}, {2, 3}, {6, 3, 1}}};
    for (const auto& [index, shape, strides] : cases)
      expect_error(
          ErrorKind::invalid_argument,
          "index " + to_string(index) + ", shape " + to_string(shape) + ", strides " + to_string(strides),
          [index = index, shape = shape, strides = strides] { kernel().index_to_offset(index, shape, strides); });
    EXPECT_EQ(kernel().index_to_offset({1, 2}, {2, 3}, {3, 1}), 5);
    EXPECT_EQ(kernel().index_to_offset({}, {}, {}), 0);
  });
}

// ---- copy

void expect_copies(ConstView in) {
  SCOPED_TRACE("in: " + to_string(in));
  std::vector<float> values(static_cast<std::size_t>(in.size()), kNaN);
  const View out = dense(values, in.shape);
  kernel().copy(in, out);
  expect_close(out, oracle::copy(in));
}

TEST(copy, zero_strides) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(20);
    expect_copies({memory.data(), {4, 5}, {0, 1}});
    expect_copies({memory.data(), {4, 5}, {2, 0}});
    expect_copies({memory.data(), {4, 5}, {0, 0}});
    expect_copies({memory.data(), {3, 2, 4}, {4, 0, 1}});
    expect_copies({memory.data() + 7, {6}, {0}});
  });
}

TEST(copy, overlapping_windows) {
  // The rows of a sliding window share elements.
  one_case([](Generator&) {
    const std::vector<float> memory = counted(20);
    expect_copies({memory.data(), {6, 4}, {1, 1}});
    expect_copies({memory.data() + 10, {5, 4}, {-1, 1}});
    expect_copies({memory.data() + 10, {3, 4}, {2, -1}});
  });
}

TEST(copy, mixed_signs) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(60);
    expect_copies({memory.data() + 40, {3, 4, 5}, {-20, 5, 1}});
    expect_copies({memory.data() + 15, {3, 4, 5}, {20, -5, 1}});
    expect_copies({memory.data() + 4, {3, 4, 5}, {20, 5, -1}});
    expect_copies({memory.data() + 4, {5, 4, 3}, {-1, 5, 20}});
  });
}

TEST(copy, zero_size) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(20);
    for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{0, 4}, Shape{2, 0, 3}, Shape{2, 1, 3}}) {
      Sentinels out(shape, dense_strides(shape));
      const ConstView in{memory.data(), shape, dense_strides(shape)};
      kernel().copy(in, out.view());
      expect_close(out.view(), oracle::copy(in));
      out.expect_rest_untouched();
    }
  });
}

TEST(copy, size_one_dimensions) {
  // The stride of a dimension of extent 1 is never used, and may be anything, in the dense output too.
  one_case([](Generator&) {
    const std::vector<float> memory = counted(20);
    expect_copies({memory.data(), {3, 1}, {2, 77}});
    expect_copies({memory.data(), {1, 4}, {-5, 3}});
    Sentinels out({1, 4, 1}, {99, 1, -3});
    const ConstView in{memory.data() + 3, {1, 4, 1}, {0, -1, 50}};
    kernel().copy(in, out.view());
    expect_close(out.view(), oracle::copy(in));
    out.expect_rest_untouched();
  });
}

TEST(copy, keeps_special_values) {
  one_case([](Generator&) {
    const std::vector<float> memory{kNaN, kInfinity, -kInfinity, 1e-40f, -0.0f, 5.0f};
    expect_copies({memory.data() + 5, {6}, {-1}});
    expect_copies({memory.data(), {3, 2}, {1, 3}});
    std::vector<float> out(2);
    kernel().copy({memory.data() + 4, {2}, {1}}, dense(out, {2}));
    EXPECT_TRUE(std::signbit(out[0])) << "-0 arrived as 0";
  });
}

// ---- elementwise

struct Operation {
  const char* name;
  void (*TensorSlots::*slot)(ConstView, ConstView, View);
  Expected (*oracle)(ConstView, ConstView);

  void operator()(ConstView a, ConstView b, View out) const { (kernel().*slot)(a, b, out); }
};
const Operation kOperations[] = {{"add", &TensorSlots::add, oracle::add},
                                 {"sub", &TensorSlots::sub, oracle::sub},
                                 {"mul", &TensorSlots::mul, oracle::mul},
                                 {"div", &TensorSlots::div, oracle::div}};

/// All four operations into a dense output of `shape` with sentinels around.
void expect_computes(ConstView a, ConstView b, const Shape& shape) {
  for (const Operation& operation : kOperations) {
    SCOPED_TRACE(std::string(operation.name) + ", a: " + to_string(a) + ", b: " + to_string(b));
    Sentinels out(shape, dense_strides(shape));
    operation(a, b, out.view());
    expect_close(out.view(), operation.oracle(a, b));
    out.expect_rest_untouched();
  }
}

TEST(elementwise, scalars) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    expect_computes(dense(memory, {}), {memory.data() + 1, {}, {}}, {});
    expect_computes(dense(memory, {3, 4}), {memory.data() + 2, {}, {}}, {3, 4});
    expect_computes({memory.data() + 3, {}, {}}, dense(memory, {12}), {12});
    expect_computes({memory.data() + 3, {1}, {1}}, {memory.data() + 6, {}, {}}, {1});
  });
}

TEST(elementwise, zero_size) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    expect_computes(dense(memory, {0}), dense(memory, {0}), {0});
    expect_computes(dense(memory, {3, 0}), dense(memory, {1}), {3, 0});
    expect_computes(dense(memory, {1}), dense(memory, {0}), {0});
    expect_computes(dense(memory, {2, 1, 3}), dense(memory, {0, 1}), {2, 0, 3});
    expect_computes(dense(memory, {2, 1, 3}), dense(memory, {1, 1}), {2, 1, 3});
  });
}

TEST(elementwise, size_one_dimensions) {
  // What is stretched has a stride of its own, which must not be walked along; what is not stretched may have any.
  one_case([](Generator&) {
    const std::vector<float> memory = counted(40);
    expect_computes({memory.data(), {3, 1}, {4, 3}}, dense(memory, {3, 5}), {3, 5});
    expect_computes(dense(memory, {3, 5}), {memory.data() + 20, {1, 5}, {-9, -2}}, {3, 5});
    expect_computes({memory.data(), {1, 4}, {30, 2}}, {memory.data() + 5, {1, 4}, {-5, 1}}, {1, 4});
    expect_computes({memory.data(), {2, 1, 3}, {9, 5, 2}}, {memory.data(), {4, 1}, {7, 6}}, {2, 4, 3});
  });
}

TEST(elementwise, overlapping_operands) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(30);
    expect_computes({memory.data(), {20}, {1}}, {memory.data() + 1, {20}, {1}}, {20});
    expect_computes({memory.data(), {4, 5}, {1, 1}}, {memory.data() + 20, {4, 5}, {-1, -1}}, {4, 5});
    expect_computes({memory.data(), {4, 5}, {0, 1}}, {memory.data(), {4, 5}, {1, 0}}, {4, 5});
  });
}

TEST(elementwise, refuses_other_out_shapes) {
  // The operands broadcast, but not to the output's shape; a larger output is not stretched to.
  one_case([](Generator&) {
    const std::vector<float> memory = counted(64);
    std::vector<float> out(64);
    struct Case {
      Shape a, b, out;
    };
    const Case cases[] = {{{1, 3}, {3}, {2, 3}}, {{3}, {3}, {2, 3}},    {{1}, {1}, {4}}, {{}, {}, {1}},
                          {{3, 1}, {4}, {3, 1}}, {{1, 3}, {1, 3}, {3}}, {{0}, {1}, {1}}, {{2, 3}, {1, 3}, {1, 2, 3}}};
    for (const Operation& operation : kOperations)
      for (const auto& [a, b, shape] : cases)
        expect_error(
            ErrorKind::invalid_argument,
            std::string(operation.name) + " of " + to_string(a) + " and " + to_string(b) + " into " + to_string(shape),
            [&, a = a, b = b, shape = shape] { operation(dense(memory, a), dense(memory, b), dense(out, shape)); });
    expect_computes(dense(memory, {1, 3}), dense(memory, {3}), {1, 3});
  });
}

TEST(elementwise, nan_and_infinity) {
  one_case([](Generator&) {
    const std::vector<float> special{kNaN, kInfinity, -kInfinity, 0.0f, -0.0f, 3e38f, 1.0f};
    const auto n = static_cast<std::int64_t>(special.size());
    expect_computes(dense(special, {n, 1}), dense(special, {n}), {n, n});
    expect_computes(dense(special, {n}), dense(special, {n}), {n});
  });
}

TEST(elementwise, in_place_while_the_other_is_stretched) {
  for (const Operation& operation : kOperations) {
    for_each_case(4, [&](Generator& g) {
      g.note(operation.name);
      const Shape shape{g.positive_extent(), g.positive_extent()};
      for (const Shape& other : {Shape{shape[1]}, Shape{shape[0], 1}, Shape{1, 1}, Shape{}}) {
        const Operand out = g.input("out", shape, g.writable_layout()), b = g.input("b", other, 0.5f, 1.5f);
        const Expected right = operation.oracle(out, b);
        operation(out, b, out);
        expect_close(out, right);
        const Operand again = g.input("out", shape, g.writable_layout(), 0.5f, 1.5f);
        const Expected left = operation.oracle(b, again);
        operation(b, again, again);
        expect_close(again, left);
      }
    });
  }
}

// ---- reduce

struct Reduction {
  const char* name;
  void (*TensorSlots::*slot)(ConstView, int, bool, View);
  Expected (*oracle)(ConstView, int, bool);
};
const Reduction kSum{"sum", &TensorSlots::sum, oracle::sum};
const Reduction kMean{"mean", &TensorSlots::mean, oracle::mean};
const Reduction kMax{"max", &TensorSlots::max, oracle::max};

/// Reduces, with and without keepdims, into dense outputs with sentinels around.
void expect_reduces(const Reduction& reduction, ConstView in, int axis) {
  for (bool keepdims : {false, true}) {
    SCOPED_TRACE(std::string(reduction.name) + " over axis " + std::to_string(axis) + ", in: " + to_string(in));
    const Expected expected = reduction.oracle(in, axis, keepdims);
    Sentinels out(expected.value.shape, dense_strides(expected.value.shape));
    (kernel().*reduction.slot)(in, axis, keepdims, out.view());
    expect_close(out.view(), expected);
    out.expect_rest_untouched();
  }
}

TEST(reduce, max_keeps_nan) {
  one_case([](Generator&) {
    for (std::int64_t n : {2, 7, 40, 67})
      for (std::int64_t place : {std::int64_t{0}, n / 2, n - 1}) {
        // NaN in row 0 and column 0 only; the other results are numbers.
        std::vector<float> values = counted(3 * n);
        values[static_cast<std::size_t>(place)] = kNaN;
        expect_reduces(kMax, dense(values, {3, n}), 1);
        expect_reduces(kMax, {values.data(), {n, 3}, {1, n}}, 0);
        std::vector<float> columns = counted(3 * n);
        columns[static_cast<std::size_t>(place * 3)] = kNaN;
        expect_reduces(kMax, dense(columns, {n, 3}), 0);
      }
  });
}

TEST(reduce, infinities) {
  one_case([](Generator&) {
    const std::vector<float> values{-kInfinity, -kInfinity, 1, kInfinity, kInfinity, -kInfinity};
    for (int axis : {0, 1}) {
      expect_reduces(kMax, dense(values, {3, 2}), axis);
      expect_reduces(kSum, dense(values, {3, 2}), axis);
      expect_reduces(kMean, dense(values, {2, 3}), axis);
    }
    const std::vector<float> lowest(80, -kInfinity);
    expect_reduces(kMax, dense(lowest, {2, 40}), 1);
    expect_reduces(kMax, dense(lowest, {40, 2}), 0);
  });
}

TEST(reduce, empty_axis) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    for (const Reduction& reduction : {kSum, kMean}) {
      expect_reduces(reduction, dense(memory, {0}), 0);
      expect_reduces(reduction, dense(memory, {3, 0}), 1);
      expect_reduces(reduction, dense(memory, {0, 3}), 0);
      expect_reduces(reduction, dense(memory, {2, 0, 3}), -2);
    }
    std::vector<float> out(12);
    expect_error(ErrorKind::invalid_argument, "max over axis 1 of (3, 0)", [&] {
      kernel().max(dense(memory, {3, 0}), 1, false, dense(out, {3}));
    });
    expect_error(ErrorKind::invalid_argument, "max over axis 0 of (0)",
                 [&] { kernel().max(dense(memory, {0}), 0, false, dense(out, {})); });
  });
}

TEST(reduce, zero_size) {
  // Another dimension than the axis is empty: there is no result, and nothing to refuse.
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    for (const Reduction& reduction : {kSum, kMean, kMax}) {
      expect_reduces(reduction, dense(memory, {0, 3}), 1);
      expect_reduces(reduction, dense(memory, {3, 0}), 0);
      expect_reduces(reduction, dense(memory, {2, 0, 3}), 2);
      expect_reduces(reduction, dense(memory, {4, 3}), 0);
    }
  });
}

TEST(reduce, size_one_axes) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(40);
    for (const Reduction& reduction : {kSum, kMean, kMax})
      for (int axis : {-3, -2, -1, 0, 1, 2}) {
        expect_reduces(reduction, {memory.data(), {3, 1, 4}, {4, 31, 1}}, axis);
        expect_reduces(reduction, {memory.data() + 9, {1, 4, 1}, {17, -2, 0}}, axis);
      }
    for (const Reduction& reduction : {kSum, kMean, kMax}) expect_reduces(reduction, dense(memory, {1}), 0);
  });
}

TEST(reduce, long_axes) {
  for_each_case(1, [](Generator& g) {
    for (std::int64_t n : {31, 32, 33, 63, 64, 65, 100, 1000}) {
      const Operand rows = g.input("rows", {3, n}), columns = g.input("columns", {n, 3});
      for (const Reduction& reduction : {kSum, kMean, kMax}) {
        expect_reduces(reduction, rows, 1);
        expect_reduces(reduction, columns, 0);
      }
    }
  });
}

TEST(reduce, overlapping_and_repeated) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(20);
    for (const Reduction& reduction : {kSum, kMean, kMax})
      for (int axis : {0, 1}) {
        expect_reduces(reduction, {memory.data(), {6, 4}, {1, 1}}, axis);
        expect_reduces(reduction, {memory.data(), {5, 4}, {0, 1}}, axis);
        expect_reduces(reduction, {memory.data() + 19, {5, 4}, {-4, 0}}, axis);
      }
  });
}

TEST(reduce, refuses_rank_zero) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(3);
    std::vector<float> out(3);
    for (const Reduction& reduction : {kSum, kMean, kMax}) {
      for (int axis : {0, -1})
        expect_error(ErrorKind::invalid_argument, std::string(reduction.name) + " of a scalar, which has no axis",
                     [&] { (kernel().*reduction.slot)(dense(memory, {}), axis, false, dense(out, {})); });
      expect_reduces(reduction, dense(memory, {3}), 0);
    }
  });
}

// ---- matmul

/// Multiplies into a dense c with sentinels around.
void expect_multiplies(ConstView a, ConstView b) {
  SCOPED_TRACE("a: " + to_string(a) + ", b: " + to_string(b));
  const Shape shape{a.shape[0], b.shape[1]};
  Sentinels c(shape, dense_strides(shape));
  kernel().matmul(a, b, c.view());
  expect_close(c.view(), oracle::matmul(a, b));
  c.expect_rest_untouched();
}

TEST(matmul, k_zero_gives_zeros) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    expect_multiplies(dense(memory, {3, 0}), dense(memory, {0, 4}));
    expect_multiplies(dense(memory, {1, 0}), dense(memory, {0, 1}));
    std::vector<float> c(24, 5.0f);
    const View out = dense(c, {2, 3, 4});
    kernel().batched_matmul(dense(memory, {2, 3, 0}), dense(memory, {2, 0, 4}), out);
    expect_close(out, oracle::fill({2, 3, 4}, 0.0f));
  });
}

TEST(matmul, zero_size) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    expect_multiplies(dense(memory, {0, 3}), dense(memory, {3, 4}));
    expect_multiplies(dense(memory, {4, 3}), dense(memory, {3, 0}));
    expect_multiplies(dense(memory, {0, 0}), dense(memory, {0, 0}));
    expect_multiplies(dense(memory, {4, 3}), dense(memory, {3, 1}));
  });
}

TEST(matmul, nan_and_infinity) {
  // 0 times NaN is NaN, and 0 times infinity too: a zero in a is no reason to skip a row of b.
  one_case([](Generator&) {
    const std::vector<float> a{0, 1, 2, 1, 0, 0, 0, 0, 3}, b{kNaN, 1, 2, kInfinity, 3, 4, 5, -kInfinity, 6};
    expect_multiplies(dense(a, {3, 3}), dense(b, {3, 3}));
    expect_multiplies(dense(b, {3, 3}), dense(a, {3, 3}));
    const std::vector<float> zeros(9, 0.0f);
    expect_multiplies(dense(zeros, {3, 3}), dense(b, {3, 3}));
  });
}

TEST(matmul, vectors_as_matrices) {
  for_each_case(2, [](Generator& g) {
    for (std::int64_t n : {1, 2, 9, 33, 100}) {
      const Operand row = g.input("row", {1, n}), column = g.input("column", {n, 1});
      expect_multiplies(row, column);
      if (n < 10) expect_multiplies(column, row);
    }
  });
}

TEST(matmul, operands_that_share_memory) {
  for_each_case(3, [](Generator& g) {
    const Operand a = g.input("a", {7, 7});
    expect_multiplies(a, a);
    const ConstView view = a;
    expect_multiplies(a, {view.data, {7, 7}, {view.strides[1], view.strides[0]}});
    const std::vector<float> memory = counted(20);
    expect_multiplies({memory.data(), {4, 5}, {1, 1}}, {memory.data() + 2, {5, 6}, {0, 2}});
    expect_multiplies({memory.data() + 3, {4, 5}, {0, 0}}, {memory.data() + 19, {5, 3}, {-3, -1}});
  });
}

TEST(matmul, longer_products) {
  for_each_case(1, [](Generator& g) {
    for (const Shape& extents : {Shape{65, 130, 70}, Shape{3, 1000, 5}, Shape{70, 5, 129}}) {
      const Operand a = g.input("a", {extents[0], extents[1]}, Layout::dense);
      const Operand b = g.input("b", {extents[1], extents[2]}, Layout::dense);
      const Operand c = g.output("c", {extents[0], extents[2]});
      kernel().matmul(a, b, c);
      expect_close(c, oracle::matmul(a, b));
    }
  });
}

TEST(matmul, batch_of_one) {
  for_each_case(6, [](Generator& g) {
    const std::int64_t batch = 2 + static_cast<std::int64_t>(g.random().below(3));
    const std::int64_t m = g.positive_extent(), k = g.positive_extent(), n = g.positive_extent();
    for (const auto& [of_a, of_b] : {std::pair{batch, std::int64_t{1}}, std::pair{std::int64_t{1}, batch},
                                     std::pair{std::int64_t{1}, std::int64_t{1}}, std::pair{batch, batch}}) {
      const Operand a = g.input("a", {of_a, m, k}), b = g.input("b", {of_b, k, n});
      const Operand c = g.output("c", {batch, m, n}, g.writable_layout());
      kernel().batched_matmul(a, b, c);
      expect_close(c, oracle::batched_matmul(a, b, batch));
    }
  });
}

TEST(matmul, batched_refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(100);
    std::vector<float> out(100);
    struct Case {
      Shape a, b, c;
    };
    const Case cases[] = {{{2, 3, 4}, {3, 4, 5}, {2, 3, 5}}, {{2, 3, 4}, {2, 4, 5}, {1, 3, 5}},
                          {{2, 3, 4}, {2, 3, 5}, {2, 3, 5}}, {{2, 3, 4}, {2, 4, 5}, {2, 5, 3}},
                          {{2, 3, 4}, {4, 5}, {2, 3, 5}},    {{3, 4}, {4, 5}, {3, 5}},
                          {{0, 3, 4}, {2, 4, 5}, {2, 3, 5}}, {{2, 3, 4}, {2, 4, 5}, {2, 3, 4}}};
    for (const auto& [a, b, c] : cases)
      expect_error(
          ErrorKind::invalid_argument,
          "batched_matmul of " + to_string(a) + " and " + to_string(b) + " into " + to_string(c),
          [&, a = a, b = b, c = c] { kernel().batched_matmul(dense(memory, a), dense(memory, b), dense(out, c)); });
    const View c = dense(out, {2, 3, 5});
    kernel().batched_matmul(dense(memory, {2, 3, 4}), dense(memory, {1, 4, 5}), c);
    expect_close(c, oracle::batched_matmul(dense(memory, {2, 3, 4}), dense(memory, {1, 4, 5}), 2));
  });
}

}  // namespace
