// Module 06's tests, as students see them: one suite an exercise, one behaviour a test; at the end the speed cases.
// The exercises on graphs have theirs in tests_of_graphs.cpp, those on layers in tests_of_layers.cpp. The grader runs
// all of them too, under a seed of its own, beside tests of rarer cases.
#include "kiln/kernels/autograd.hpp"

#include <algorithm>
#include <vector>

#include "graphs.hpp"
#include "oracle.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const AutogradSlots& kernel() { return under_test<AutogradSlots>(); }

/// A gradient in which something has gathered already, as in any.
Operand gradient(Generator& g, const std::string& name, const Shape& shape) {
  return g.input(name, shape, g.writable_layout());
}
Operand dense_gradient(Generator& g, const std::string& name, const Shape& shape) {
  return g.input(name, shape, Layout::dense);
}

/// Shapes of two operands, and what they broadcast to.
struct Shapes {
  Shape a, b, out;
};
Shapes draw_shapes(Generator& g) {
  const Shape target = g.shape(random_rank(g, 0, 4));
  Shapes shapes{g.broadcastable_to(target), g.broadcastable_to(target), {}};
  shapes.out = oracle::broadcast(shapes.a, shapes.b);
  return shapes;
}

// ---- unbroadcast

TEST(unbroadcast, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> grad_out{1, 2, 3, 4, 5, 6};
    std::vector<float> rows{10, 20, 30}, columns{10, 20}, all{10}, same{0, 0, 0, 0, 0, 10};
    kernel().unbroadcast(dense(grad_out, {2, 3}), dense(rows, {3}));
    EXPECT_EQ(rows, (std::vector<float>{15, 27, 39})) << "{1, 2, 3; 4, 5, 6} into (3), which held {10, 20, 30}";
    kernel().unbroadcast(dense(grad_out, {2, 3}), dense(columns, {2, 1}));
    EXPECT_EQ(columns, (std::vector<float>{16, 35})) << "the same into (2, 1), which held {10, 20}";
    kernel().unbroadcast(dense(grad_out, {2, 3}), dense(all, {}));
    EXPECT_EQ(all, (std::vector<float>{31})) << "the same into a scalar, which held 10";
    kernel().unbroadcast(dense(grad_out, {2, 3}), dense(same, {2, 3}));
    EXPECT_EQ(same, (std::vector<float>{1, 2, 3, 4, 5, 16})) << "the same into (2, 3): nothing was repeated";
  });
}

TEST(unbroadcast, random_shapes) {
  for_each_case(40, [](Generator& g) {
    const Shape shape = g.shape(random_rank(g, 0, 4));
    const Operand grad_out = g.input("grad_out", shape, Layout::dense);
    const Operand grad_in = dense_gradient(g, "grad_in", g.broadcastable_to(shape));
    const Array64 before = grad_in.values();
    kernel().unbroadcast(grad_out, grad_in);
    expect_close(grad_in, oracle::unbroadcast(grad_out.values(), before));
  });
}

TEST(unbroadcast, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Shape shape = g.shape(random_rank(g, 0, 4));
    const Operand grad_out = g.input("grad_out", shape);
    const Operand grad_in = gradient(g, "grad_in", g.broadcastable_to(shape));
    const Array64 before = grad_in.values();
    kernel().unbroadcast(grad_out, grad_in);
    expect_close(grad_in, oracle::unbroadcast(grad_out.values(), before));
  });
}

TEST(unbroadcast, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> grad_out = counted(6);
    std::vector<float> grad_in(24, 0.5f);
    for (const Shape& shape : {Shape{2}, Shape{3, 2}, Shape{2, 2}, Shape{6}, Shape{1, 2, 3}, Shape{0}, Shape{2, 0}})
      expect_error(ErrorKind::invalid_argument, to_string(shape) + " does not broadcast to (2, 3)", [&] {
        kernel().unbroadcast(dense(grad_out, {2, 3}), dense(grad_in, shape));
      });
    EXPECT_EQ(grad_in, std::vector<float>(24, 0.5f)) << "nothing is written where shapes do not fit";
    kernel().unbroadcast(dense(grad_out, {2, 3}), dense(grad_in, {1, 1}));
    EXPECT_EQ(grad_in[0], 21.5f) << "what does fit";
  });
}

