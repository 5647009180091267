// Module 01's tests, as students see them: one suite an exercise, one behaviour a test; at the end the speed cases.
// The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include "kiln/kernels/tensor.hpp"

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

TEST(fill, random_shapes) {
  for_each_case(30, [](Generator& g) {
    const Operand out = g.output("out", g.shape(random_rank(g, 0, 4)), g.writable_layout());
    const float value = g.random().uniform(-10.0f, 10.0f);
    kernel().fill(out, value);
    expect_close(out, oracle::fill(out.shape(), value));
  });
}

TEST(fill, scalars) {
  one_case([](Generator&) {
    for (float value : {1.0f, -2.5f, 0.0f, 1e30f}) {
      Sentinels memory({}, {});
      kernel().fill(memory.view(), value);
      expect_close(memory.view(), oracle::fill({}, value));
      memory.expect_rest_untouched();
    }
  });
}

TEST(fill, keeps_memory_between) {
  one_case([](Generator&) {
    const std::pair<Shape, Strides> views[] = {
        {{4}, {3}}, {{2, 3}, {8, 2}}, {{3, 2}, {2, 9}}, {{2, 2, 3}, {40, 10, 2}}};
    for (const auto& [shape, strides] : views) {
      Sentinels memory(shape, strides);
      kernel().fill(memory.view(), 3.0f);
      expect_close(memory.view(), oracle::fill(shape, 3.0f));
      memory.expect_rest_untouched();
    }
  });
}

TEST(fill, keeps_memory_around) {
  one_case([](Generator&) {
    for (const Shape& shape : {Shape{1}, Shape{5}, Shape{2, 3}, Shape{3, 1, 4}, Shape{16}, Shape{1, 1}}) {
      Sentinels memory(shape, dense_strides(shape));
      kernel().fill(memory.view(), -1.0f);
      expect_close(memory.view(), oracle::fill(shape, -1.0f));
      memory.expect_rest_untouched();
    }
  });
}

// ---- shape

TEST(shape, strides_by_hand) {
  one_case([](Generator&) {
    const std::pair<Shape, Strides> cases[] = {
        {{2, 3, 4}, {12, 4, 1}}, {{5}, {1}}, {{}, {}}, {{1, 7}, {7, 1}}, {{4, 1, 3}, {3, 3, 1}}};
    for (const auto& [shape, strides] : cases)
      expect_shape("contiguous_strides" + to_string(shape), kernel().contiguous_strides(shape), strides);
  });
}

TEST(shape, strides_count_the_elements) {
  for_each_case(20, [](Generator& g) {
    Shape shape = g.shape(random_rank(g, 1, 5));
    for (std::int64_t& extent : shape) extent = std::max<std::int64_t>(extent, 1);
    g.note("shape " + to_string(shape));
    const Strides strides = kernel().contiguous_strides(shape);
    ASSERT_EQ(strides.rank(), shape.rank());
    // Indices in row-major order meet offsets 0, 1, 2, ...
    std::int64_t wanted = 0, wrong = 0;
    for_each_index(shape, [&](const Shape& index) {
      std::int64_t offset = 0;
      for (int d = 0; d < shape.rank(); ++d) offset += index[d] * strides[d];
      if (offset != wanted++) ++wrong;
    });
    EXPECT_EQ(wrong, 0) << "elements whose offset is not their number, with strides " << to_string(strides);
  });
}

TEST(shape, broadcast_by_hand) {
  one_case([](Generator&) {
    struct Case {
      Shape a, b, out;
    };
    const Case cases[] = {{{3, 4}, {3, 4}, {3, 4}},       {{3, 4}, {4}, {3, 4}},   {{4}, {3, 4}, {3, 4}},
                          {{3, 1}, {1, 4}, {3, 4}},       {{3, 1}, {4}, {3, 4}},   {{2, 3, 4}, {3, 1}, {2, 3, 4}},
                          {{5, 1, 4}, {2, 1}, {5, 2, 4}}, {{}, {2, 3}, {2, 3}},    {{1}, {1, 1}, {1, 1}},
                          {{8, 1}, {}, {8, 1}},           {{6, 2}, {1, 2}, {6, 2}}};
    for (const auto& [a, b, out] : cases)
      expect_shape("broadcast_shapes(" + to_string(a) + ", " + to_string(b) + ")", kernel().broadcast_shapes(a, b),
                   out);
  });
}

