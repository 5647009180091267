// Module 02's tests, as students see them: one suite an exercise, one behaviour a test; at the end the speed cases.
// The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include "kiln/kernels/activations.hpp"

#include <cmath>
#include <sstream>
#include <vector>

#include "oracle.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const ActivationSlots& kernel() { return under_test<ActivationSlots>(); }

/// A kernel of this module, what it should answer, and where the inputs of its random tests lie.
struct Activation {
  const char* name;
  decltype(ActivationSlots::relu) call;
  Expected (*oracle)(ConstView);
  float low, high;
  int least_rank;
};

Activation relu() { return {"relu", kernel().relu, oracle::relu, -1, 1, 0}; }
Activation sigmoid() { return {"sigmoid", kernel().sigmoid, oracle::sigmoid, -6, 6, 0}; }
Activation tanh() { return {"tanh", kernel().tanh, oracle::tanh, -3, 3, 0}; }
Activation gelu() { return {"gelu", kernel().gelu, oracle::gelu, -4, 4, 0}; }
Activation gelu_tanh() { return {"gelu_tanh", kernel().gelu_tanh, oracle::gelu_tanh, -4, 4, 0}; }
Activation softmax() { return {"softmax", kernel().softmax, oracle::softmax, -5, 5, 1}; }
Activation log_softmax() { return {"log_softmax", kernel().log_softmax, oracle::log_softmax, -5, 5, 1}; }

// ---- what is asked of every kernel

void expect_random_shapes(const Activation& activation) {
  for_each_case(20, [&](Generator& g) {
    g.note(activation.name);
    const Shape shape = g.shape(random_rank(g, activation.least_rank, 4));
    const Operand in = g.input("in", shape, Layout::dense, activation.low, activation.high);
    const Operand out = g.output("out", shape);
    activation.call(in, out);
    expect_close(out, activation.oracle(in));
  });
}

void expect_random_layouts(const Activation& activation) {
  for_each_case(30, [&](Generator& g) {
    g.note(activation.name);
    const Shape shape = g.shape(random_rank(g, activation.least_rank, 4));
    const Operand in = g.input("in", shape, activation.low, activation.high);
    const Operand out = g.output("out", shape, g.writable_layout());
    activation.call(in, out);
    expect_close(out, activation.oracle(in));
  });
}

void expect_in_place(const Activation& activation) {
  for_each_case(15, [&](Generator& g) {
    g.note(std::string(activation.name) + ", out is the same view as in");
    const Shape shape = g.shape(random_rank(g, activation.least_rank, 4));
    const Operand both = g.input("in", shape, g.writable_layout(), activation.low, activation.high);
    const Expected expected = activation.oracle(both);
    activation.call(both, both);
    expect_close(both, expected);
  });
}

/// Also what has as many elements, and what would broadcast.
void expect_one_shape(const Activation& activation) {
  one_case([&](Generator&) {
    const std::vector<float> memory = counted(12);
    std::vector<float> out(12, kNaN);
    const std::pair<Shape, Shape> pairs[] = {{{2, 3}, {3, 2}}, {{6}, {2, 3}}, {{3}, {3, 1}}, {{1, 3}, {2, 3}},
                                             {{2, 3}, {3}},    {{4}, {1}},    {{1}, {1, 1}}, {{4}, {5}}};
    for (const auto& [left, right] : pairs)
      expect_error(ErrorKind::invalid_argument,
                   std::string(activation.name) + "'s in is " + to_string(left) + " and out is " + to_string(right),
                   [&, left = left, right = right] { activation.call(dense(memory, left), dense(out, right)); });
    for (float value : out)
      if (!std::isnan(value)) ADD_FAILURE() << activation.name << " wrote to out before it refused its shape";
    activation.call(dense(memory, {3, 4}), dense(out, {3, 4}));
    expect_close(dense(out, {3, 4}), activation.oracle(dense(memory, {3, 4})));
  });
}

/// Of a vector, or of rows of `columns`.
void expect_values(const Activation& activation, const std::vector<float>& in, std::int64_t columns = 0) {
  const auto n = static_cast<std::int64_t>(in.size());
  const Shape shape = columns == 0 ? Shape{n} : Shape{n / columns, columns};
  std::ostringstream words;
  words << activation.name << " of";
  for (float x : in) words << ' ' << x;
  SCOPED_TRACE(words.str());
  std::vector<float> out(in.size(), kNaN);
  activation.call(dense(in, shape), dense(out, shape));
  expect_close(dense(out, shape), activation.oracle(dense(in, shape)));
}

/// Results worked out by hand, to 8 digits.
void expect_by_hand(const Activation& activation, const std::vector<float>& in, const std::vector<double>& expected) {
  SCOPED_TRACE(activation.name);
  const Shape shape{static_cast<std::int64_t>(in.size())};
  std::vector<float> out(in.size(), kNaN);
  activation.call(dense(in, shape), dense(out, shape));
  Array64 value(shape), magnitude(shape);
  value.values = expected;
  for (std::size_t i = 0; i < in.size(); ++i) magnitude.values[i] = std::abs(in[i]) + std::abs(expected[i]);
  expect_close(dense(out, shape), Expected{value, magnitude, 8});
}