// ---- elementwise_backward

TEST(elementwise_backward, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> grad{10, 1}, a{3, 6}, b{5, -2};
    std::vector<float> sub_b{100, 100}, mul_a{100, 100}, mul_b{100, 100}, div_a{100, 100}, div_b{100, 100};
    const Shape two{2};
    kernel().sub_backward_b(dense(grad, two), dense(sub_b, two));
    kernel().mul_backward(dense(grad, two), dense(b, two), dense(mul_a, two));
    kernel().mul_backward(dense(grad, two), dense(a, two), dense(mul_b, two));
    kernel().div_backward_a(dense(grad, two), dense(b, two), dense(div_a, two));
    kernel().div_backward_b(dense(grad, two), dense(a, two), dense(b, two), dense(div_b, two));
    EXPECT_EQ(sub_b, (std::vector<float>{90, 99})) << "of a - b by b";
    EXPECT_EQ(mul_a, (std::vector<float>{150, 98})) << "of a * b by a: 100 + 10 * 5, 100 + 1 * -2";
    EXPECT_EQ(mul_b, (std::vector<float>{130, 106})) << "of a * b by b: 100 + 10 * 3, 100 + 1 * 6";
    EXPECT_EQ(div_a, (std::vector<float>{102, 99.5f})) << "of a / b by a: 100 + 10 / 5, 100 + 1 / -2";
    EXPECT_FLOAT_EQ(div_b[0], 98.8f) << "of a / b by b: 100 - 10 * 3 / 25";
    EXPECT_FLOAT_EQ(div_b[1], 98.5f) << "of a / b by b: 100 - 1 * 6 / 4";
  });
}

/// All four kernels on operands of these shapes; both sides of the product.
void expect_elementwise(Generator& g, const Shapes& shapes, bool dense_only) {
  auto input = [&](const char* name, const Shape& shape, float low) {
    return dense_only ? g.input(name, shape, Layout::dense, low, 2) : g.input(name, shape, low, 2);
  };
  auto grad = [&](const char* name, const Shape& shape) {
    return dense_only ? dense_gradient(g, name, shape) : gradient(g, name, shape);
  };
  const Operand grad_out = input("grad_out", shapes.out, -2), a = input("a", shapes.a, -2);
  const Operand b = input("b", shapes.b, 0.5f);
  const Array64 out = grad_out.values();
  const Operand sub_b = grad("grad_b of a - b", shapes.b);
  const Operand mul_a = grad("grad_a of a * b", shapes.a), mul_b = grad("grad_b of a * b", shapes.b);
  const Operand div_a = grad("grad_a of a / b", shapes.a), div_b = grad("grad_b of a / b", shapes.b);
  const Expected expected[] = {oracle::mul_backward(out, b.values(), mul_a.values()),
                               oracle::mul_backward(out, a.values(), mul_b.values()),
                               oracle::div_backward_a(out, b.values(), div_a.values()),
                               oracle::div_backward_b(out, a.values(), b.values(), div_b.values())};
  kernel().mul_backward(grad_out, b, mul_a);
  expect_close(mul_a, expected[0]);
  kernel().mul_backward(grad_out, a, mul_b);
  expect_close(mul_b, expected[1]);
  kernel().div_backward_a(grad_out, b, div_a);
  expect_close(div_a, expected[2]);
  kernel().div_backward_b(grad_out, a, b, div_b);
  expect_close(div_b, expected[3]);
  // Of a - b only b's shape is known, so the output's may be any that it broadcasts to.
  const Array64 before = sub_b.values();
  kernel().sub_backward_b(grad_out, sub_b);
  expect_close(sub_b, oracle::sub_backward_b(out, before));
}

