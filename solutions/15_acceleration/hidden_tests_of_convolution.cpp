// Module 15's hidden tests of im2col and of convolution by it: the edges that the visible tests leave out.
#include "images.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::columns;

namespace {

std::vector<float> digits(std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 9 + 1);
  return values;
}

TEST(conv2d_im2col, nothing_of_nothing) {
  one_case([](Generator&) {
    const std::vector<float> memory = digits(300), none;
    std::vector<float> out(300, kNaN);
    const auto expect = [&](const Shape& in, const Shape& weight, const Conv2dOptions& options, const Shape& shape) {
      SCOPED_TRACE(kiln::to_string(in) + " and " + kiln::to_string(weight));
      expect_convolves(dense(memory, in), dense(memory, weight), dense(memory, {weight[0]}), options,
                       dense(out, shape));
    };
    expect({0, 2, 5, 5}, {3, 2, 3, 3}, {}, {0, 3, 3, 3});
    expect({2, 2, 5, 5}, {0, 2, 3, 3}, {}, {2, 0, 3, 3});
    expect({2, 0, 5, 5}, {3, 0, 3, 3}, {}, {2, 3, 3, 3});
    expect({1, 1, 0, 0}, {2, 1, 2, 2}, {1, 1, 1, 1}, {1, 2, 1, 1});
    expect({1, 1, 1, 1}, {1, 1, 1, 1}, {}, {1, 1, 1, 1});
    expect({2, 2, 5, 5}, {3, 2, 3, 3}, {}, {2, 3, 3, 3});
  });
}

TEST(conv2d_im2col, padding_is_zeros) {
  // Other than in module 08, where what lies outside is absent.
  one_case([](Generator&) {
    const std::vector<float> image = digits(9), none;
    for (const float special : {kNaN, kInfinity}) {
      std::vector<float> weight(9, 1.0f), out(9, 7.0f);
      weight[0] = special;
      expect_convolves(dense(image, {1, 1, 3, 3}), dense(weight, {1, 1, 3, 3}), dense(none, {0}), {1, 1, 1, 1},
                       dense(out, {1, 1, 3, 3}));
    }
  });
}

TEST(conv2d_im2col, windows_in_the_padding) {
  one_case([](Generator&) {
    const std::vector<float> memory = digits(200), bias{1, 2};
    std::vector<float> out(480, kNaN);
    // Whole windows lie beside the image, above it and below.
    expect_convolves(dense(memory, {1, 2, 2, 3}), dense(memory, {2, 2, 2, 2}), dense(bias, {2}), {1, 2, 4, 5},
                     dense(out, {1, 2, 9, 6}));
    expect_columns(dense(memory, {2, 2, 3}), 2, 2, {2, 1, 5, 4}, dense(out, {8, 60}));
    expect_columns(dense(memory, {1, 1, 1}), 1, 1, {3, 3, 4, 4}, dense(out, {1, 9}));
  });
}

TEST(conv2d_im2col, what_lies_between_pixels_stays) {
  one_case([](Generator&) {
    const std::vector<float> memory = digits(300), bias{1, 2};
    const ConstView in{memory.data() + 100, {2, 2, 4, 4}, {-40, 20, -5, 1}};
    const ConstView weight{memory.data() + 60, {2, 2, 3, 3}, {20, 9, -3, 2}};
    for (const Strides& strides : {Strides{16, 8, 2, 1}, Strides{30, 15, 5, 1}, Strides{40, 20, 4, 2},
                                   Strides{4, 1, 8, 20}, Strides{-8, -4, -2, -1}}) {
      const Sentinels out({2, 2, 2, 2}, strides);
      SCOPED_TRACE("out's strides: " + kiln::to_string(strides));
      expect_convolves(in, weight, dense(bias, {2}), {}, out.view());
      out.expect_rest_untouched();
    }
    for (const Strides& strides : {Strides{6, 1}, Strides{1, 18}, Strides{-4, -1}}) {
      const Sentinels columns({18, 4}, strides);
      SCOPED_TRACE("columns' strides: " + kiln::to_string(strides));
      expect_columns({memory.data() + 50, {2, 4, 4}, {20, -5, 1}}, 3, 3, {}, columns.view());
      columns.expect_rest_untouched();
    }
  });
}

TEST(conv2d_im2col, a_networks_layer) {
  for_each_case(1, [](Generator& g) {
    const Operand in = g.input("in", {2, 16, 14, 14}, Layout::dense),
                  weight = g.input("weight", {32, 16, 3, 3}, Layout::dense);
    expect_convolves(in, weight, g.input("bias", {32}, Layout::dense), {1, 1, 1, 1}, g.output("out", {2, 32, 14, 14}));
  });
}

TEST(conv2d_im2col, one_tap_and_whole_images) {
  for_each_case(3, [](Generator& g) {
    const Operand in = g.input("in", {3, 5, 6, 7});
    expect_convolves(in, g.input("weight", {4, 5, 1, 1}), g.input("bias", {4}), {2, 3, 0, 0},
                     g.output("out", {3, 4, 3, 3}));
    expect_convolves(in, g.input("weight", {4, 5, 6, 7}), g.input("bias", {4}), {}, g.output("out", {3, 4, 1, 1}));
    expect_convolves(in, g.input("weight", {4, 5, 1, 7}), g.input("bias", {4}), {}, g.output("out", {3, 4, 6, 1}));
    expect_convolves(in, g.input("weight", {4, 5, 6, 1}), g.input("bias", {4}), {}, g.output("out", {3, 4, 1, 7}));
  });
}

}  // namespace
