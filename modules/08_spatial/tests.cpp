// Module 08's tests of shapes and convolutions, as students see them: one suite an exercise, one behaviour a test; at
// the end the speed case. The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include <algorithm>
#include <vector>

#include "images.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::images;

namespace {

/// The lesson's image and window.
const std::vector<float> kImage{1, 2, 0, 1, 0, 1, 3, 2, 2, 0, 1, 1, 1, 1, 0, 2};
const std::vector<float> kWindow{1, 0, -1, 2, 0, -2, 1, 0, -1};

Pool2dOptions pool(std::int64_t extent, std::int64_t stride, std::int64_t padding = 0) {
  return {extent, extent, stride, stride, padding, padding};
}

// ---- window_shape

TEST(window_shape, by_hand) {
  one_case([](Generator&) {
    const Shape in{8, 3, 28, 28};
    expect_shape("in 28, window 5", kernel().conv2d_shape(in, {16, 3, 5, 5}, {}), {8, 16, 24, 24});
    expect_shape("in 28, window 3, padding 1", kernel().conv2d_shape(in, {16, 3, 3, 3}, {1, 1, 1, 1}), {8, 16, 28, 28});
    expect_shape("in 28, window 2, stride 2", kernel().conv2d_shape(in, {16, 3, 2, 2}, {2, 2, 0, 0}), {8, 16, 14, 14});
    expect_shape("in 28, pool of 2, stride 2", kernel().pool2d_shape(in, pool(2, 2)), {8, 3, 14, 14});
    expect_shape("in 28, pool of 4, stride 4", kernel().pool2d_shape(in, pool(4, 4)), {8, 3, 7, 7});
  });
}

TEST(window_shape, height_and_width_apart) {
  one_case([](Generator&) {
    expect_shape("in (10, 7), window (4, 2), stride (3, 1), padding (0, 2)",
                 kernel().conv2d_shape({2, 1, 10, 7}, {5, 1, 4, 2}, {3, 1, 0, 2}), {2, 5, 3, 10});
    expect_shape("in (10, 7), pool (4, 2), stride (3, 1), padding (2, 1)",
                 kernel().pool2d_shape({2, 1, 10, 7}, {4, 2, 3, 1, 2, 1}), {2, 1, 4, 8});
  });
}

TEST(window_shape, rounds_down) {
  one_case([](Generator&) {
    // Of 8 pixels windows of 3 that move by 2 see 7: at 0, 2 and 4. The last pixel is in none.
    expect_shape("in 8, window 3, stride 2", kernel().conv2d_shape({1, 1, 8, 8}, {1, 1, 3, 3}, {2, 2, 0, 0}),
                 {1, 1, 3, 3});
    expect_shape("in 7, window 3, stride 2", kernel().conv2d_shape({1, 1, 7, 7}, {1, 1, 3, 3}, {2, 2, 0, 0}),
                 {1, 1, 3, 3});
    expect_shape("in 9, window 3, stride 2", kernel().conv2d_shape({1, 1, 9, 9}, {1, 1, 3, 3}, {2, 2, 0, 0}),
                 {1, 1, 4, 4});
    expect_shape("in 7, pool of 2, stride 2", kernel().pool2d_shape({1, 1, 7, 7}, pool(2, 2)), {1, 1, 3, 3});
  });
}

TEST(window_shape, random_windows) {
  for_each_case(40, [](Generator& g) {
    const Convolution c = random_convolution(g);
    expect_shape("conv2d_shape, " + describe(c), kernel().conv2d_shape(c.in, c.weight, c.options), c.out());
    const std::int64_t height = c.weight[2], width = c.weight[3];
    const Pool2dOptions options{height,
                                width,
                                c.options.stride_height,
                                c.options.stride_width,
                                std::min(c.options.padding_height, height / 2),
                                std::min(c.options.padding_width, width / 2)};
    const Shape in{c.in[0], c.in[1], std::max(c.in[2], height), std::max(c.in[3], width)};
    expect_shape("pool2d_shape of " + to_string(in), kernel().pool2d_shape(in, options),
                 oracle::pool2d_shape(in, options));
  });
}

TEST(window_shape, refuses_misfits) {
  one_case([](Generator&) {
    const Shape in{2, 3, 5, 6};
    auto refuses = [](const char* what, const Shape& in, const Shape& weight, Conv2dOptions options) {
      expect_error(ErrorKind::invalid_argument, what, [&] { kernel().conv2d_shape(in, weight, options); });
    };
    refuses("in has three dimensions", {3, 5, 6}, {4, 3, 3, 3}, {});
    refuses("weight has three dimensions", in, {4, 3, 3}, {});
    refuses("weight is for 2 channels, in has 3", in, {4, 2, 3, 3}, {});
    refuses("a stride of 0", in, {4, 3, 3, 3}, {0, 1, 0, 0});
    refuses("a padding of -1", in, {4, 3, 3, 3}, {1, 1, 0, -1});
    refuses("a window of 6 rows in an image of 5", in, {4, 3, 6, 6}, {});
    auto refuses_pool = [&](const char* what, const Shape& in, Pool2dOptions options) {
      expect_error(ErrorKind::invalid_argument, what, [&] { kernel().pool2d_shape(in, options); });
    };
    refuses_pool("in has three dimensions", {3, 5, 6}, {});
    refuses_pool("a window of 0 columns", in, {2, 0, 2, 2, 0, 0});
    refuses_pool("a window of 6 rows in an image of 5", in, pool(6, 1));
    expect_shape("a window that just fits", kernel().conv2d_shape(in, {4, 3, 5, 6}, {}), {2, 4, 1, 1});
  });
}

// ---- conv2d

TEST(conv2d, by_hand) {
  one_case([](Generator&) {
    std::vector<float> out(4, kNaN);
    const std::vector<float> zero(1), ten{10};
    kernel().conv2d(dense(kImage, {1, 1, 4, 4}), dense(kWindow, {1, 1, 3, 3}), dense(zero, {1}), {},
                    dense(out, {1, 1, 2, 2}));
    EXPECT_EQ(out, (std::vector<float>{-4, -2, 0, -4})) << "the lesson's image and window";
    kernel().conv2d(dense(kImage, {1, 1, 4, 4}), dense(kWindow, {1, 1, 3, 3}), dense(ten, {1}), {},
                    dense(out, {1, 1, 2, 2}));
    EXPECT_EQ(out, (std::vector<float>{6, 8, 10, 6})) << "the same with a bias of 10";
  });
}

TEST(conv2d, padding_by_hand) {
  one_case([](Generator&) {
    std::vector<float> out(4, kNaN);
    const std::vector<float> zero(1);
    kernel().conv2d(dense(kImage, {1, 1, 4, 4}), dense(kWindow, {1, 1, 3, 3}), dense(zero, {1}), {2, 2, 1, 1},
                    dense(out, {1, 1, 2, 2}));
    EXPECT_EQ(out, (std::vector<float>{-5, 1, -2, -4})) << "the lesson's image and window, stride 2, padding 1";
  });
}

TEST(conv2d, channels_by_hand) {
  one_case([](Generator&) {
    // Two pixels of two channels, three filters of one tap: (1, 0), (0, 1) and (10, 1).
    const std::vector<float> in{1, 2, 3, 4}, weight{1, 0, 0, 1, 10, 1}, bias{0, 0, 100};
    std::vector<float> out(6, kNaN);
    kernel().conv2d(dense(in, {1, 2, 1, 2}), dense(weight, {3, 2, 1, 1}), dense(bias, {3}), {},
                    dense(out, {1, 3, 1, 2}));
    EXPECT_EQ(out, (std::vector<float>{1, 2, 3, 4, 113, 124}));
  });
}

TEST(conv2d, random_shapes) {
  for_each_case(30, [](Generator& g) {
    const Convolution c = random_convolution(g, true);
    const Operand in = g.input("in", c.in, Layout::dense), weight = g.input("weight", c.weight, Layout::dense);
    const Operand bias = g.input("bias", {c.weight[0]}, Layout::dense);
    expect_convolves(in, weight, bias, c.options, g.output("out", c.out()));
  });
}

TEST(conv2d, strides_and_paddings) {
  for_each_case(40, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand in = g.input("in", c.in, Layout::dense), weight = g.input("weight", c.weight, Layout::dense);
    const Operand bias = g.input("bias", {c.weight[0]}, Layout::dense);
    expect_convolves(in, weight, bias, c.options, g.output("out", c.out()));
  });
}