TEST(elementwise_backward, same_shapes) {
  for_each_case(20, [](Generator& g) {
    const Shape shape = g.shape(random_rank(g, 0, 4));
    expect_elementwise(g, {shape, shape, shape}, true);
  });
}

TEST(elementwise_backward, broadcast_operands) {
  for_each_case(30, [](Generator& g) { expect_elementwise(g, draw_shapes(g), true); });
}

TEST(elementwise_backward, random_layouts) {
  for_each_case(30, [](Generator& g) { expect_elementwise(g, draw_shapes(g), false); });
}

TEST(elementwise_backward, both_operands_are_stretched) {
  for_each_case(4, [](Generator& g) {
    for (const auto& [a, b, out] : {Shapes{{3, 1}, {4}, {3, 4}}, Shapes{{1, 5}, {2, 1}, {2, 5}},
                                    Shapes{{2, 1, 3}, {4, 1}, {2, 4, 3}}, Shapes{{}, {2, 2}, {2, 2}}})
      expect_elementwise(g, {a, b, out}, false);
  });
}

TEST(elementwise_backward, a_square_gets_both_halves) {
  for_each_case(10, [](Generator& g) {
    const Shape shape = g.shape(random_rank(g, 0, 3));
    const Operand x = g.input("x", shape), grad_out = g.input("grad_out", shape);
    const Operand grad_x = gradient(g, "grad_x", shape);
    const Array64 before = grad_x.values();
    Expected expected = oracle::mul_backward(grad_out.values(), x.values(), before);
    expected = oracle::mul_backward(grad_out.values(), x.values(), expected.value);
    expected.terms += 2;
    kernel().mul_backward(grad_out, x, grad_x);
    kernel().mul_backward(grad_out, x, grad_x);
    expect_close(grad_x, expected);
    EXPECT_EQ(to_array64(ConstView(x)).values, x.values().values);
  });
}

TEST(elementwise_backward, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(24);
    std::vector<float> grad(24, 0.5f);
    for (const auto& [a, b, out] :
         {Shapes{{2}, {3}, {2, 3}}, Shapes{{3}, {3}, {2, 3}}, Shapes{{2, 3}, {2}, {2, 3}}, Shapes{{2, 3}, {2, 3}, {3}},
          Shapes{{3, 2}, {2, 3}, {2, 3}}, Shapes{{1, 2, 3}, {2, 3}, {2, 3}}, Shapes{{6}, {6}, {2, 3}}}) {
      const std::string what = "of " + to_string(a) + " and " + to_string(b) + " with grad_out " + to_string(out);
      const ConstView to = dense(memory, out), left = dense(memory, a), right = dense(memory, b);
      const View grad_a = dense(grad, a), grad_b = dense(grad, b);
      expect_error(ErrorKind::invalid_argument, "mul_backward " + what,
                   [&] { kernel().mul_backward(to, right, grad_a); });
      expect_error(ErrorKind::invalid_argument, "div_backward_a " + what,
                   [&] { kernel().div_backward_a(to, right, grad_a); });
      expect_error(ErrorKind::invalid_argument, "div_backward_b " + what,
                   [&] { kernel().div_backward_b(to, left, right, grad_b); });
    }
    expect_error(ErrorKind::invalid_argument, "sub_backward_b of (2) with grad_out (2, 3)", [&] {
      kernel().sub_backward_b(dense(memory, {2, 3}), dense(grad, {2}));
    });
    expect_error(ErrorKind::invalid_argument, "div_backward_b: grad_b (3) of b (2, 3)", [&] {
      kernel().div_backward_b(dense(memory, {2, 3}), dense(memory, {2, 3}), dense(memory, {2, 3}), dense(grad, {3}));
    });
    EXPECT_EQ(grad, std::vector<float>(24, 0.5f)) << "nothing is written where shapes do not fit";
    kernel().mul_backward(dense(memory, {2, 3}), dense(memory, {2, 1}), dense(grad, {3}));
    EXPECT_EQ(grad[0], 9.5f) << "what does fit: 0.5 + 1 * 1 + 4 * 2";
  });
}