TEST(shape, broadcast_random_shapes) {
  for_each_case(40, [](Generator& g) {
    const Shape target = g.shape(random_rank(g, 0, 5));
    const Shape a = g.broadcastable_to(target), b = g.broadcastable_to(target);
    g.note("a " + to_string(a) + ", b " + to_string(b));
    expect_shape("broadcast_shapes(a, b)", kernel().broadcast_shapes(a, b), oracle::broadcast(a, b).value());
    expect_shape("broadcast_shapes(b, a)", kernel().broadcast_shapes(b, a), oracle::broadcast(a, b).value());
  });
}

TEST(shape, broadcast_refuses_mismatch) {
  one_case([](Generator&) {
    const std::pair<Shape, Shape> pairs[] = {{{3}, {4}},          {{3, 4}, {3}},    {{2, 3}, {4, 3}},
                                             {{2, 1, 3}, {5, 2}}, {{3, 4}, {4, 3}}, {{2, 3}, {2, 3, 1, 2}}};
    for (const auto& [a, b] : pairs)
      expect_error(ErrorKind::invalid_argument, to_string(a) + " and " + to_string(b) + " do not broadcast",
                   [a = a, b = b] { kernel().broadcast_shapes(a, b); });
    expect_shape("what does broadcast", kernel().broadcast_shapes({2, 1}, {3}), {2, 3});
  });
}

TEST(shape, offset_random_indices) {
  for_each_case(40, [](Generator& g) {
    const int rank = random_rank(g, 0, 5);
    Shape index, shape, strides;
    std::int64_t expected = 0;
    for (int d = 0; d < rank; ++d) {
      shape.push_back(g.positive_extent());
      index.push_back(static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(shape[d]))));
      strides.push_back(static_cast<std::int64_t>(g.random().below(200)) - 100);
      expected += index[d] * strides[d];
    }
    g.note("index " + to_string(index) + ", shape " + to_string(shape) + ", strides " + to_string(strides));
    EXPECT_EQ(kernel().index_to_offset(index, shape, strides), expected);
  });
}

TEST(shape, offset_refuses_index_outside) {
  one_case([](Generator&) {
    const Shape shape{2, 3, 4}, strides{12, 4, 1};
    for (const Shape& index : {Shape{2, 0, 0}, Shape{0, 3, 0}, Shape{0, 0, 4}, Shape{0, 0, 100}})
      expect_error(ErrorKind::invalid_argument, "index " + to_string(index) + " in shape " + to_string(shape),
                   [&] { kernel().index_to_offset(index, shape, strides); });
    for (const Shape& index : {Shape{-1, 0, 0}, Shape{1, -1, 0}, Shape{1, 2, -1}})
      expect_error(ErrorKind::invalid_argument, "index " + to_string(index) + ": an index starts at 0",
                   [&] { kernel().index_to_offset(index, shape, strides); });
    EXPECT_EQ(kernel().index_to_offset({1, 2, 3}, shape, strides), 23);
  });
}

// ---- copy

TEST(copy, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Operand in = g.input("in", g.shape(random_rank(g, 0, 4)));
    const Operand out = g.output("out", in.shape());
    kernel().copy(in, out);
    expect_close(out, oracle::copy(in));
  });
}

TEST(copy, transposes_a_matrix) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(40);
    for (const auto& [rows, columns] : {std::pair{3, 2}, std::pair{2, 3}, std::pair{5, 8}, std::pair{1, 7}}) {
      const ConstView in{memory.data(), {rows, columns}, {1, rows}};
      std::vector<float> values(static_cast<std::size_t>(in.size()));
      const View out = dense(values, in.shape);
      kernel().copy(in, out);
      for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j)
          ASSERT_EQ(out(i, j), memory[static_cast<std::size_t>(j * rows + i)])
              << "element (" << i << ", " << j << ") of a dense copy of " << to_string(in);
    }
  });
}