TEST(conv2d, without_bias) {
  for_each_case(5, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand in = g.input("in", c.in), weight = g.input("weight", c.weight), bias = g.input("bias", {0});
    expect_convolves(in, weight, bias, c.options, g.output("out", c.out()));
  });
}

TEST(conv2d, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand in = g.input("in", c.in), weight = g.input("weight", c.weight);
    const Operand bias = g.input("bias", {c.weight[0]});
    expect_convolves(in, weight, bias, c.options, g.output("out", c.out(), g.writable_layout()));
  });
}

TEST(conv2d, padding_is_absent) {
  one_case([](Generator&) {
    // The outer taps are infinite and NaN; on an image of one pixel only the middle one meets something.
    const std::vector<float> pixel{3}, zero(1);
    std::vector<float> weight(9, kInfinity), out(1, kNaN);
    weight[0] = kNaN;
    weight[4] = 2;
    kernel().conv2d(dense(pixel, {1, 1, 1, 1}), dense(weight, {1, 1, 3, 3}), dense(zero, {1}), {1, 1, 1, 1},
                    dense(out, {1, 1, 1, 1}));
    EXPECT_EQ(out, (std::vector<float>{6})) << "0 times infinity is NaN: padding is not a border of zeros";
  });
}

TEST(conv2d, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory(400, 1.0f);
    std::vector<float> out(400, 5.0f);
    auto refuses = [&](const char* what, const Shape& in, const Shape& weight, const Shape& bias, Conv2dOptions options,
                       const Shape& to) {
      expect_error(ErrorKind::invalid_argument, what, [&] {
        kernel().conv2d(dense(memory, in), dense(memory, weight), dense(memory, bias), options, dense(out, to));
      });
    };
    refuses("out has a row too many", {2, 3, 5, 5}, {4, 3, 3, 3}, {4}, {}, {2, 4, 4, 3});
    refuses("out has in's channels", {2, 3, 5, 5}, {4, 3, 3, 3}, {4}, {}, {2, 3, 3, 3});
    refuses("out has another batch", {2, 3, 5, 5}, {4, 3, 3, 3}, {4}, {}, {1, 4, 3, 3});
    refuses("out has rank 3", {2, 3, 5, 5}, {4, 3, 3, 3}, {4}, {}, {4, 3, 3});
    refuses("weight is for 2 channels", {2, 3, 5, 5}, {4, 2, 3, 3}, {4}, {}, {2, 4, 3, 3});
    refuses("bias has in's channels", {2, 3, 5, 5}, {4, 3, 3, 3}, {3}, {}, {2, 4, 3, 3});
    refuses("bias is a scalar", {2, 3, 5, 5}, {4, 3, 3, 3}, {}, {}, {2, 4, 3, 3});
    refuses("a stride of 0", {2, 3, 5, 5}, {4, 3, 3, 3}, {4}, {1, 0, 0, 0}, {2, 4, 3, 3});
    EXPECT_EQ(out, std::vector<float>(400, 5.0f)) << "a call that is refused writes nothing";
    expect_convolves(dense(memory, {2, 3, 5, 5}), dense(memory, {4, 3, 3, 3}), dense(memory, {4}), {},
                     dense(out, {2, 4, 3, 3}));
  });
}

