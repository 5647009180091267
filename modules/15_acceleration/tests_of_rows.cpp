// Module 15's tests of softmax, layer normalisation and bias with GELU, as students see them; at the end the speed
// cases.
#include "rows.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::rows;

namespace {

/// out on in's memory, one element further: neither the same view nor apart.
template <class Call>
void expect_refuses_overlap(const std::string& name, Call call) {
  const Kept<> kept(Shape{40}, 1.0f);
  const auto at = [&](std::int64_t first) { return View{kept.numbers().data() + first, {2, 8}, {8, 1}}; };
  expect_refused(name + ": out begins one element behind in", kept, [&] { call(at(0), at(1)); });
  expect_refused(name + ": out ends in in's first element", kept, [&] { call(at(15), at(0)); });
  expect_refused(name + ": out is in with other strides", kept, [&] {
    call(at(0), View{kept.numbers().data(), {2, 8}, {1, 2}});
  });
  call(at(0), at(16));
  EXPECT_NE(kept.numbers()[16], 1.0f) << name << ": in and out lie side by side, which is no overlap";
}

// ---- softmax_simd

TEST(softmax_simd, by_hand) {
  one_case([](Generator&) {
    // exp(log 3) = 3: the shares are 1, 3 and 0 of 4.
    const std::vector<float> in{0, 1.09861229f, -kInfinity};
    std::vector<float> out(3, kNaN);
    kernel().softmax_simd(dense(in, {1, 3}), dense(out, {1, 3}));
    EXPECT_NEAR(out[0], 0.25, 1e-6);
    EXPECT_NEAR(out[1], 0.75, 1e-6);
    EXPECT_EQ(out[2], 0.0f);
  });
}

TEST(softmax_simd, random_shapes) {
  for_each_case(30, [](Generator& g) {
    const Shape shape = g.shape(random_rank(g, 1, 4));
    expect_softmax(g.input("in", shape, Layout::dense, -5, 5), g.output("out", shape));
  });
}

TEST(softmax_simd, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Shape shape = g.shape(random_rank(g, 1, 4));
    expect_softmax(g.input("in", shape, -5, 5), g.output("out", shape, g.writable_layout()));
  });
}

TEST(softmax_simd, out_is_in) {
  for_each_case(20, [](Generator& g) {
    const Operand both = g.input("in", g.shape(random_rank(g, 1, 3)), g.writable_layout(), -5, 5);
    expect_softmax(both, both);
  });
}

TEST(softmax_simd, every_length) {
  one_case([](Generator&) {
    for (std::int64_t n = 1; n <= 70; ++n) expect_softmax_of(ramp(3 * n), n);
  });
}

TEST(softmax_simd, rows_far_below_zero) {
  // What stands in the lanes behind a row's end must not be its maximum.
  one_case([](Generator&) {
    for (std::int64_t n = 1; n <= 40; ++n) {
      std::vector<float> in = ramp(2 * n);
      for (float& value : in) value -= 1000;
      expect_softmax_of(in, n);
    }
  });
}

TEST(softmax_simd, large_logits) {
  one_case([](Generator&) {
    expect_softmax_of({1000, 1001, 1002, 999, -1e4f, 1e4f, 9999, 0, 3e38f, -3e38f, 0, 1}, 4);
    expect_softmax_of({88, 89, 90, 500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 511, 512, 513, 514}, 9);
  });
}

TEST(softmax_simd, rows_of_minus_infinity) {
  one_case([](Generator&) {
    for (const std::int64_t n : {1, 3, 8, 9, 16, 33}) {
      std::vector<float> in = ramp(3 * n);
      for (std::int64_t j = 0; j < n; ++j) in[static_cast<std::size_t>(n + j)] = -kInfinity;
      in[0] = -kInfinity;
      expect_softmax_of(in, n);
    }
  });
}

TEST(softmax_simd, a_nan_stays_in_its_row) {
  one_case([](Generator&) {
    for (const std::int64_t n : {3, 8, 21, 64})
      for (const float special : {kNaN, kInfinity})
        for (std::int64_t place = 0; place < n; place += 5) {
          std::vector<float> in = ramp(3 * n);
          in[static_cast<std::size_t>(n + place)] = special;
          expect_softmax_of(in, n);
        }
  });
}

