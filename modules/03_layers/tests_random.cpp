// Module 03's tests of initialisation and dropout: both draw random numbers, of which the contract says which and when,
// so that results are compared to the last bit where nothing is rounded on the way.
#include "kiln/kernels/layers.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kiln/random.hpp"
#include "oracle.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const LayerSlots& kernel() { return under_test<LayerSlots>(); }

// ---- initialisation

struct Initialisation {
  const char* name;
  void (*LayerSlots::*slot)(std::uint64_t, View);
  Expected (*oracle)(std::uint64_t, const Shape&);
  bool xavier, uniform;

  void operator()(std::uint64_t seed, View weight) const { (kernel().*slot)(seed, weight); }
  /// The variance that the weights should have: a uniform's is bound^2 / 3.
  double variance(const Shape& weight) const {
    const auto fans = static_cast<double>(oracle::fan_in(weight) + (xavier ? oracle::fan_out(weight) : 0));
    return 2 / fans;
  }
};
const Initialisation kInitialisations[] = {
    {"xavier_uniform", &LayerSlots::xavier_uniform, oracle::xavier_uniform, true, true},
    {"xavier_normal", &LayerSlots::xavier_normal, oracle::xavier_normal, true, false},
    {"kaiming_uniform", &LayerSlots::kaiming_uniform, oracle::kaiming_uniform, false, true},
    {"kaiming_normal", &LayerSlots::kaiming_normal, oracle::kaiming_normal, false, false}};

TEST(initialisation, scale_of_the_weights) {
  // The mean square of n independent weights deviates from their variance by sqrt(2 / n) of it (a normal's; a uniform's
  // less). For n = 128 * 64 this is 1.6 %; 10 % is beyond six of it.
  for (const Initialisation& initialise : kInitialisations) {
    for_each_case(2, [&](Generator& g) {
      g.note(initialise.name);
      const Operand weight = g.output("weight", {128, 64});
      initialise(g.random().next_u64(), weight);
      const std::vector<double> weights = weight.values().values;
      double mean_square = 0, largest = 0;
      for (double value : weights) {
        mean_square += value * value / static_cast<double>(weights.size());
        largest = std::max(largest, std::abs(value));
      }
      const double variance = initialise.variance(weight.shape()), room = 0.1 * variance;
      const double bound = std::sqrt(3 * variance);
      EXPECT_NEAR(mean_square, variance, room) << "the variance of weights with fan_in 64 and fan_out 128";
      if (initialise.uniform)
        EXPECT_LE(largest, bound * (1 + 1e-6)) << "the largest weight, and the bound that none may pass";
      else
        EXPECT_GT(largest, bound) << "of 8192 normally distributed weights some are larger than sqrt(3) deviations";
    });
  }
}

TEST(initialisation, draws_of_the_seed) {
  for (const Initialisation& initialise : kInitialisations) {
    for_each_case(15, [&](Generator& g) {
      const std::uint64_t seed = g.random().below(1000);
      g.note(std::string(initialise.name) + ", seed " + std::to_string(seed));
      const Operand weight = g.output("weight", {g.positive_extent(), g.positive_extent()});
      initialise(seed, weight);
      expect_close(weight, initialise.oracle(seed, weight.shape()));
    });
  }
}

TEST(initialisation, scale_is_rounded_once) {
  // Fans of 15 and 41, at which sqrt(2 / 15) and sqrt(6 / 41), computed in floats, end in another bit.
  for (const Initialisation& initialise : kInitialisations) {
    one_case([&](Generator& g) {
      g.note(std::string(initialise.name) + ": the scale is computed in double, and rounded to float once");
      for (const Shape& shape : {Shape{4, 15}, Shape{7, 8}, Shape{4, 41}, Shape{20, 21}}) {
        const Operand weight = g.output("weight", shape);
        initialise(1, weight);
        expect_close(weight, initialise.oracle(1, shape));
      }
    });
  }
}