// ---- conv2d_backward_in

TEST(conv2d_backward_in, by_hand) {
  one_case([](Generator&) {
    // What flows into the lesson's four outputs is 1, 0, 0 and 10. Each lays the window, as large as it is, under its
    // place; where the two overlap they add.
    const std::vector<float> flowing{1, 0, 0, 10};
    std::vector<float> grad_in(16, 0.0f);
    kernel().conv2d_backward_in(dense(flowing, {1, 1, 2, 2}), dense(kWindow, {1, 1, 3, 3}), {},
                                dense(grad_in, {1, 1, 4, 4}));
    EXPECT_EQ(grad_in, (std::vector<float>{1, 0, -1, 0, 2, 10, -2, -10, 1, 20, -1, -20, 0, 10, 0, -10}));
  });
}

TEST(conv2d_backward_in, channels_by_hand) {
  one_case([](Generator&) {
    // Of three filters of one tap: (1, 0), (0, 1), (10, 1). Each input channel gathers from all of them.
    const std::vector<float> flowing{1, 2, 10, 20, 100, 200}, weight{1, 0, 0, 1, 10, 1};
    std::vector<float> grad_in(4, 0.0f);
    kernel().conv2d_backward_in(dense(flowing, {1, 3, 1, 2}), dense(weight, {3, 2, 1, 1}), {},
                                dense(grad_in, {1, 2, 1, 2}));
    EXPECT_EQ(grad_in, (std::vector<float>{1001, 2002, 110, 220}));
  });
}