TEST(softmax_simd, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    const Kept<> kept(Shape{12}, 7.0f);
    for (const auto& [in, out] : {std::pair{Shape{2, 3}, Shape{3, 2}},
                                  {Shape{6}, Shape{2, 3}},
                                  {Shape{3}, Shape{4}},
                                  {Shape{1, 3}, Shape{2, 3}}})
      expect_refused("in is " + to_string(in) + " and out is " + to_string(out), kept,
                     [&, in = in, out = out] { kernel().softmax_simd(dense(memory, in), kept.view(out)); });
    expect_refused("in is a scalar", kept, [&] {
      kernel().softmax_simd({memory.data(), {}, {}}, {kept.numbers().data(), {}, {}});
    });
    expect_softmax_of(memory, 4);
  });
}

TEST(softmax_simd, refuses_overlap) {
  one_case([](Generator&) {
    expect_refuses_overlap("softmax_simd", [](ConstView in, View out) { kernel().softmax_simd(in, out); });
  });
}

// ---- layer_norm_simd

TEST(layer_norm_simd, by_hand) {
  one_case([](Generator&) {
    // Mean 2, variance 1; then mean 5, variance 5.
    const std::vector<float> in{1, 3, 1, 3, 2, 4, 6, 8}, weight{1, 1, 2, 2}, bias{0, 0, 10, 10};
    std::vector<float> out(8, kNaN);
    kernel().layer_norm_simd(dense(in, {2, 4}), dense(weight, {4}), dense(bias, {4}), 1e-12f, dense(out, {2, 4}));
    const double expected[] = {-1, 1, 8, 12, -1.3416408, -0.4472136, 10.8944272, 12.6832816};
    for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(out[i], expected[i], 1e-5) << "element " << i;
  });
}

/// Operands of a random shape.
void expect_random(Generator& g, bool dense_only) {
  Shape shape = g.shape(random_rank(g, 1, 4));
  std::int64_t& features = shape[shape.rank() - 1];
  if (features == 0) features = 5;
  const auto input = [&](const char* name, const Shape& extents) {
    return dense_only ? g.input(name, extents, Layout::dense, -3, 3) : g.input(name, extents, -3.0f, 3.0f);
  };
  const Operand in = input("in", shape), weight = input("weight", {features}), bias = input("bias", {features});
  expect_layer_norm(in, weight, bias, g.output("out", shape, dense_only ? Layout::dense : g.writable_layout()));
}

TEST(layer_norm_simd, random_shapes) {
  for_each_case(30, [](Generator& g) { expect_random(g, true); });
}
TEST(layer_norm_simd, random_layouts) {
  for_each_case(40, [](Generator& g) { expect_random(g, false); });
}

TEST(layer_norm_simd, out_is_in) {
  for_each_case(20, [](Generator& g) {
    const Shape shape{g.positive_extent(), g.positive_extent()};
    const Operand both = g.input("in", shape, g.writable_layout(), -3, 3);
    const Operand weight = g.input("weight", {shape[1]}), bias = g.input("bias", {shape[1]});
    expect_layer_norm(both, weight, bias, both);
  });
}

TEST(layer_norm_simd, every_length) {
  one_case([](Generator&) {
    for (std::int64_t n = 1; n <= 70; ++n) expect_layer_norm_of(ramp(3 * n), n);
  });
}

TEST(layer_norm_simd, a_large_mean_keeps_the_digits) {
  one_case([](Generator&) {
    for (const std::int64_t n : {4, 7, 16, 40})
      for (const float mean : {1000.0f, -3000.0f, 100000.0f}) {
        std::vector<float> in = ramp(3 * n);
        for (float& value : in) value = mean + 0.5f * value;
        expect_layer_norm_of(in, n);
      }
  });
}

TEST(layer_norm_simd, epsilon_stands_under_the_root) {
  one_case([](Generator&) {
    std::vector<float> in = ramp(40);
    for (float& value : in) value *= 0.01f;
    for (const float epsilon : {1e-5f, 1e-3f, 1.0f, 100.0f}) expect_layer_norm_of(in, 20, epsilon);
  });
}

TEST(layer_norm_simd, equal_features_give_the_bias) {
  one_case([](Generator&) {
    for (const std::int64_t n : {1, 2, 8, 13, 100})
      for (const float value : {0.0f, 1.0f, -3.5f}) {
        expect_layer_norm_of(std::vector<float>(static_cast<std::size_t>(2 * n), value), n);
      }
    expect_layer_norm_of(ramp(32), 16);
  });
}