// ---- reduce_backward

struct Reduction {
  const char* name;
  decltype(AutogradSlots::sum_backward) AutogradSlots::*slot;
  decltype(&oracle::sum_backward) oracle;
};
const Reduction kSpreading[] = {{"sum_backward", &AutogradSlots::sum_backward, oracle::sum_backward},
                                {"mean_backward", &AutogradSlots::mean_backward, oracle::mean_backward}};

TEST(reduce_backward, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> grad{10, 20}, in{3, 7, 7, 9, -1, 2}, out{7, 9};
    std::vector<float> sum(6, 1), mean(6, 1), max(6, 1);
    kernel().sum_backward(dense(grad, {2}), 1, false, dense(sum, {2, 3}));
    EXPECT_EQ(sum, (std::vector<float>{11, 11, 11, 21, 21, 21})) << "(2, 3) over axis 1";
    kernel().mean_backward(dense(grad, {1, 2}), 0, true, dense(mean, {3, 2}));
    EXPECT_FLOAT_EQ(mean[0], 1 + 10 / 3.f) << "(3, 2) over axis 0";
    EXPECT_FLOAT_EQ(mean[5], 1 + 20 / 3.f) << "(3, 2) over axis 0";
    kernel().max_backward(dense(grad, {2, 1}), dense(in, {2, 3}), dense(out, {2, 1}), -1, true, dense(max, {2, 3}));
    EXPECT_EQ(max, (std::vector<float>{1, 6, 6, 21, 1, 1})) << "{3, 7, 7; 9, -1, 2} over axis -1: two sevens share";
  });
}

/// The three kernels over every axis of a shape, with and without keepdims.
void expect_reductions(Generator& g, const Shape& shape, bool dense_only) {
  auto input = [&](const char* name, const Shape& of) {
    return dense_only ? g.input(name, of, Layout::dense) : g.input(name, of);
  };
  const Operand in = input("in", shape);
  for (int axis = -shape.rank(); axis < shape.rank(); ++axis)
    for (const bool keepdims : {false, true}) {
      const std::string what = " (axis " + std::to_string(axis) + (keepdims ? ", keepdims)" : ")");
      const Array64 best = oracle::maxima(in.values(), axis, keepdims);
      const Operand grad_out = input("grad_out", best.shape);
      for (const Reduction& reduction : kSpreading) {
        const std::string name = std::string("grad_in of ") + reduction.name + what;
        const Operand grad_in = dense_only ? dense_gradient(g, name, shape) : gradient(g, name, shape);
        const Expected expected = reduction.oracle(grad_out.values(), axis, keepdims, grad_in.values());
        (kernel().*reduction.slot)(grad_out, axis, keepdims, grad_in);
        expect_close(grad_in, expected);
      }
      const Operand out("out", best.shape, dense_only ? Layout::dense : g.writable_layout());
      out.assign(best);
      const Operand grad_in = gradient(g, "grad_in of max_backward" + what, shape);
      const Expected expected = oracle::max_backward(grad_out.values(), in.values(), axis, keepdims, grad_in.values());
      kernel().max_backward(grad_out, in, out, axis, keepdims, grad_in);
      expect_close(grad_in, expected);
    }
}

TEST(reduce_backward, every_axis) {
  for_each_case(12, [](Generator& g) {
    Shape shape = g.shape(random_rank(g, 1, 4));
    for (std::int64_t& extent : shape) extent = std::max<std::int64_t>(extent, 1);
    expect_reductions(g, shape, true);
  });
}