TEST(conv2d_backward_in, keeps_what_is_there) {
  one_case([](Generator&) {
    const std::vector<float> flowing{1}, weight{2};
    std::vector<float> grad_in{5};
    for (const float sum : {7.0f, 9.0f}) {
      kernel().conv2d_backward_in(dense(flowing, {1, 1, 1, 1}), dense(weight, {1, 1, 1, 1}), {},
                                  dense(grad_in, {1, 1, 1, 1}));
      EXPECT_EQ(grad_in[0], sum) << "adds 2 to 5, once and then once more";
    }
  });
}

TEST(conv2d_backward_in, random_shapes) {
  for_each_case(30, [](Generator& g) {
    const Convolution c = random_convolution(g, true);
    const Operand flowing = g.input("grad_out", c.out(), Layout::dense);
    const Operand weight = g.input("weight", c.weight, Layout::dense);
    expect_backward_in(flowing, weight, c.options, gradient(g, "grad_in", c.in));
  });
}

TEST(conv2d_backward_in, strides_and_paddings) {
  for_each_case(40, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand flowing = g.input("grad_out", c.out(), Layout::dense);
    const Operand weight = g.input("weight", c.weight, Layout::dense);
    expect_backward_in(flowing, weight, c.options, gradient(g, "grad_in", c.in));
  });
}

TEST(conv2d_backward_in, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand flowing = g.input("grad_out", c.out()), weight = g.input("weight", c.weight);
    expect_backward_in(flowing, weight, c.options, gradient(g, "grad_in", c.in, g.writable_layout()));
  });
}

TEST(conv2d_backward_in, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory(400, 1.0f);
    std::vector<float> into(400, 5.0f);
    auto refuses = [&](const char* what, const Shape& flowing, const Shape& weight, Conv2dOptions options,
                       const Shape& to) {
      expect_error(ErrorKind::invalid_argument, what, [&] {
        kernel().conv2d_backward_in(dense(memory, flowing), dense(memory, weight), options, dense(into, to));
      });
    };
    refuses("grad_in is a row too low", {2, 4, 3, 3}, {4, 3, 3, 3}, {}, {2, 3, 4, 5});
    refuses("grad_in has the output's channels", {2, 4, 3, 3}, {4, 3, 3, 3}, {}, {2, 4, 5, 5});
    refuses("grad_out has in's channels", {2, 3, 3, 3}, {4, 3, 3, 3}, {}, {2, 3, 5, 5});
    refuses("grad_in has another batch", {2, 4, 3, 3}, {4, 3, 3, 3}, {}, {1, 3, 5, 5});
    refuses("a padding of -1", {2, 4, 3, 3}, {4, 3, 3, 3}, {1, 1, -1, 0}, {2, 3, 7, 5});
    EXPECT_EQ(into, std::vector<float>(400, 5.0f)) << "a call that is refused writes nothing";
    expect_backward_in(dense(memory, {2, 4, 3, 3}), dense(memory, {4, 3, 3, 3}), {}, dense(into, {2, 3, 5, 5}));
  });
}