TEST(layer_norm_simd, a_nan_stays_in_its_row) {
  one_case([](Generator&) {
    for (const std::int64_t n : {3, 8, 21, 64})
      for (const float special : {kNaN, kInfinity, -kInfinity})
        for (std::int64_t place = 0; place < n; place += 5) {
          std::vector<float> in = ramp(3 * n);
          in[static_cast<std::size_t>(n + place)] = special;
          expect_layer_norm_of(in, n);
        }
  });
}

TEST(layer_norm_simd, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    const Kept<> kept(Shape{12}, 7.0f);
    const auto refuses = [&](const char* what, const Shape& in, const Shape& weight, const Shape& bias, float epsilon,
                             const Shape& out) {
      expect_refused(what, kept, [&] {
        kernel().layer_norm_simd(dense(memory, in), dense(memory, weight), dense(memory, bias), epsilon,
                                 kept.view(out));
      });
    };
    refuses("out has other rows", {2, 3}, {3}, {3}, kEpsilon, {3, 2});
    refuses("weight is for 2 features, in has 3", {2, 3}, {2}, {3}, kEpsilon, {2, 3});
    refuses("bias is for 2 features, in has 3", {2, 3}, {3}, {2}, kEpsilon, {2, 3});
    refuses("weight has a row of its own", {2, 3}, {1, 3}, {3}, kEpsilon, {2, 3});
    refuses("rows have no features", {2, 0}, {0}, {0}, kEpsilon, {2, 0});
    refuses("epsilon is 0", {2, 3}, {3}, {3}, 0, {2, 3});
    refuses("epsilon is negative", {2, 3}, {3}, {3}, -kEpsilon, {2, 3});
    refuses("epsilon is NaN", {2, 3}, {3}, {3}, kNaN, {2, 3});
    refuses("in is a scalar", {}, {1}, {1}, kEpsilon, {});
    expect_layer_norm_of(memory, 4);
  });
}

TEST(layer_norm_simd, refuses_overlap) {
  one_case([](Generator&) {
    const std::vector<float> ones(16, 1.0f), twos(8, 2.0f);
    expect_refuses_overlap("layer_norm_simd", [&](ConstView in, View out) {
      kernel().layer_norm_simd(in, dense(ones, {8}), dense(twos, {8}), kEpsilon, out);
    });
    const Kept<> kept(Shape{2, 8}, 2.0f);
    const ConstView in = dense(ones, {2, 8}), apart = dense(ones, {8}), within{kept.numbers().data() + 4, {8}, {1}};
    expect_refused("out lies on weight", kept, [&] { kernel().layer_norm_simd(in, within, apart, kEpsilon, kept); });
    expect_refused("out lies on bias", kept, [&] { kernel().layer_norm_simd(in, apart, within, kEpsilon, kept); });
  });
}

// ---- bias_gelu

TEST(bias_gelu, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> in{0, 0.5f, 1, -1, -0.5f, 2}, bias{0, 0.5f, -2};
    std::vector<float> out(6, kNaN);
    kernel().bias_gelu(dense(in, {2, 3}), dense(bias, {3}), dense(out, {2, 3}));
    // gelu_tanh of 0, 1, -1 and of -1, 0, 0
    const double expected[] = {0, 0.84119199, -0.15880801, -0.15880801, 0, 0};
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(out[i], expected[i], 1e-6) << "element " << i;
  });
}

TEST(bias_gelu, random_shapes) {
  for_each_case(30, [](Generator& g) {
    const Shape shape{g.extent(), g.extent()};
    expect_bias_gelu(g.input("in", shape, Layout::dense, -4, 4), g.input("bias", {shape[1]}, Layout::dense),
                     g.output("out", shape));
  });
}

TEST(bias_gelu, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Shape shape{g.positive_extent(), g.positive_extent()};
    const Operand in = g.input("in", shape, -4, 4), bias = g.input("bias", {shape[1]});
    expect_bias_gelu(in, bias, g.output("out", shape, g.writable_layout()));
  });
}

TEST(bias_gelu, out_is_in) {
  for_each_case(20, [](Generator& g) {
    const Shape shape{g.positive_extent(), g.positive_extent()};
    const Operand both = g.input("in", shape, g.writable_layout(), -4, 4), bias = g.input("bias", {shape[1]});
    expect_bias_gelu(both, bias, both);
  });
}