// ---- relu

TEST(relu, by_hand) {
  one_case([](Generator&) { expect_by_hand(relu(), {-2, -1, -0.5f, 0, 0.5f, 1, 2}, {0, 0, 0, 0, 0.5, 1, 2}); });
}
TEST(relu, random_shapes) { expect_random_shapes(relu()); }
TEST(relu, random_layouts) { expect_random_layouts(relu()); }
TEST(relu, out_is_in) { expect_in_place(relu()); }
TEST(relu, refuses_other_shapes) { expect_one_shape(relu()); }

TEST(relu, keeps_nan) {
  one_case([](Generator&) { expect_values(relu(), {1, kNaN, -1, kNaN, 2, -kNaN, -3, 4, kNaN}); });
}

// ---- sigmoid

TEST(sigmoid, by_hand) {
  one_case([](Generator&) {
    // exp(log 3) = 3, and 1 / (1 + 1/3) = 3/4
    expect_by_hand(sigmoid(), {0, 1.09861229f, -1.09861229f, 2}, {0.5, 0.75, 0.25, 0.88079708});
  });
}
TEST(sigmoid, random_shapes) { expect_random_shapes(sigmoid()); }
TEST(sigmoid, random_layouts) { expect_random_layouts(sigmoid()); }
TEST(sigmoid, out_is_in) { expect_in_place(sigmoid()); }
TEST(sigmoid, refuses_other_shapes) { expect_one_shape(sigmoid()); }

TEST(sigmoid, large_inputs) {
  one_case([](Generator&) { expect_values(sigmoid(), {-1e30f, -1e4f, -1000, 20, 90, 100, 1000, 1e4f, 1e30f}); });
}

TEST(sigmoid, small_probabilities) {
  // As small as exp(x), and as exact: a probability of 1e-9 is not 0.
  one_case([](Generator&) { expect_values(sigmoid(), {-5, -10, -15, -17, -20, -40, -80, -87}); });
}

// ---- tanh

TEST(tanh, by_hand) {
  one_case([](Generator&) {
    // exp(log 3) = 3, and (3 - 1/3) / (3 + 1/3) = 0.8
    expect_by_hand(tanh(), {0, 1.09861229f, -1.09861229f, 0.5f}, {0, 0.8, -0.8, 0.46211716});
  });
}
TEST(tanh, random_shapes) { expect_random_shapes(tanh()); }
TEST(tanh, random_layouts) { expect_random_layouts(tanh()); }
TEST(tanh, out_is_in) { expect_in_place(tanh()); }
TEST(tanh, refuses_other_shapes) { expect_one_shape(tanh()); }

TEST(tanh, large_inputs) {
  one_case([](Generator&) { expect_values(tanh(), {-1e30f, -1e4f, -100, -45, -9, 9, 45, 100, 1e4f, 1e30f}); });
}

TEST(tanh, tiny_inputs) {
  // Near 0 tanh(x) is x, to every digit.
  one_case([](Generator&) { expect_values(tanh(), {0.1f, -0.01f, 1e-3f, -1e-4f, 1e-6f, -1e-8f, 1e-20f, -1e-30f}); });
}

// ---- gelu: both kernels

TEST(gelu, by_hand) {
  one_case([](Generator&) {
    // Some 68.27 % of a normal distribution lie within one deviation, 95.45 % within two.
    expect_by_hand(gelu(), {-2, -1, 0, 1, 2}, {-0.045500264, -0.15865525, 0, 0.84134475, 1.9544997});
    expect_by_hand(gelu_tanh(), {-2, -1, 0, 1, 2}, {-0.045402306, -0.15880801, 0, 0.84119199, 1.9545977});
  });
}
TEST(gelu, random_shapes) {
  expect_random_shapes(gelu());
  expect_random_shapes(gelu_tanh());
}
TEST(gelu, random_layouts) {
  expect_random_layouts(gelu());
  expect_random_layouts(gelu_tanh());
}
TEST(gelu, out_is_in) {
  expect_in_place(gelu());
  expect_in_place(gelu_tanh());
}
TEST(gelu, refuses_other_shapes) {
  expect_one_shape(gelu());
  expect_one_shape(gelu_tanh());
}

TEST(gelu, large_inputs) {
  one_case([](Generator&) {
    for (const Activation& activation : {gelu(), gelu_tanh()})
      expect_values(activation, {-1e30f, -1e4f, -100, -12, -6, -5, -4, -3, 3, 6, 12, 100, 1e4f, 1e30f});
  });
}

// ---- softmax

TEST(softmax, by_hand) {
  one_case([](Generator&) {
    expect_by_hand(softmax(), {0, 0, 0, 0}, {0.25, 0.25, 0.25, 0.25});
    expect_by_hand(softmax(), {0, 1.09861229f}, {0.25, 0.75});  // 1 : 3
    expect_by_hand(softmax(), {1, 2, 3}, {0.090030573, 0.24472847, 0.66524096});
  });
}
TEST(softmax, random_shapes) { expect_random_shapes(softmax()); }
TEST(softmax, random_layouts) { expect_random_layouts(softmax()); }
TEST(softmax, out_is_in) { expect_in_place(softmax()); }
TEST(softmax, refuses_other_shapes) { expect_one_shape(softmax()); }