TEST(initialisation, convolution_weights) {
  for (const Initialisation& initialise : kInitialisations) {
    for_each_case(5, [&](Generator& g) {
      const Shape shape{1 + random_rank(g, 0, 7), 1 + random_rank(g, 0, 3), random_rank(g, 2, 5), random_rank(g, 1, 5)};
      g.note(std::string(initialise.name) + ", (out, in, kernel height, kernel width)");
      const Operand weight = g.output("weight", shape);
      initialise(7, weight);
      expect_close(weight, initialise.oracle(7, shape));
    });
  }
}

TEST(initialisation, random_layouts) {
  for (const Initialisation& initialise : kInitialisations) {
    for_each_case(10, [&](Generator& g) {
      g.note(initialise.name);
      const Operand weight = g.output("weight", g.shape(random_rank(g, 2, 4)), g.writable_layout());
      initialise(3, weight);
      expect_close(weight, initialise.oracle(3, weight.shape()));
    });
  }
}

TEST(initialisation, seeds_differ) {
  for (const Initialisation& initialise : kInitialisations) {
    one_case([&](Generator& g) {
      g.note(initialise.name);
      const Operand first = g.output("first", {5, 7}), again = g.output("again", {5, 7});
      const Operand other = g.output("other", {5, 7});
      initialise(1, first);
      initialise(1, again);
      initialise(2, other);
      expect_close(again, exact(first.values()));
      EXPECT_NE(first.values().values, other.values().values) << "seeds 1 and 2 gave the same weights";
      expect_close(first, initialise.oracle(1, first.shape()));
    });
  }
}

TEST(initialisation, refuses_vectors) {
  for (const Initialisation& initialise : kInitialisations) {
    one_case([&](Generator&) {
      std::vector<float> memory(6);
      for (const Shape& shape : {Shape{}, Shape{6}, Shape{1}})
        expect_error(ErrorKind::invalid_argument,
                     std::string(initialise.name) + " of a weight of shape " + to_string(shape),
                     [&] { initialise(1, dense(memory, shape)); });
      initialise(1, dense(memory, {2, 3}));
      expect_close(dense(memory, {2, 3}), initialise.oracle(1, {2, 3}));
    });
  }
}

// ---- dropout

/// Of the two roundings of a mask and the three of an output none is larger than half an eps.
constexpr double kDropoutFactor = 1;

/// Drops from `in` into `out` and `mask`, and compares; `out` may be `in`.
void expect_drops(Generator& g, const Operand& in, float p, bool training, const Operand& out, const Operand& mask) {
  const std::uint64_t seed = g.random().next_u64();
  g.note("p = " + std::to_string(p) + ", seed " + std::to_string(seed) + (training ? ", training" : ", evaluation"));
  const oracle::Dropout expected = oracle::dropout(in, p, training, seed);
  kernel().dropout(in, p, training, seed, out, mask);
  expect_close(mask, expected.mask, kDropoutFactor);
  expect_close(out, expected.out, kDropoutFactor);
}

TEST(dropout, by_hand) {
  one_case([](Generator& g) {
    constexpr std::uint64_t kSeed = 5;
    const Operand in = g.input("in", {8}, Layout::dense), out = g.output("out", {8}), mask = g.output("mask", {8});
    Random random(kSeed);
    Array64 expected_mask({8}), expected_out({8});
    for (std::int64_t i = 0; i < 8; ++i) {
      const float drawn = random.uniform();
      g.note("draw " + std::to_string(drawn) + (drawn < 0.5f ? " is below p: dropped" : ": stays"));
      expected_mask(i) = drawn < 0.5f ? 0 : 2;
      expected_out(i) = expected_mask(i) * in.values()(i);
    }
    kernel().dropout(in, 0.5f, true, kSeed, out, mask);
    expect_close(mask, exact(expected_mask));
    expect_close(out, exact(expected_out));
  });
}

TEST(dropout, training) {
  for_each_case(40, [](Generator& g) {
    const Operand in = g.input("in", g.shape(random_rank(g, 1, 3)), Layout::dense);
    const Operand out = g.output("out", in.shape()), mask = g.output("mask", in.shape());
    expect_drops(g, in, g.random().uniform(0.0f, 0.95f), true, out, mask);
  });
}