TEST(bias_gelu, every_length) {
  one_case([](Generator&) {
    for (std::int64_t n = 1; n <= 70; ++n) {
      const std::vector<float> in = ramp(2 * n), bias = ramp(n + 2);
      std::vector<float> out(in.size(), kNaN);
      expect_bias_gelu(rows_of(in, n), {bias.data() + 2, {n}, {1}}, rows_of(out, n));
    }
  });
}

TEST(bias_gelu, large_inputs) {
  one_case([](Generator&) {
    expect_gelu_of(
        {-1e30f, -1e10f, -1000, -100, -50, -20, -10, -6, 6, 10, 20, 50, 100, 1000, 1e10f, 1e30f, 3e38f, -3e38f}, 9);
  });
}

TEST(bias_gelu, infinity_and_nan) {
  one_case([](Generator&) {
    for (const std::int64_t n : {3, 8, 21})
      for (const float special : {kNaN, kInfinity, -kInfinity})
        for (std::int64_t place = 0; place < n; place += 2) {
          std::vector<float> in = ramp(2 * n);
          in[static_cast<std::size_t>(place)] = special;
          expect_gelu_of(in, n);
        }
  });
}

TEST(bias_gelu, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    const Kept<> kept(Shape{12}, 7.0f);
    const auto refuses = [&](const char* what, const Shape& in, const Shape& bias, const Shape& out) {
      expect_refused(what, kept, [&] { kernel().bias_gelu(dense(memory, in), dense(memory, bias), kept.view(out)); });
    };
    refuses("in is a vector", {6}, {6}, {6});
    refuses("in has three dimensions", {1, 2, 3}, {3}, {1, 2, 3});
    refuses("out has other rows", {2, 3}, {3}, {3, 2});
    refuses("bias is for 2 features, in has 3", {2, 3}, {2}, {2, 3});
    refuses("bias is one a row", {3, 4}, {3}, {3, 4});
    refuses("bias has a row of its own", {2, 3}, {1, 3}, {2, 3});
    expect_gelu_of(memory, 4);
  });
}

TEST(bias_gelu, refuses_overlap) {
  one_case([](Generator&) {
    const std::vector<float> ones(16, 1.0f);
    expect_refuses_overlap("bias_gelu", [&](ConstView in, View out) { kernel().bias_gelu(in, dense(ones, {8}), out); });
    const Kept<> kept(Shape{2, 8}, 2.0f);
    expect_refused("out lies on bias", kept, [&] {
      kernel().bias_gelu(dense(ones, {2, 8}), {kept.numbers().data() + 4, {8}, {1}}, kept);
    });
  });
}

// ---- speed

const speed::SpeedCase softmax_rows = speed::speed_case<&AccelerationSlots::softmax_simd>(
    "softmax_simd.rows",
    [](speed::SpeedArguments& s) {
      ConstView in = s.input({128, 250}, -5, 5);
      return std::tuple<ConstView, View>(in, s.output({128, 250}));
    },
    [](ConstView in, View) { return oracle::softmax(to_array64(in)); });

const speed::SpeedCase layer_norm_rows = speed::speed_case<&AccelerationSlots::layer_norm_simd>(
    "layer_norm_simd.rows",
    [](speed::SpeedArguments& s) {
      ConstView in = s.input({128, 250}), weight = s.input({250}), bias = s.input({250});
      return std::tuple<ConstView, ConstView, ConstView, float, View>(in, weight, bias, kEpsilon, s.output({128, 250}));
    },
    [](ConstView in, ConstView weight, ConstView bias, float epsilon, View) {
      return oracle::layer_norm(to_array64(in), to_array64(weight), to_array64(bias), epsilon);
    });

const speed::SpeedCase gelu_rows = speed::speed_case<&AccelerationSlots::bias_gelu>(
    "bias_gelu.rows",
    [](speed::SpeedArguments& s) {
      ConstView in = s.input({128, 250}, -4, 4), bias = s.input({250});
      return std::tuple<ConstView, ConstView, View>(in, bias, s.output({128, 250}));
    },
    [](ConstView in, ConstView bias, View) { return oracle::bias_gelu(to_array64(in), to_array64(bias)); });

}  // namespace