/// Three logits 1 apart, wherever they lie: only their differences count.
const std::vector<float> kFarFromZero{100,  101,  102,  1e4f,  10001, 10002, 1e6f,  1000001, 1000002,
                                      -102, -101, -100, -1e4f, -9999, -9998, -1e6f, -999999, -999998};

TEST(softmax, large_logits) {
  one_case([](Generator&) {
    expect_values(softmax(), kFarFromZero, 3);
    expect_values(softmax(), {1e4f, -1e4f, 0, 200, 1e30f, 1e30f, -1e30f, 1e30f}, 2);
  });
}

TEST(softmax, rows_far_apart) {
  // Each row has a maximum and a sum of its own.
  one_case([](Generator&) { expect_values(softmax(), {500, 501, -500, -501, 0, 0, -9e3f, -9e3f, 9e3f, 9e3f}, 2); });
}

/// -inf is a masked element: it cannot be. The second row is masked as a whole.
const std::vector<float> kMasked{1,          -kInfinity, 2, -kInfinity, -kInfinity, -kInfinity,
                                 -kInfinity, -kInfinity, 5, 0,          0,          0};

TEST(softmax, masked_rows) {
  one_case([](Generator&) {
    expect_values(softmax(), kMasked, 3);
    expect_values(softmax(), std::vector<float>(12, -kInfinity), 12);
    expect_values(softmax(), {-1e4f, -1e4f, -kInfinity, -1e4f, -1e4f}, 5);
  });
}

void expect_rows_demanded(const Activation& activation) {
  one_case([&](Generator&) {
    const std::vector<float> memory{3};
    std::vector<float> out{kNaN};
    expect_error(ErrorKind::invalid_argument, std::string(activation.name) + "'s in is a scalar, which has no rows",
                 [&] { activation.call(dense(memory, {}), dense(out, {})); });
    expect_values(activation, {3});
    expect_values(activation, {3, 4});
  });
}
TEST(softmax, refuses_scalars) { expect_rows_demanded(softmax()); }

// ---- log_softmax

TEST(log_softmax, by_hand) {
  one_case([](Generator&) {
    expect_by_hand(log_softmax(), {0, 0, 0, 0}, {-1.3862944, -1.3862944, -1.3862944, -1.3862944});  // -log 4
    expect_by_hand(log_softmax(), {1, 2, 3}, {-2.4076060, -1.4076060, -0.40760596});
  });
}
TEST(log_softmax, random_shapes) { expect_random_shapes(log_softmax()); }
TEST(log_softmax, random_layouts) { expect_random_layouts(log_softmax()); }
TEST(log_softmax, out_is_in) { expect_in_place(log_softmax()); }
TEST(log_softmax, refuses_other_shapes) { expect_one_shape(log_softmax()); }

TEST(log_softmax, large_logits) {
  one_case([](Generator&) {
    expect_values(log_softmax(), {0, 200, 1e4f, -1e4f, 1e30f, 1e30f, -1e30f, 1e30f}, 2);
    expect_values(log_softmax(), {100, 100, -100, -100, 0, 0}, 2);
  });
}

TEST(log_softmax, digits_far_from_zero) {
  // Near 1e4 neighbouring floats lie 0.001 apart, near 1e6 0.06; the results are as exact as those around 0.
  one_case([](Generator&) { expect_values(log_softmax(), kFarFromZero, 3); });
}

TEST(log_softmax, rows_far_apart) {
  one_case([](Generator&) { expect_values(log_softmax(), {500, 501, -500, -501, 0, 0, -9e3f, -9e3f, 9e3f, 9e3f}, 2); });
}

TEST(log_softmax, masked_rows) {
  one_case([](Generator&) {
    expect_values(log_softmax(), kMasked, 3);
    expect_values(log_softmax(), std::vector<float>(12, -kInfinity), 12);
    expect_values(log_softmax(), {-1e4f, -1e4f, -kInfinity, -1e4f, -1e4f}, 5);
  });
}
TEST(log_softmax, refuses_scalars) { expect_rows_demanded(log_softmax()); }

// ---- speed: what the steps in module.toml are about

const speed::SpeedCase dense_relu = speed::speed_case<&ActivationSlots::relu>(
    "relu.dense",
    [](speed::SpeedArguments& s) {
      ConstView in = s.input({384, 256});
      return std::tuple<ConstView, View>(in, s.output({384, 256}));
    },
    [](ConstView in, View) { return oracle::relu(in); });

const speed::SpeedCase rows_128 = speed::speed_case<&ActivationSlots::softmax>(
    "softmax.rows_128",
    [](speed::SpeedArguments& s) {
      ConstView in = s.input({256, 128}, -4.0f, 4.0f);
      return std::tuple<ConstView, View>(in, s.output({256, 128}));
    },
    [](ConstView in, View) { return oracle::softmax(in); });

}  // namespace