// ---- conv2d_backward_weight

TEST(conv2d_backward_weight, by_hand) {
  one_case([](Generator&) {
    // The first output read the image's upper left nine pixels, the last one its lower right nine, with weight 10.
    const std::vector<float> flowing{1, 0, 0, 10};
    std::vector<float> grad_weight(9, 0.0f), grad_bias(1, 0.0f);
    kernel().conv2d_backward_weight(dense(flowing, {1, 1, 2, 2}), dense(kImage, {1, 1, 4, 4}), {},
                                    dense(grad_weight, {1, 1, 3, 3}));
    EXPECT_EQ(grad_weight, (std::vector<float>{11, 32, 20, 0, 11, 13, 12, 0, 21}));
    kernel().conv2d_backward_bias(dense(flowing, {1, 1, 2, 2}), dense(grad_bias, {1}));
    EXPECT_EQ(grad_bias, (std::vector<float>{11})) << "the sum of what flows in";
  });
}

TEST(conv2d_backward_weight, keeps_what_is_there) {
  one_case([](Generator&) {
    const std::vector<float> flowing{2}, in{1};
    std::vector<float> grad_weight{5}, grad_bias{5};
    for (const float sum : {7.0f, 9.0f}) {
      kernel().conv2d_backward_weight(dense(flowing, {1, 1, 1, 1}), dense(in, {1, 1, 1, 1}), {},
                                      dense(grad_weight, {1, 1, 1, 1}));
      EXPECT_EQ(grad_weight[0], sum) << "conv2d_backward_weight adds 2 to 5, once and then once more";
      kernel().conv2d_backward_bias(dense(flowing, {1, 1, 1, 1}), dense(grad_bias, {1}));
      EXPECT_EQ(grad_bias[0], sum) << "conv2d_backward_bias adds 2 to 5, once and then once more";
    }
  });
}

TEST(conv2d_backward_weight, random_shapes) {
  for_each_case(30, [](Generator& g) {
    const Convolution c = random_convolution(g, true);
    const Operand flowing = g.input("grad_out", c.out(), Layout::dense), in = g.input("in", c.in, Layout::dense);
    expect_backward_weight(flowing, in, c.options, gradient(g, "grad_weight", c.weight));
  });
}

TEST(conv2d_backward_weight, strides_and_paddings) {
  for_each_case(40, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand flowing = g.input("grad_out", c.out(), Layout::dense), in = g.input("in", c.in, Layout::dense);
    expect_backward_weight(flowing, in, c.options, gradient(g, "grad_weight", c.weight));
  });
}

TEST(conv2d_backward_weight, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand flowing = g.input("grad_out", c.out()), in = g.input("in", c.in);
    expect_backward_weight(flowing, in, c.options, gradient(g, "grad_weight", c.weight, g.writable_layout()));
  });
}

TEST(conv2d_backward_weight, bias_gets_every_pixel) {
  for_each_case(30, [](Generator& g) {
    const Shape shape{between(g, 1, 4), between(g, 1, 5), g.positive_extent(), g.positive_extent()};
    const Operand flowing = g.input("grad_out", shape);
    expect_backward_bias(flowing, gradient(g, "grad_bias", {shape[1]}, g.writable_layout()));
  });
}

