// Module 02's hidden tests: the edges that the visible tests leave out. One suite an exercise, one edge a test.
// Each also asks for a result that is no edge case, so that a kernel that does nothing passes none.
#include "kiln/kernels/activations.hpp"

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

const ActivationSlots& kernel() { return under_test<ActivationSlots>(); }

struct Activation {
  const char* name;
  decltype(ActivationSlots::relu) call;
  Expected (*oracle)(ConstView);
};

Activation relu() { return {"relu", kernel().relu, oracle::relu}; }
Activation sigmoid() { return {"sigmoid", kernel().sigmoid, oracle::sigmoid}; }
Activation tanh() { return {"tanh", kernel().tanh, oracle::tanh}; }
Activation gelu() { return {"gelu", kernel().gelu, oracle::gelu}; }
Activation gelu_tanh() { return {"gelu_tanh", kernel().gelu_tanh, oracle::gelu_tanh}; }
Activation softmax() { return {"softmax", kernel().softmax, oracle::softmax}; }
Activation log_softmax() { return {"log_softmax", kernel().log_softmax, oracle::log_softmax}; }

/// Writes to a view of `strides` with sentinels around each of its elements.
void expect_right(const Activation& activation, ConstView in, const Strides& strides) {
  SCOPED_TRACE(std::string(activation.name) + ", in: " + to_string(in) + ", out's strides: " + to_string(strides));
  Sentinels out(in.shape, strides);
  activation.call(in, out.view());
  expect_close(out.view(), activation.oracle(in));
  out.expect_rest_untouched();
}

void expect_values(const Activation& activation, const std::vector<float>& in, std::int64_t columns = 0) {
  const auto n = static_cast<std::int64_t>(in.size());
  const Shape shape = columns == 0 ? Shape{n} : Shape{n / columns, columns};
  SCOPED_TRACE(activation.name);
  std::vector<float> out(in.size(), kNaN);
  activation.call(dense(in, shape), dense(out, shape));
  expect_close(dense(out, shape), activation.oracle(dense(in, shape)));
}

/// -2, -1.75, ..., so that an element from the wrong place shows.
std::vector<float> ramp(std::size_t n) {
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = -2 + 0.25f * static_cast<float>(i % 29);
  return values;
}

// ---- what is asked of every kernel

/// Strides of every kind, up to six dimensions. A stride of an extent of 1 may be any number.
void expect_every_stride(const Activation& activation) {
  one_case([&](Generator&) {
    const std::vector<float> memory = ramp(128);
    expect_right(activation, {memory.data() + 63, {3, 4}, {-20, 5}}, {1, 3});
    expect_right(activation, {memory.data(), {5, 4}, {0, 1}}, {4, 1});
    expect_right(activation, {memory.data() + 40, {5, 4}, {4, 0}}, {-4, -1});
    expect_right(activation, {memory.data() + 50, {7}, {-7}}, {11});
    expect_right(activation, {memory.data(), {2, 1, 5}, {5, -90, 1}}, {20, 1000, 3});
    const Shape six{2, 1, 3, 2, 1, 2};
    expect_right(activation, {memory.data() + 30, six, {-12, 5, 4, -2, 9, 1}}, {1, 7, 2, 6, -3, 12});
    expect_right(activation, dense(memory, six), {-12, 0, -2, -6, 0, -1});
    expect_right(activation, {memory.data(), six, {1, 2, 4, 12, 3, 24}}, dense_strides(six));
  });
}

void expect_nothing_of_nothing(const Activation& activation) {
  one_case([&](Generator&) {
    const std::vector<float> memory = ramp(16);
    for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{0, 3}, Shape{2, 0, 4}, Shape{0, 0}})
      expect_right(activation, dense(memory, shape), dense_strides(shape));
    for (const Shape& shape : {Shape{1}, Shape{1, 1, 1}, Shape{1, 1, 1, 1, 1, 1}})
      expect_right(activation, {memory.data() + 3, shape, Shape::filled(shape.rank(), 77)}, dense_strides(shape));
    expect_right(activation, dense(memory, {4, 4}), {4, 1});
  });
}

void expect_scalars(const Activation& activation) {
  one_case([&](Generator&) {
    const std::vector<float> memory{-1.5f, 2.5f};
    expect_right(activation, {memory.data(), {}, {}}, {});
    expect_right(activation, {memory.data() + 1, {}, {}}, {});
  });
}