TEST(copy, reversed_views) {
  for_each_case(10, [](Generator& g) {
    const Operand in = g.input("in", g.shape(random_rank(g, 1, 3)), Layout::reversed);
    const Operand out = g.output("out", in.shape());
    kernel().copy(in, out);
    expect_close(out, oracle::copy(in));
  });
  one_case([](Generator&) {
    const std::vector<float> memory{1, 2, 3};
    std::vector<float> values(3);
    kernel().copy({memory.data() + 2, {3}, {-1}}, dense(values, {3}));
    EXPECT_EQ(values, (std::vector<float>{3, 2, 1})) << "{1, 2, 3} from its last element on, with stride -1";
  });
}

TEST(copy, scalars) {
  one_case([](Generator&) {
    for (float value : {1.0f, -3.5f, 1e-20f}) {
      Sentinels memory({}, {});
      kernel().copy({&value, {}, {}}, memory.view());
      expect_close(memory.view(), oracle::fill({}, value));
      memory.expect_rest_untouched();
    }
  });
}

TEST(copy, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(12);
    std::vector<float> out(24);
    for (const Shape& shape : {Shape{4, 3}, Shape{2, 6}, Shape{12}, Shape{1, 3, 4}})
      expect_error(ErrorKind::invalid_argument, "in has shape (3, 4), out has " + to_string(shape), [&] {
        kernel().copy(dense(in, {3, 4}), dense(out, shape));
      });
    for (const Strides& strides : {Strides{8, 1}, Strides{1, 3}, Strides{8, 2}, Strides{0, 1}})
      expect_error(ErrorKind::invalid_argument, "out is not dense: strides " + to_string(strides), [&] {
        kernel().copy(dense(in, {3, 4}), {out.data(), {3, 4}, strides});
      });
    kernel().copy(dense(in, {3, 4}), dense(out, {3, 4}));
    expect_close(dense(out, {3, 4}), oracle::copy(dense(in, {3, 4})));
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

TEST(elementwise, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> matrix{1, 2, 3, 4, 5, 6}, row{10, 20, 30}, column{100, 200};
    std::vector<float> out(6);
    kernel().add(dense(matrix, {2, 3}), dense(row, {3}), dense(out, {2, 3}));
    EXPECT_EQ(out, (std::vector<float>{11, 22, 33, 14, 25, 36})) << "(2, 3) + (3)";
    kernel().sub(dense(column, {2, 1}), dense(matrix, {2, 3}), dense(out, {2, 3}));
    EXPECT_EQ(out, (std::vector<float>{99, 98, 97, 196, 195, 194})) << "(2, 1) - (2, 3)";
    kernel().mul(dense(column, {2, 1}), dense(row, {1, 3}), dense(out, {2, 3}));
    EXPECT_EQ(out, (std::vector<float>{1000, 2000, 3000, 2000, 4000, 6000})) << "(2, 1) * (1, 3)";
    kernel().div(dense(row, {3}), dense(column, {2, 1}), dense(out, {2, 3}));
    EXPECT_EQ(out, (std::vector<float>{0.1f, 0.2f, 0.3f, 0.05f, 0.1f, 0.15f})) << "(3) / (2, 1)";
  });
}

TEST(elementwise, same_shapes) {
  for (const Operation& operation : kOperations) {
    for_each_case(15, [&](Generator& g) {
      g.note(operation.name);
      const Operand a = g.input("a", g.shape(random_rank(g, 0, 4)));
      const Operand b = g.input("b", a.shape());
      const Operand out = g.output("out", a.shape(), g.writable_layout());
      operation(a, b, out);
      expect_close(out, operation.oracle(a, b));
    });
  }
}