TEST(conv2d_backward_weight, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory(400, 1.0f);
    std::vector<float> into(400, 5.0f);
    auto refuses = [&](const char* what, const Shape& flowing, const Shape& in, Conv2dOptions options,
                       const Shape& to) {
      expect_error(ErrorKind::invalid_argument, what, [&] {
        kernel().conv2d_backward_weight(dense(memory, flowing), dense(memory, in), options, dense(into, to));
      });
    };
    refuses("grad_weight has another number of input channels", {2, 4, 3, 3}, {2, 3, 5, 5}, {}, {4, 2, 3, 3});
    refuses("grad_weight has another number of output channels", {2, 4, 3, 3}, {2, 3, 5, 5}, {}, {3, 3, 3, 3});
    refuses("grad_out has a row too few", {2, 4, 2, 3}, {2, 3, 5, 5}, {}, {4, 3, 3, 3});
    refuses("grad_out has another batch", {1, 4, 3, 3}, {2, 3, 5, 5}, {}, {4, 3, 3, 3});
    refuses("a stride of 0", {2, 4, 3, 3}, {2, 3, 5, 5}, {0, 1, 0, 0}, {4, 3, 3, 3});
    expect_error(ErrorKind::invalid_argument, "grad_bias has the batch's extent", [&] {
      kernel().conv2d_backward_bias(dense(memory, {2, 4, 3, 3}), dense(into, {2}));
    });
    expect_error(ErrorKind::invalid_argument, "grad_out has rank 3", [&] {
      kernel().conv2d_backward_bias(dense(memory, {4, 3, 3}), dense(into, {3}));
    });
    EXPECT_EQ(into, std::vector<float>(400, 5.0f)) << "a call that is refused writes nothing";
    expect_backward_weight(dense(memory, {2, 4, 3, 3}), dense(memory, {2, 3, 5, 5}), {}, dense(into, {4, 3, 3, 3}));
    expect_backward_bias(dense(memory, {2, 4, 3, 3}), dense(into, {4}));
  });
}

// ---- conv2d_grouped

/// Random groups and gaps on an image on which the window fits.
void expect_grouped(Generator& g, bool any_layout) {
  GroupedConv2dOptions options{between(g, 1, 3), between(g, 1, 3), between(g, 0, 3), between(g, 0, 3),
                               between(g, 1, 3), between(g, 1, 3), between(g, 1, 3)};
  const Shape weight{options.groups * between(g, 1, 3), between(g, 1, 3), between(g, 1, 4), between(g, 1, 4)};
  const Shape in{between(g, 1, 2), options.groups * weight[1],
                 random_side(g, options.dilation_height * (weight[2] - 1) + 1, options.padding_height),
                 random_side(g, options.dilation_width * (weight[3] - 1) + 1, options.padding_width)};
  g.note("stride (" + std::to_string(options.stride_height) + ", " + std::to_string(options.stride_width) +
         "), padding (" + std::to_string(options.padding_height) + ", " + std::to_string(options.padding_width) +
         "), dilation (" + std::to_string(options.dilation_height) + ", " + std::to_string(options.dilation_width) +
         "), " + std::to_string(options.groups) + " groups");
  const Layout layouts[] = {any_layout ? g.layout() : Layout::dense, any_layout ? g.layout() : Layout::dense,
                            any_layout ? g.writable_layout() : Layout::dense};
  const Operand x = g.input("in", in, layouts[0]), filters = g.input("weight", weight, layouts[1]);
  const Operand bias = g.input("bias", {weight[0]}, Layout::dense);
  const Operand out = g.output("out", oracle::conv2d_grouped_shape(in, weight, options), layouts[2]);
  kernel().conv2d_grouped(x, filters, bias, options, out);
  expect_close(out, oracle::conv2d_grouped(x.values(), filters.values(), bias.values(), options));
}

TEST(conv2d_grouped, by_hand) {
  one_case([](Generator&) {
    // Two channels in two groups, each with a filter of 1 and 10 that stand two apart.
    const std::vector<float> in{1, 2, 3, 4, 5, 6, 7, 8}, weight{1, 10, 1, 10}, none;
    std::vector<float> out(4, kNaN);
    GroupedConv2dOptions options;
    options.dilation_width = 2;
    options.groups = 2;
    kernel().conv2d_grouped(dense(in, {1, 2, 1, 4}), dense(weight, {2, 1, 1, 2}), dense(none, {0}), options,
                            dense(out, {1, 2, 1, 2}));
    EXPECT_EQ(out, (std::vector<float>{31, 42, 75, 86}));
  });
}