/// Vectors that end just before, at and behind a vector register, with and without strides.
void expect_every_length(const Activation& activation) {
  one_case([&](Generator&) {
    const std::vector<float> memory = ramp(140);
    for (std::int64_t n = 1; n <= 70; n += n < 36 ? 1 : 7) {
      expect_right(activation, dense(memory, {n}), {1});
      expect_right(activation, {memory.data() + n, {n}, {-1}}, {1});
      expect_right(activation, {memory.data(), {n}, {2}}, {-1});
    }
  });
}

TEST(relu, every_stride) { expect_every_stride(relu()); }
TEST(relu, nothing_of_nothing) { expect_nothing_of_nothing(relu()); }
TEST(relu, scalars) { expect_scalars(relu()); }
TEST(relu, every_length) { expect_every_length(relu()); }
TEST(sigmoid, every_stride) { expect_every_stride(sigmoid()); }
TEST(sigmoid, nothing_of_nothing) { expect_nothing_of_nothing(sigmoid()); }
TEST(sigmoid, scalars) { expect_scalars(sigmoid()); }
TEST(tanh, every_stride) { expect_every_stride(tanh()); }
TEST(tanh, nothing_of_nothing) { expect_nothing_of_nothing(tanh()); }
TEST(tanh, scalars) { expect_scalars(tanh()); }
TEST(softmax, every_stride) { expect_every_stride(softmax()); }
TEST(softmax, nothing_of_nothing) { expect_nothing_of_nothing(softmax()); }
TEST(softmax, every_length) { expect_every_length(softmax()); }
TEST(log_softmax, every_stride) { expect_every_stride(log_softmax()); }
TEST(log_softmax, nothing_of_nothing) { expect_nothing_of_nothing(log_softmax()); }
TEST(log_softmax, every_length) { expect_every_length(log_softmax()); }
TEST(gelu, every_stride) {
  expect_every_stride(gelu());
  expect_every_stride(gelu_tanh());
}
TEST(gelu, nothing_of_nothing) {
  expect_nothing_of_nothing(gelu());
  expect_nothing_of_nothing(gelu_tanh());
}
TEST(gelu, scalars) {
  expect_scalars(gelu());
  expect_scalars(gelu_tanh());
}

// ---- special values, element by element

/// The least subnormal and the least normal float, and the largest.
constexpr float kLeast = std::numeric_limits<float>::denorm_min(), kLeastNormal = std::numeric_limits<float>::min(),
                kMost = std::numeric_limits<float>::max();

/// Among so many numbers that vector code meets them, and in place.
void expect_special(const Activation& activation) {
  one_case([&](Generator&) {
    std::vector<float> values = ramp(40);
    std::size_t place = 0;
    for (float special : {kNaN, kInfinity, -kInfinity, kMost, -kMost, 0.0f, -0.0f, -kNaN}) {
      values[place += 4] = special;
      expect_values(activation, {special, 1});
    }
    expect_values(activation, values);
    expect_right(activation, {values.data(), {8, 5}, {1, 8}}, {5, 1});
    const Shape shape{40};
    const Expected expected = activation.oracle(dense(values, shape));
    activation.call(dense(values, shape), dense(values, shape));
    expect_close(dense(values, shape), expected);
  });
}

/// Numbers below the least normal float are numbers: nothing is flushed to 0 beyond a few of the least of them.
void expect_subnormals(const Activation& activation) {
  one_case([&](Generator&) {
    expect_values(activation, {kLeast, -kLeast, 1e-44f, -1e-44f, 1e-42f, -1e-40f, 1e-39f, -5e-39f, 0.9f * kLeastNormal,
                               kLeastNormal, -kLeastNormal, 1.5f, -1.5f});
  });
}

TEST(relu, infinities) {
  one_case([](Generator&) {
    expect_values(relu(), {-kInfinity, kInfinity, -1, 1, -kMost, kMost, -0.0f, 0.0f, 3});
    expect_values(relu(), std::vector<float>(33, -kInfinity));
  });
}
TEST(relu, nan_among_numbers) { expect_special(relu()); }
TEST(relu, subnormals) { expect_subnormals(relu()); }

TEST(sigmoid, nan_and_infinity) { expect_special(sigmoid()); }
TEST(sigmoid, subnormal_probabilities) {
  // exp(-88) is the last normal float among these, and from -104 on the nearest float is 0.
  one_case([](Generator&) {
    expect_values(sigmoid(), {-87.5f, -88, -88.5f, -89, -90, -92, -94, -96, -98, -100, -101, -105, -110, -1});
  });
}
TEST(sigmoid, around_zero) {
  one_case([](Generator&) {
    expect_values(sigmoid(), {kLeast, -kLeast, 0.0f, -0.0f, 1e-20f, -1e-20f, 1e-7f, -1e-7f, 1e-3f, -1e-3f, 1});
  });
}