TEST(elementwise, broadcasts_either_operand) {
  for (const Operation& operation : kOperations) {
    for_each_case(20, [&](Generator& g) {
      g.note(operation.name);
      const Shape target = g.shape(random_rank(g, 1, 4));
      const Operand a = g.input("a", g.broadcastable_to(target));
      const Operand b = g.input("b", g.broadcastable_to(target));
      const Operand out = g.output("out", oracle::broadcast(a.shape(), b.shape()).value(), g.writable_layout());
      operation(a, b, out);
      expect_close(out, operation.oracle(a, b));
    });
  }
}

TEST(elementwise, aligns_at_the_last_dimension) {
  // Square shapes: a row that is taken for a column gives a result of the right shape.
  for_each_case(10, [](Generator& g) {
    const std::int64_t n = g.positive_extent() + 1;
    const Operand matrix = g.input("matrix", {n, n}), row = g.input("row", {n});
    const Operand out = g.output("out", {n, n});
    kernel().add(matrix, row, out);
    expect_close(out, oracle::add(matrix, row));
    kernel().sub(row, matrix, out);
    expect_close(out, oracle::sub(row, matrix));
  });
}

TEST(elementwise, out_is_an_operand) {
  for (const Operation& operation : kOperations) {
    for_each_case(6, [&](Generator& g) {
      g.note(std::string(operation.name) + ", out is a, then out is b, then all three are one");
      const Shape shape = g.shape(random_rank(g, 1, 3));
      const Operand a = g.input("a", shape, g.writable_layout()), b = g.input("b", shape, g.writable_layout());
      const Expected first = operation.oracle(a, b);
      operation(a, b, a);
      expect_close(a, first);
      const Expected second = operation.oracle(a, b);
      operation(a, b, b);
      expect_close(b, second);
      const Expected third = operation.oracle(b, b);
      operation(b, b, b);
      expect_close(b, third);
    });
  }
}

TEST(elementwise, div_by_zero) {
  one_case([](Generator&) {
    const float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> zeros(6, 0.0f), values{1, -1, 0, infinity, -0.0f, 1e-30f};
    for (const auto& [a, b] : {std::pair{values, zeros}, std::pair{zeros, values}, std::pair{values, values}}) {
      std::vector<float> out(6);
      kernel().div(dense(a, {6}), dense(b, {6}), dense(out, {6}));
      expect_close(dense(out, {6}), oracle::div(dense(a, {6}), dense(b, {6})));
    }
  });
}

TEST(elementwise, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(64);
    std::vector<float> out(64);
    struct Case {
      Shape a, b, out;
    };
    const Case cases[] = {{{2, 3}, {2, 4}, {2, 3}}, {{3, 2}, {3}, {3, 2}},    {{2, 3}, {2, 3}, {3, 2}},
                          {{2, 3}, {3}, {6}},       {{2, 3}, {2, 3}, {2, 1}}, {{4}, {4}, {1, 4}}};
    for (const Operation& operation : kOperations) {
      for (const auto& [a, b, shape] : cases)
        expect_error(
            ErrorKind::invalid_argument,
            std::string(operation.name) + " of " + to_string(a) + " and " + to_string(b) + " into " + to_string(shape),
            [&, a = a, b = b, shape = shape] { operation(dense(memory, a), dense(memory, b), dense(out, shape)); });
      operation(dense(memory, {2, 3}), dense(memory, {3}), dense(out, {2, 3}));
      expect_close(dense(out, {2, 3}), operation.oracle(dense(memory, {2, 3}), dense(memory, {3})));
    }
  });
}

// ---- reduce

struct Reduction {
  const char* name;
  void (*TensorSlots::*slot)(ConstView, int, bool, View);
  Expected (*oracle)(ConstView, int, bool);
  bool refuses_empty;

  void operator()(ConstView in, int axis, bool keepdims, View out) const { (kernel().*slot)(in, axis, keepdims, out); }
};
const Reduction kReductions[] = {{"sum", &TensorSlots::sum, oracle::sum, false},
                                 {"mean", &TensorSlots::mean, oracle::mean, false},
                                 {"max", &TensorSlots::max, oracle::max, true}};

