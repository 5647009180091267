// Module 15's hidden tests of softmax, layer normalisation and bias with GELU: the edges that the visible tests leave
// out.
#include <algorithm>
#include <limits>

#include "rows.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::rows;

namespace {

/// Calls expect(in, strides of out) for views of every kind, up to six dimensions.
template <class Expect>
void for_every_stride(Expect expect) {
  const std::vector<float> memory = ramp(160);
  expect(ConstView{memory.data() + 63, {3, 4}, {-20, 5}}, Strides{1, 3});
  expect(ConstView{memory.data(), {5, 4}, {0, 1}}, Strides{4, 1});
  expect(ConstView{memory.data() + 40, {5, 4}, {4, 0}}, Strides{-4, -1});
  expect(ConstView{memory.data(), {3, 19}, {20, 1}}, Strides{25, 1});
  expect(ConstView{memory.data(), {2, 1, 5}, {5, -90, 1}}, Strides{20, 1000, 3});
  const Shape six{2, 1, 3, 2, 1, 2};
  expect(ConstView{memory.data() + 30, six, {-12, 5, 4, -2, 9, 1}}, Strides{1, 7, 2, 6, -3, 12});
}

// ---- softmax_simd

TEST(softmax_simd, every_stride) {
  one_case([](Generator&) {
    for_every_stride([](const ConstView& in, const Strides& strides) {
      SCOPED_TRACE(to_string(in) + ", out's strides " + to_string(strides));
      const Sentinels out(in.shape, strides);
      expect_softmax(in, out.view());
      out.expect_rest_untouched();
    });
  });
}

TEST(softmax_simd, nothing_of_nothing) {
  one_case([](Generator&) {
    const std::vector<float> memory = ramp(8);
    for (const Shape& shape :
         {Shape{0}, Shape{3, 0}, Shape{0, 3}, Shape{2, 0, 4}, Shape{1}, Shape{1, 1, 1}, Shape{2, 4}}) {
      const Sentinels out(shape, dense_strides(shape));
      kernel().softmax_simd(dense(memory, shape), out.view());
      if (out.view().size() > 0) expect_close(out.view(), oracle::softmax(to_array64(dense(memory, shape))));
      out.expect_rest_untouched();
    }
  });
}

TEST(softmax_simd, small_probabilities) {
  // Down to the subnormals: exp(-100) is 4e-44, and no zero.
  one_case([](Generator&) {
    for (const std::int64_t n : {5, 16, 37}) {
      std::vector<float> in(static_cast<std::size_t>(n), 0.0f);
      for (std::size_t i = 1; i < in.size(); ++i) in[i] = -84 - static_cast<float>(i % 21);
      expect_softmax_of(in, n);
    }
  });
}

TEST(softmax_simd, long_rows) {
  for_each_case(2, [](Generator& g) {
    expect_softmax(g.input("in", {2, 5000}, Layout::dense, -1, 1), g.output("out", {2, 5000}));
  });
}

TEST(softmax_simd, what_lies_behind_a_row_is_not_read) {
  one_case([](Generator&) {
    std::vector<float> in = ramp(64);
    for (std::size_t i = 0; i < in.size(); ++i)
      if (i % 16 >= 11) in[i] = kNaN;
    std::vector<float> out(44, kNaN);
    expect_softmax(ConstView{in.data(), {4, 11}, {16, 1}}, dense(out, {4, 11}));
  });
}

// ---- layer_norm_simd

TEST(layer_norm_simd, every_stride) {
  one_case([](Generator&) {
    const std::vector<float> weight = ramp(80), bias = ramp(40);
    for_every_stride([&](const ConstView& in, const Strides& strides) {
      SCOPED_TRACE(to_string(in) + ", out's strides " + to_string(strides));
      const std::int64_t n = in.shape[in.rank() - 1];
      const Sentinels out(in.shape, strides);
      expect_layer_norm(in, {weight.data() + 60, {n}, {-3}}, {bias.data(), {n}, {0}}, out.view());
      expect_layer_norm(in, {weight.data(), {n}, {1}}, {bias.data(), {n}, {2}}, out.view());
      out.expect_rest_untouched();
    });
  });
}

TEST(layer_norm_simd, no_rows) {
  one_case([](Generator&) {
    const std::vector<float> memory = ramp(8);
    for (const Shape& shape : {Shape{0, 3}, Shape{2, 0, 4}, Shape{1, 1, 1}, Shape{2, 4}}) {
      const std::int64_t n = shape[shape.rank() - 1];
      const Sentinels out(shape, dense_strides(shape));
      expect_layer_norm(dense(memory, shape), dense(memory, {n}), dense(memory, {n}), out.view());
      out.expect_rest_untouched();
    }
  });
}

TEST(layer_norm_simd, long_rows) {
  for_each_case(2, [](Generator& g) {
    const Operand in = g.input("in", {2, 5000}, Layout::dense, 9, 11);
    expect_layer_norm(in, g.input("weight", {5000}, Layout::dense), g.input("bias", {5000}, Layout::dense),
                      g.output("out", {2, 5000}));
  });
}

TEST(layer_norm_simd, what_lies_behind_a_row_is_not_read) {
  one_case([](Generator&) {
    std::vector<float> in = ramp(64), weight = ramp(16), bias = ramp(16);
    for (std::size_t i = 0; i < in.size(); ++i)
      if (i % 16 >= 11) in[i] = kNaN;
    std::fill(weight.begin() + 11, weight.end(), kNaN);
    std::fill(bias.begin() + 11, bias.end(), kNaN);
    std::vector<float> out(44, kNaN);
    expect_layer_norm(ConstView{in.data(), {4, 11}, {16, 1}}, dense(weight, {11}), dense(bias, {11}),
                      dense(out, {4, 11}));
  });
}

// ---- bias_gelu

TEST(bias_gelu, every_stride) {
  one_case([](Generator&) {
    const std::vector<float> bias = ramp(80);
    for_every_stride([&](const ConstView& in, const Strides& strides) {
      if (in.rank() != 2) return;
      SCOPED_TRACE(to_string(in) + ", out's strides " + to_string(strides));
      const Sentinels out(in.shape, strides);
      expect_bias_gelu(in, {bias.data() + 60, {in.shape[1]}, {-3}}, out.view());
      expect_bias_gelu(in, {bias.data(), {in.shape[1]}, {0}}, out.view());
      out.expect_rest_untouched();
    });
  });
}

TEST(bias_gelu, nothing_of_nothing) {
  one_case([](Generator&) {
    const std::vector<float> memory = ramp(8);
    for (const Shape& shape : {Shape{0, 3}, Shape{3, 0}, Shape{0, 0}, Shape{1, 1}, Shape{2, 4}}) {
      const Sentinels out(shape, dense_strides(shape));
      expect_bias_gelu(dense(memory, shape), dense(memory, {shape[1]}), out.view());
      out.expect_rest_untouched();
    }
  });
}

TEST(bias_gelu, the_sum_decides) {
  // Large terms that cancel, and infinities that meet.
  one_case([](Generator&) {
    const std::vector<float> in{1000, -1000, 1e30f, kInfinity, -kInfinity, kInfinity},
        bias{-999, 999.5f, -1e30f, -kInfinity, -1, 1};
    std::vector<float> out(6, 7.0f);
    expect_bias_gelu(dense(in, {1, 6}), dense(bias, {6}), dense(out, {1, 6}));
  });
}

TEST(bias_gelu, every_magnitude) {
  one_case([](Generator&) {
    std::vector<float> in;
    for (float x = 1e-38f; x < 1e38f; x *= 3.7f) in.insert(in.end(), {x, -x});
    const auto n = static_cast<std::int64_t>(in.size());
    expect_gelu_of(in, n);
    std::vector<float> fine;
    for (int i = -600; i <= 600; ++i) fine.push_back(0.02f * static_cast<float>(i));
    expect_gelu_of(fine, static_cast<std::int64_t>(fine.size()));
  });
}

}  // namespace
