// Module 03's hidden tests of initialisation and dropout: the edges that the visible tests leave out.
// Each also asks for a result that is no edge case, so that a kernel that does nothing passes none.
#include "kiln/kernels/layers.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "kiln/random.hpp"
#include "oracle.hpp"
#include "testing/sentinels.hpp"
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

  void operator()(std::uint64_t seed, View weight) const { (kernel().*slot)(seed, weight); }
};
const Initialisation kInitialisations[] = {{"xavier_uniform", &LayerSlots::xavier_uniform, oracle::xavier_uniform},
                                           {"xavier_normal", &LayerSlots::xavier_normal, oracle::xavier_normal},
                                           {"kaiming_uniform", &LayerSlots::kaiming_uniform, oracle::kaiming_uniform},
                                           {"kaiming_normal", &LayerSlots::kaiming_normal, oracle::kaiming_normal}};

TEST(initialisation, empty_weights) {
  for (const Initialisation& initialise : kInitialisations) {
    one_case([&](Generator& g) {
      g.note(initialise.name);
      for (const Shape& shape : {Shape{0, 5}, Shape{5, 0}, Shape{0, 0}, Shape{3, 2, 0, 4}, Shape{3, 2}}) {
        Sentinels weight(shape, dense_strides(shape));
        initialise(1, weight.view());
        expect_close(weight.view(), initialise.oracle(1, shape));
        weight.expect_rest_untouched();
      }
    });
  }
}

TEST(initialisation, one_weight) {
  for (const Initialisation& initialise : kInitialisations) {
    one_case([&](Generator& g) {
      g.note(initialise.name);
      for (const Shape& shape : {Shape{1, 1}, Shape{1, 1, 1, 1}, Shape{1, 1, 3}}) {
        Sentinels weight(shape, dense_strides(shape));
        initialise(11, weight.view());
        expect_close(weight.view(), initialise.oracle(11, shape));
        weight.expect_rest_untouched();
      }
    });
  }
}

TEST(initialisation, seeds_of_64_bits) {
  for (const Initialisation& initialise : kInitialisations) {
    one_case([&](Generator& g) {
      g.note(initialise.name);
      const Operand weight = g.output("weight", {3, 5});
      for (std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1} << 32, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
        initialise(seed, weight);
        expect_close(weight, initialise.oracle(seed, {3, 5}));
      }
    });
  }
}

TEST(initialisation, keeps_memory_between) {
  for (const Initialisation& initialise : kInitialisations) {
    one_case([&](Generator& g) {
      g.note(initialise.name);
      const std::pair<Shape, Strides> views[] = {
          {{2, 3}, {8, 2}}, {{3, 2}, {2, 9}}, {{3, 4}, {-8, 2}}, {{2, 2, 3}, {40, 10, -2}}};
      for (const auto& [shape, strides] : views) {
        Sentinels weight(shape, strides);
        initialise(5, weight.view());
        expect_close(weight.view(), initialise.oracle(5, shape));
        weight.expect_rest_untouched();
      }
    });
  }
}

TEST(initialisation, six_dimensions) {
  for (const Initialisation& initialise : kInitialisations) {
    for_each_case(2, [&](Generator& g) {
      g.note(initialise.name);
      const Operand weight = g.output("weight", {4, 3, 2, 1, 2, 3}, g.writable_layout());
      initialise(9, weight);
      expect_close(weight, initialise.oracle(9, weight.shape()));
    });
  }
}

// ---- dropout

/// Drops from `in` and compares; whatever lies between the elements has to stay.
void expect_drops_into(ConstView in, float p, bool training, std::uint64_t seed, const Strides& of_out,
                       const Strides& of_mask) {
  Sentinels out(in.shape, of_out), mask(in.shape, of_mask);
  SCOPED_TRACE("in: " + to_string(in) + ", p = " + std::to_string(p) + (training ? ", training" : ", evaluation"));
  const oracle::Dropout expected = oracle::dropout(in, p, training, seed);
  kernel().dropout(in, p, training, seed, out.view(), mask.view());
  expect_close(mask.view(), expected.mask, 1);
  expect_close(out.view(), expected.out, 1);
  out.expect_rest_untouched();
  mask.expect_rest_untouched();
}