/// Reduces `in` into an output of `layout`, and compares.
void expect_reduces(Generator& g, const Reduction& reduction, const Operand& in, int axis, bool keepdims,
                    Layout layout = Layout::dense) {
  if (reduction.refuses_empty && in.shape()[axis < 0 ? axis + in.shape().rank() : axis] == 0) return;
  g.note(std::string(reduction.name) + ", axis " + std::to_string(axis) + (keepdims ? ", keepdims" : ""));
  const Expected expected = reduction.oracle(in, axis, keepdims);
  const Operand out = g.output("out", expected.value.shape, layout);
  reduction(in, axis, keepdims, out);
  expect_close(out, expected);
}

/// In [-rank, rank).
int random_axis(Generator& g, int rank) { return random_rank(g, -rank, rank - 1); }

TEST(reduce, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> matrix{1, 2, 3, 4, 5, 9};
    std::vector<float> columns(3), rows(2);
    kernel().sum(dense(matrix, {2, 3}), 0, false, dense(columns, {3}));
    EXPECT_EQ(columns, (std::vector<float>{5, 7, 12})) << "sum over axis 0";
    kernel().sum(dense(matrix, {2, 3}), 1, false, dense(rows, {2}));
    EXPECT_EQ(rows, (std::vector<float>{6, 18})) << "sum over axis 1";
    kernel().mean(dense(matrix, {2, 3}), 1, true, dense(rows, {2, 1}));
    EXPECT_EQ(rows, (std::vector<float>{2, 6})) << "mean over axis 1";
    kernel().max(dense(matrix, {2, 3}), -2, false, dense(columns, {3}));
    EXPECT_EQ(columns, (std::vector<float>{4, 5, 9})) << "max over axis -2";
  });
}

TEST(reduce, random_shapes) {
  for (const Reduction& reduction : kReductions) {
    for_each_case(20, [&](Generator& g) {
      const int rank = random_rank(g, 1, 4);
      const Operand in = g.input("in", g.shape(rank), Layout::dense);
      expect_reduces(g, reduction, in, random_axis(g, rank), g.random().below(2) == 1);
    });
  }
}

TEST(reduce, random_layouts) {
  for (const Reduction& reduction : kReductions) {
    for_each_case(20, [&](Generator& g) {
      const int rank = random_rank(g, 1, 4);
      const Operand in = g.input("in", g.shape(rank));
      expect_reduces(g, reduction, in, random_axis(g, rank), g.random().below(2) == 1, g.writable_layout());
    });
  }
}

TEST(reduce, every_axis) {
  for (const Reduction& reduction : kReductions) {
    for_each_case(3, [&](Generator& g) {
      const Operand in = g.input("in", {3, 4, 5});
      for (int axis = -3; axis < 3; ++axis)
        for (bool keepdims : {false, true}) expect_reduces(g, reduction, in, axis, keepdims);
    });
  }
}

TEST(reduce, mean_divides_by_the_axis) {
  for_each_case(5, [](Generator& g) {
    const Operand in = g.input("in", {2, 5, 3}, 5.0f, 6.0f);
    for (int axis = 0; axis < 3; ++axis) expect_reduces(g, kReductions[1], in, axis, false);
  });
}

TEST(reduce, max_of_negatives) {
  for_each_case(5, [](Generator& g) {
    const Operand in = g.input("in", {g.positive_extent(), g.positive_extent()}, -5.0f, -1.0f);
    for (int axis = 0; axis < 2; ++axis) expect_reduces(g, kReductions[2], in, axis, false);
  });
}

TEST(reduce, overwrites_out) {
  for (const Reduction& reduction : kReductions) {
    for_each_case(5, [&](Generator& g) {
      g.note(std::string(reduction.name) + " into an output full of 5");
      const Operand in = g.input("in", {g.positive_extent(), g.positive_extent()});
      for (int axis = 0; axis < 2; ++axis) {
        const Operand out = g.output("out", {in.shape()[1 - axis]});
        out.fill(5.0f);
        reduction(in, axis, false, out);
        expect_close(out, reduction.oracle(in, axis, false));
      }
    });
  }
}