TEST(tanh, nan_and_infinity) { expect_special(tanh()); }
TEST(tanh, subnormals) { expect_subnormals(tanh()); }
TEST(tanh, every_magnitude) {
  one_case([](Generator&) {
    std::vector<float> values;
    for (float x = 1e-9f; x < 30; x *= 1.37f) values.insert(values.end(), {x, -x});
    expect_values(tanh(), values);
  });
}

TEST(gelu, nan_and_infinity) {
  expect_special(gelu());
  expect_special(gelu_tanh());
}
TEST(gelu, subnormals) {
  expect_subnormals(gelu());
  expect_subnormals(gelu_tanh());
}
TEST(gelu, every_magnitude) {
  one_case([](Generator&) {
    std::vector<float> values;
    for (float x = 1e-9f; x < 1e9f; x *= 1.73f) values.insert(values.end(), {x, -x});
    for (float x = -16; x < 8; x += 0.37f) values.push_back(x);
    expect_values(gelu(), values);
    expect_values(gelu_tanh(), values);
  });
}

// ---- special values in rows

/// NaN and inf spoil their row, wherever they stand in it and whatever stands beside them, and no other row.
void expect_broken_rows(const Activation& activation) {
  one_case([&](Generator&) {
    for (std::int64_t n : {1, 2, 5, 13})
      for (float special : {kNaN, -kNaN, kInfinity})
        for (float neighbour : {1.0f, -kInfinity, kInfinity, kNaN, -1e4f})
          for (std::int64_t place = 0; place < n; place += 3) {
            std::vector<float> values(static_cast<std::size_t>(3 * n), 0.5f);
            for (std::int64_t j = 0; j < n; ++j) values[static_cast<std::size_t>(n + j)] = neighbour;
            values[static_cast<std::size_t>(n + place)] = special;
            SCOPED_TRACE("row 1 holds " + std::to_string(special) + " at " + std::to_string(place) + " of " +
                         std::to_string(n) + ", beside " + std::to_string(neighbour));
            expect_values(activation, values, n);
          }
  });
}

/// -inf in every place, alone and in company, and rows of nothing else, in rows that do not lie densely too.
void expect_masks(const Activation& activation) {
  one_case([&](Generator&) {
    for (std::int64_t n : {1, 3, 4, 9, 17}) {
      std::vector<float> values = ramp(static_cast<std::size_t>(n * (n + 1)));
      for (std::int64_t i = 0; i <= n; ++i)
        for (std::int64_t j = 0; j < i; ++j) values[static_cast<std::size_t>(i * n + j)] = -kInfinity;
      expect_values(activation, values, n);
      expect_values(activation, std::vector<float>(static_cast<std::size_t>(2 * n), -kInfinity), n);
    }
    std::vector<float> values = ramp(24);
    for (std::size_t i : {0, 4, 8, 12, 16, 20, 5, 14}) values[i] = -kInfinity;
    expect_right(activation, {values.data(), {4, 6}, {1, 4}}, {6, 1});
    expect_right(activation, {values.data() + 23, {4, 6}, {-1, -4}}, {-1, 4});
  });
}

/// The least element of a row is as far from its maximum as exp can tell, and farther.
void expect_wide_rows(const Activation& activation) {
  one_case([&](Generator&) {
    expect_values(activation, {0, -20, 0, -60, 0, -80, 0, -87, 0, -88, 0, -90, 0, -100, 0, -103, 0, -105, 0, -1e6f}, 2);
    expect_values(activation, {3.3f, -77.1f, -50.7f, 1000.3f, 920.9f, 930.2f, kMost, -kMost, 0, kLeast, -kLeast, 0}, 3);
  });
}

/// Long rows: a sum of n terms may err by n eps, no more.
void expect_long_rows(const Activation& activation) {
  for_each_case(2, [&](Generator& g) {
    const Operand in = g.input("in", {2, 5000}, -3.0f, 3.0f);
    const Operand out = g.output("out", {2, 5000});
    activation.call(in, out);
    expect_close(out, activation.oracle(in));
  });
}

TEST(softmax, nan_and_infinity) { expect_broken_rows(softmax()); }
TEST(softmax, masks) { expect_masks(softmax()); }
TEST(softmax, wide_rows) { expect_wide_rows(softmax()); }
TEST(softmax, long_rows) { expect_long_rows(softmax()); }
TEST(log_softmax, nan_and_infinity) { expect_broken_rows(log_softmax()); }
TEST(log_softmax, masks) { expect_masks(log_softmax()); }
TEST(log_softmax, wide_rows) { expect_wide_rows(log_softmax()); }
TEST(log_softmax, long_rows) { expect_long_rows(log_softmax()); }

}  // namespace