TEST(conv2d_grouped, random_windows) {
  for_each_case(40, [](Generator& g) { expect_grouped(g, false); });
}

TEST(conv2d_grouped, random_layouts) {
  for_each_case(40, [](Generator& g) { expect_grouped(g, true); });
}

TEST(conv2d_grouped, one_group_without_gaps_is_conv2d) {
  for_each_case(10, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand in = g.input("in", c.in), weight = g.input("weight", c.weight);
    const Operand bias = g.input("bias", {c.weight[0]}), out = g.output("out", c.out());
    const Conv2dOptions& o = c.options;
    kernel().conv2d_grouped(in, weight, bias,
                            {o.stride_height, o.stride_width, o.padding_height, o.padding_width, 1, 1, 1}, out);
    expect_close(out, oracle::conv2d(in.values(), weight.values(), bias.values(), o));
  });
}

TEST(conv2d_grouped, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory(400, 1.0f);
    std::vector<float> out(400, 5.0f);
    auto refuses = [&](const char* what, const Shape& in, const Shape& weight, GroupedConv2dOptions options,
                       const Shape& to) {
      expect_error(ErrorKind::invalid_argument, what, [&] {
        kernel().conv2d_grouped(dense(memory, in), dense(memory, weight), dense(memory, {weight[0]}), options,
                                dense(out, to));
      });
    };
    refuses("3 groups of 4 input channels", {1, 4, 5, 5}, {6, 1, 3, 3}, {1, 1, 0, 0, 1, 1, 3}, {1, 6, 3, 3});
    refuses("2 groups of 3 output channels", {1, 4, 5, 5}, {3, 2, 3, 3}, {1, 1, 0, 0, 1, 1, 2}, {1, 3, 3, 3});
    refuses("weight has all input channels", {1, 4, 5, 5}, {4, 4, 3, 3}, {1, 1, 0, 0, 1, 1, 2}, {1, 4, 3, 3});
    refuses("0 groups", {1, 4, 5, 5}, {4, 2, 3, 3}, {1, 1, 0, 0, 1, 1, 0}, {1, 4, 3, 3});
    refuses("a dilation of 0", {1, 4, 5, 5}, {4, 2, 3, 3}, {1, 1, 0, 0, 1, 0, 2}, {1, 4, 3, 5});
    refuses("a window of 7 with its gaps", {1, 4, 5, 5}, {4, 2, 3, 3}, {1, 1, 0, 0, 3, 3, 2}, {1, 4, 1, 1});
    refuses("out without the gaps", {1, 4, 7, 7}, {4, 2, 3, 3}, {1, 1, 0, 0, 2, 2, 2}, {1, 4, 5, 5});
    EXPECT_EQ(out, std::vector<float>(400, 5.0f)) << "a call that is refused writes nothing";
    kernel().conv2d_grouped(dense(memory, {1, 4, 5, 5}), dense(memory, {4, 2, 3, 3}), dense(memory, {4}),
                            {1, 1, 0, 0, 2, 2, 2}, dense(out, {1, 4, 1, 1}));
    EXPECT_EQ(out[0], 19.0f) << "18 products of 1, and a bias of 1";
  });
}

// ---- speed: what the steps in module.toml are about

const speed::SpeedCase layer = speed::speed_case<&SpatialSlots::conv2d>(
    "conv2d.layer",
    [](speed::SpeedArguments& s) {
      ConstView in = s.input({4, 16, 14, 14}), weight = s.input({32, 16, 3, 3}), bias = s.input({32});
      return std::tuple<ConstView, ConstView, ConstView, Conv2dOptions, View>(in, weight, bias, {1, 1, 1, 1},
                                                                              s.output({4, 32, 14, 14}));
    },
    [](ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View) {
      return oracle::conv2d(to_array64(in), to_array64(weight), to_array64(bias), options);
    });

}  // namespace