TEST(reduce, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(24);
    const ConstView in = dense(memory, {2, 3, 4});
    std::vector<float> out(24);
    for (const Reduction& reduction : kReductions) {
      const std::string name = reduction.name;
      for (int axis : {3, -4, 100})
        expect_error(ErrorKind::invalid_argument, name + ": axis " + std::to_string(axis) + " of (2, 3, 4)", [&] {
          reduction(in, axis, false, dense(out, {2, 3}));
        });
      for (const Shape& shape : {Shape{2, 3}, Shape{3, 4}, Shape{2, 1, 4}, Shape{8}, Shape{4, 2}})
        expect_error(ErrorKind::invalid_argument, name + " over axis 1 of (2, 3, 4) into " + to_string(shape),
                     [&] { reduction(in, 1, false, dense(out, shape)); });
      for (const Shape& shape : {Shape{2, 4}, Shape{2, 3, 1}, Shape{1, 2, 4}})
        expect_error(ErrorKind::invalid_argument, name + " with keepdims over axis 1 into " + to_string(shape),
                     [&] { reduction(in, 1, true, dense(out, shape)); });
      reduction(in, 1, true, dense(out, {2, 1, 4}));
      expect_close(dense(out, {2, 1, 4}), reduction.oracle(in, 1, true));
    }
  });
}

// ---- matmul

TEST(matmul, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> a{1, 2, 3, 4, 5, 6}, b{1, 0, 2, 0, 1, 3};
    std::vector<float> c(4), d(9);
    kernel().matmul(dense(a, {2, 3}), dense(b, {3, 2}), dense(c, {2, 2}));
    EXPECT_EQ(c, (std::vector<float>{8, 9, 20, 18})) << "(2, 3) times (3, 2)";
    kernel().matmul(dense(b, {3, 2}), dense(a, {2, 3}), dense(d, {3, 3}));
    EXPECT_EQ(d, (std::vector<float>{1, 2, 3, 2, 4, 6, 13, 17, 21})) << "(3, 2) times (2, 3)";
  });
}

TEST(matmul, random_shapes) {
  for_each_case(40, [](Generator& g) {
    const std::int64_t m = g.extent(), k = g.extent(), n = g.extent();
    const Operand a = g.input("a", {m, k}, Layout::dense), b = g.input("b", {k, n}, Layout::dense);
    const Operand c = g.output("c", {m, n});
    kernel().matmul(a, b, c);
    expect_close(c, oracle::matmul(a, b));
  });
}

TEST(matmul, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const std::int64_t m = g.positive_extent(), k = g.positive_extent(), n = g.positive_extent();
    const Operand a = g.input("a", {m, k}), b = g.input("b", {k, n});
    const Operand c = g.output("c", {m, n}, g.writable_layout());
    kernel().matmul(a, b, c);
    expect_close(c, oracle::matmul(a, b));
  });
}

TEST(matmul, not_square) {
  for_each_case(3, [](Generator& g) {
    for (const Shape& extents : {Shape{2, 3, 5}, Shape{5, 3, 2}, Shape{1, 9, 4}, Shape{17, 2, 3}, Shape{4, 1, 33}}) {
      const Operand a = g.input("a", {extents[0], extents[1]}), b = g.input("b", {extents[1], extents[2]});
      const Operand c = g.output("c", {extents[0], extents[2]});
      kernel().matmul(a, b, c);
      expect_close(c, oracle::matmul(a, b));
    }
  });
}

TEST(matmul, overwrites_c) {
  for_each_case(10, [](Generator& g) {
    const std::int64_t m = g.positive_extent(), k = g.positive_extent(), n = g.positive_extent();
    const Operand a = g.input("a", {m, k}), b = g.input("b", {k, n}), c = g.output("c", {m, n});
    c.fill(5.0f);
    for (int time = 0; time < 2; ++time) {
      kernel().matmul(a, b, c);
      expect_close(c, oracle::matmul(a, b));
    }
  });
}