TEST(reduce_backward, random_layouts) {
  for_each_case(12, [](Generator& g) {
    Shape shape = g.shape(random_rank(g, 1, 3));
    for (std::int64_t& extent : shape) extent = std::max<std::int64_t>(extent, 1);
    expect_reductions(g, shape, false);
  });
}

TEST(reduce_backward, ties_share) {
  for_each_case(20, [](Generator& g) {
    // Few different values: most maxima stand there more than once.
    const Shape shape{1 + static_cast<std::int64_t>(g.random().below(6)), 9};
    const Operand in("in", shape, Layout::dense);
    in.assign(whole_numbers(g, shape, 1));
    for (const int axis : {0, 1}) {
      const Array64 best = oracle::maxima(in.values(), axis, false);
      const Operand out("out", best.shape, Layout::dense);
      out.assign(best);
      const Operand grad_out = g.input("grad_out", best.shape);
      const Operand grad_in = gradient(g, "grad_in over axis " + std::to_string(axis), shape);
      const Expected expected = oracle::max_backward(grad_out.values(), in.values(), axis, false, grad_in.values());
      kernel().max_backward(grad_out, in, out, axis, false, grad_in);
      expect_close(grad_in, expected);
    }
  });
}

TEST(reduce_backward, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(24);
    std::vector<float> grad(24, 0.5f);
    const ConstView in = dense(memory, {2, 3, 4});
    const View grad_in = dense(grad, {2, 3, 4});
    auto expect_all = [&](const Shape& grad_out, int axis, bool keepdims, const std::string& what) {
      const ConstView from = dense(memory, grad_out);
      for (const Reduction& reduction : kSpreading)
        expect_error(ErrorKind::invalid_argument, std::string(reduction.name) + what,
                     [&] { (kernel().*reduction.slot)(from, axis, keepdims, grad_in); });
      expect_error(ErrorKind::invalid_argument, "max_backward" + what,
                   [&] { kernel().max_backward(from, in, from, axis, keepdims, grad_in); });
    };
    for (const int axis : {3, -4, 100}) expect_all({2, 3}, axis, false, ": axis " + std::to_string(axis));
    for (const Shape& shape : {Shape{2, 3}, Shape{2, 1, 4}, Shape{8}, Shape{4, 2}})
      expect_all(shape, 1, false, " over axis 1 of (2, 3, 4), with grad_out " + to_string(shape));
    for (const Shape& shape : {Shape{2, 4}, Shape{2, 3, 1}, Shape{1, 2, 4}})
      expect_all(shape, 1, true, " with keepdims over axis 1, with grad_out " + to_string(shape));
    const ConstView from = dense(memory, {2, 4});
    expect_error(ErrorKind::invalid_argument, "max_backward: `out` and `grad_out` differ in shape",
                 [&] { kernel().max_backward(from, in, dense(memory, {8}), 1, false, grad_in); });
    expect_error(ErrorKind::invalid_argument, "max_backward: `in` and `grad_in` differ in shape", [&] {
      kernel().max_backward(from, in, from, 1, false, dense(grad, {2, 4, 3}));
    });
    EXPECT_EQ(grad, std::vector<float>(24, 0.5f)) << "nothing is written where something does not fit";
    kernel().sum_backward(from, 1, false, grad_in);
    EXPECT_EQ(grad[23], 8.5f) << "what does fit";
  });
}

// ---- speed: what the steps in module.toml are about

// Rows are added to a row: the gradient of a bias.
const speed::SpeedCase unbroadcast_bias = speed::speed_case<&AutogradSlots::unbroadcast>(
    "unbroadcast.bias",
    [](speed::SpeedArguments& s) {
      ConstView grad_out = s.input({512, 256});
      return std::tuple<ConstView, View>(grad_out, s.in_out({256}));
    },
    [](ConstView grad_out, View grad_in) { return oracle::unbroadcast(to_array64(grad_out), to_array64(grad_in)); });

}  // namespace