TEST(dropout, nan_that_is_dropped) {
  one_case([](Generator&) {
    const std::vector<float> in{kNaN,      kNaN, kInfinity,  -kInfinity, 1,    kNaN,      kInfinity, kNaN,
                                kInfinity, kNaN, -kInfinity, kNaN,       kNaN, kInfinity, kNaN,      2};
    for (std::uint64_t seed : {1, 2, 3}) expect_drops_into(dense(in, {16}), 0.5f, true, seed, {1}, {1});
    // In evaluation nothing is dropped, so that every NaN stays.
    expect_drops_into(dense(in, {16}), 0.5f, false, 1, {1}, {1});
  });
}

TEST(dropout, p_of_zero) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(12);
    expect_drops_into(dense(in, {3, 4}), 0.0f, true, 1, {4, 1}, {4, 1});
    expect_drops_into(dense(in, {3, 4}), -0.0f, true, 1, {4, 1}, {4, 1});
    expect_drops_into(dense(in, {3, 4}), 0.5f, true, 1, {4, 1}, {4, 1});
  });
}

TEST(dropout, p_close_to_one) {
  // The largest float below 1: what stays would be scaled by 2^24.
  one_case([](Generator&) {
    const std::vector<float> in = counted(12);
    expect_drops_into(dense(in, {12}), std::nextafter(1.0f, 0.0f), true, 1, {1}, {1});
    expect_drops_into(dense(in, {12}), 0.99f, true, 1, {1}, {1});
    expect_drops_into(dense(in, {12}), 0.5f, true, 1, {1}, {1});
  });
}

TEST(dropout, draw_that_equals_p) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(10);
    for (std::uint64_t seed : {1, 2, 3}) {
      Random random(seed);
      for (int i = 0; i < 10; ++i) expect_drops_into(dense(in, {10}), random.uniform(), true, seed, {1}, {1});
    }
  });
}

TEST(dropout, p_of_nan) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(4);
    std::vector<float> out(4), mask(4);
    for (bool training : {true, false})
      expect_error(ErrorKind::invalid_argument, "p is NaN",
                   [&] { kernel().dropout(dense(in, {4}), kNaN, training, 1, dense(out, {4}), dense(mask, {4})); });
    expect_drops_into(dense(in, {4}), 0.5f, true, 1, {1}, {1});
  });
}

TEST(dropout, evaluation_checks_too) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(4);
    std::vector<float> out(4), mask(4);
    for (float p : {1.0f, -0.5f, 2.0f})
      expect_error(ErrorKind::invalid_argument, "p is " + std::to_string(p) + " in evaluation",
                   [&] { kernel().dropout(dense(in, {4}), p, false, 1, dense(out, {4}), dense(mask, {4})); });
    expect_error(ErrorKind::invalid_argument, "in is (4), mask (2, 2) in evaluation", [&] {
      kernel().dropout(dense(in, {4}), 0.5f, false, 1, dense(out, {4}), dense(mask, {2, 2}));
    });
    expect_drops_into(dense(in, {4}), 0.5f, false, 1, {1}, {1});
  });
}

TEST(dropout, scalars_and_empty_tensors) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(12);
    for (std::uint64_t seed : {1, 2, 3, 4}) expect_drops_into({in.data() + 2, {}, {}}, 0.5f, true, seed, {}, {});
    expect_drops_into({in.data() + 2, {}, {}}, 0.5f, false, 1, {}, {});
    for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{0, 4}, Shape{3, 4}})
      expect_drops_into(dense(in, shape), 0.5f, true, 1, dense_strides(shape), dense_strides(shape));
  });
}

TEST(dropout, keeps_memory_between) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(24);
    for (bool training : {true, false}) {
      expect_drops_into(dense(in, {2, 3, 4}), 0.5f, training, 1, {-40, 10, 2}, {1, 2, 6});
      expect_drops_into({in.data() + 23, {24}, {-1}}, 0.3f, training, 2, {2}, {-3});
      expect_drops_into({in.data(), {3, 4}, {0, 1}}, 0.3f, training, 3, {4, 1}, {8, 2});
    }
  });
}

TEST(dropout, seeds_of_64_bits) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(20);
    for (std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1} << 32, ~std::uint64_t{0}, std::uint64_t{1} << 63})
      expect_drops_into(dense(in, {20}), 0.5f, true, seed, {1}, {1});
  });
}

}  // namespace