TEST(matmul, batched_random_shapes) {
  for_each_case(20, [](Generator& g) {
    const std::int64_t batch = 2 + static_cast<std::int64_t>(g.random().below(4));
    const Shape extents = g.shape(3);
    const Operand a = g.input("a", {batch, extents[0], extents[1]}), b = g.input("b", {batch, extents[1], extents[2]});
    const Operand c = g.output("c", {batch, extents[0], extents[2]});
    kernel().batched_matmul(a, b, c);
    expect_close(c, oracle::batched_matmul(a, b, batch));
  });
}

TEST(matmul, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(64);
    std::vector<float> out(64);
    struct Case {
      Shape a, b, c;
    };
    const Case cases[] = {{{2, 3}, {2, 3}, {2, 3}},       {{2, 3}, {4, 2}, {2, 2}}, {{2, 3}, {3, 4}, {4, 2}},
                          {{2, 3}, {3, 4}, {2, 3}},       {{6}, {6}, {1}},          {{2, 3}, {3}, {2}},
                          {{2, 2, 3}, {3, 4}, {2, 2, 4}}, {{2, 3}, {3, 4}, {8}}};
    for (const auto& [a, b, c] : cases)
      expect_error(ErrorKind::invalid_argument,
                   "matmul of " + to_string(a) + " and " + to_string(b) + " into " + to_string(c),
                   [&, a = a, b = b, c = c] { kernel().matmul(dense(memory, a), dense(memory, b), dense(out, c)); });
    kernel().matmul(dense(memory, {2, 3}), dense(memory, {3, 4}), dense(out, {2, 4}));
    expect_close(dense(out, {2, 4}), oracle::matmul(dense(memory, {2, 3}), dense(memory, {3, 4})));
  });
}

// ---- speed: what the steps in module.toml are about

const speed::SpeedCase add_dense = speed::speed_case<&TensorSlots::add>(
    "elementwise.add_dense",
    [](speed::SpeedArguments& s) {
      ConstView a = s.input({512, 256}), b = s.input({512, 256});
      return std::tuple<ConstView, ConstView, View>(a, b, s.output({512, 256}));
    },
    [](ConstView a, ConstView b, View) { return oracle::add(a, b); });

const speed::SpeedCase mul_row = speed::speed_case<&TensorSlots::mul>(
    "elementwise.mul_row",
    [](speed::SpeedArguments& s) {
      ConstView a = s.input({512, 256}), b = s.input({256});
      return std::tuple<ConstView, ConstView, View>(a, b, s.output({512, 256}));
    },
    [](ConstView a, ConstView b, View) { return oracle::mul(a, b); });

const speed::SpeedCase sum_first_axis = speed::speed_case<&TensorSlots::sum>(
    "reduce.sum_first_axis",
    [](speed::SpeedArguments& s) {
      ConstView in = s.input({128, 1024});
      return std::tuple<ConstView, int, bool, View>(in, 0, false, s.output({1024}));
    },
    [](ConstView in, int axis, bool keepdims, View) { return oracle::sum(in, axis, keepdims); });

const speed::SpeedCase sum_last_axis = speed::speed_case<&TensorSlots::sum>(
    "reduce.sum_last_axis",
    [](speed::SpeedArguments& s) {
      ConstView in = s.input({128, 1024});
      return std::tuple<ConstView, int, bool, View>(in, 1, false, s.output({128}));
    },
    [](ConstView in, int axis, bool keepdims, View) { return oracle::sum(in, axis, keepdims); });

const speed::SpeedCase matmul_square = speed::speed_case<&TensorSlots::matmul>(
    "matmul.square",
    [](speed::SpeedArguments& s) {
      ConstView a = s.input({192, 192}), b = s.input({192, 192});
      return std::tuple<ConstView, ConstView, View>(a, b, s.output({192, 192}));
    },
    [](ConstView a, ConstView b, View) { return oracle::matmul(a, b); });

}  // namespace