TEST(dropout, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Operand in = g.input("in", g.shape(random_rank(g, 1, 4)));
    const Operand out = g.output("out", in.shape(), g.writable_layout());
    const Operand mask = g.output("mask", in.shape(), g.writable_layout());
    expect_drops(g, in, 0.4f, true, out, mask);
  });
}

TEST(dropout, share_that_is_dropped) {
  // Of n = 4000 draws n p are expected, with a deviation of sqrt(n p (1 - p)) <= 32; 200 is beyond six of it.
  for_each_case(5, [](Generator& g) {
    const Operand in = g.input("in", {40, 100}, Layout::dense, 1.0f, 2.0f);
    const Operand out = g.output("out", in.shape()), mask = g.output("mask", in.shape());
    for (float p : {0.1f, 0.5f, 0.8f}) {
      kernel().dropout(in, p, true, g.random().next_u64(), out, mask);
      const std::vector<double> values = out.values().values;
      EXPECT_NEAR(static_cast<double>(std::count(values.begin(), values.end(), 0.0)), 4000.0 * p, 200)
          << "how many of 4000 elements are dropped at p = " << p;
    }
  });
}

TEST(dropout, mean_is_kept) {
  // Ones stay ones on average: each is 0, or 1 / (1 - p), of variance p / (1 - p). The mean of n = 4000 deviates by
  // sqrt(p / (1 - p) / n) <= 0.024 for p <= 0.7; 0.15 is beyond six of it.
  for_each_case(5, [](Generator& g) {
    const Operand in = g.input("in", {40, 100}, Layout::dense), out = g.output("out", in.shape());
    const Operand mask = g.output("mask", in.shape());
    in.fill(1.0f);
    for (float p : {0.2f, 0.5f, 0.7f}) {
      kernel().dropout(in, p, true, g.random().next_u64(), out, mask);
      double total = 0;
      for (double value : out.values().values) total += value;
      EXPECT_NEAR(total / 4000, 1.0, 0.15) << "the mean of 4000 ones after dropout with p = " << p;
    }
  });
}

TEST(dropout, evaluation_changes_nothing) {
  for_each_case(10, [](Generator& g) {
    const Operand in = g.input("in", g.shape(random_rank(g, 1, 3)));
    const Operand out = g.output("out", in.shape()), mask = g.output("mask", in.shape());
    expect_drops(g, in, 0.5f, false, out, mask);
  });
}

TEST(dropout, in_place) {
  for_each_case(10, [](Generator& g) {
    const Operand values = g.input("in and out", g.shape(random_rank(g, 1, 3)), g.writable_layout(), 1.0f, 2.0f);
    const Operand mask = g.output("mask", values.shape());
    expect_drops(g, values, 0.3f, true, values, mask);
    expect_drops(g, values, 0.3f, false, values, mask);
  });
}

TEST(dropout, refuses_misfits) {
  one_case([](Generator& g) {
    const std::vector<float> in = counted(6);
    std::vector<float> out(6, 5.0f), mask(6, 5.0f);
    for (float p : {1.0f, 1.5f, -0.1f, kInfinity})
      expect_error(ErrorKind::invalid_argument, "p is " + std::to_string(p),
                   [&] { kernel().dropout(dense(in, {6}), p, true, 1, dense(out, {6}), dense(mask, {6})); });
    expect_error(ErrorKind::invalid_argument, "in is (6), out (2, 3)", [&] {
      kernel().dropout(dense(in, {6}), 0.5f, true, 1, dense(out, {2, 3}), dense(mask, {6}));
    });
    for (const Shape& shape : {Shape{5}, Shape{2, 3}, Shape{6, 1}})
      expect_error(ErrorKind::invalid_argument, "in is (6), mask " + to_string(shape),
                   [&] { kernel().dropout(dense(in, {6}), 0.5f, true, 1, dense(out, {6}), dense(mask, shape)); });
    EXPECT_EQ(out, std::vector<float>(6, 5.0f)) << "what was refused leaves out alone";
    const Operand values = g.input("in", {6}, Layout::dense);
    expect_drops(g, values, 0.5f, true, g.output("out", {6}), g.output("mask", {6}));
  });
}

}  // namespace
