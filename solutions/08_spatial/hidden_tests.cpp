// Module 08's hidden tests of shapes and convolutions: the edges that the visible tests leave out. One suite an
// exercise, one edge a test. Each also asks for a result that is no edge case, so that a kernel that does nothing
// passes none.
#include <cmath>
#include <vector>

#include "images.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::images;

namespace {

using Refused = std::pair<const char*, Conv2dOptions>;
const Refused kRefused[] = {{"stride_height 0", {0, 1, 0, 0}},    {"stride_width 0", {1, 0, 0, 0}},
                            {"stride_height -2", {-2, 1, 0, 0}},  {"stride_width -1", {1, -1, 0, 0}},
                            {"padding_height -1", {1, 1, -1, 0}}, {"padding_width -1", {1, 1, 0, -1}}};

/// Shapes in which something is empty or of extent 1, and windows that are larger than the image.
const Convolution kEdges[] = {
    {{0, 2, 5, 5}, {3, 2, 3, 3}, {}},           {{2, 0, 5, 5}, {3, 0, 3, 3}, {}},
    {{2, 0, 5, 5}, {40, 0, 3, 3}, {}},          {{2, 2, 5, 5}, {0, 2, 3, 3}, {}},
    {{2, 2, 0, 5}, {3, 2, 2, 3}, {1, 1, 1, 0}}, {{2, 2, 4, 0}, {3, 2, 2, 3}, {1, 1, 0, 3}},
    {{1, 1, 1, 1}, {1, 1, 1, 1}, {}},           {{1, 1, 1, 1}, {1, 1, 1, 1}, {3, 3, 3, 3}},
    {{3, 2, 1, 1}, {2, 2, 3, 3}, {1, 1, 1, 1}}, {{1, 2, 2, 1}, {3, 2, 5, 4}, {1, 2, 2, 3}},
    {{2, 1, 2, 3}, {2, 1, 5, 5}, {2, 1, 3, 3}}, {{2, 3, 4, 4}, {2, 3, 4, 4}, {}},
    {{1, 2, 9, 2}, {2, 2, 1, 2}, {1, 1, 0, 3}}, {{1, 1, 3, 3}, {2, 1, 2, 2}, {5, 4, 3, 3}},
};

// ---- window_shape

TEST(window_shape, nothing_to_count) {
  one_case([](Generator&) {
    for (const Convolution& edge : kEdges)
      expect_shape("conv2d_shape, " + describe(edge), kernel().conv2d_shape(edge.in, edge.weight, edge.options),
                   edge.out());
    expect_shape("an empty batch", kernel().pool2d_shape({0, 3, 4, 4}, {}), {0, 3, 2, 2});
    expect_shape("no channels", kernel().pool2d_shape({2, 0, 5, 4}, {}), {2, 0, 2, 2});
    expect_shape("nothing but padding", kernel().pool2d_shape({2, 1, 0, 4}, {2, 2, 1, 1, 1, 0}), {2, 1, 1, 3});
  });
}

TEST(window_shape, refuses_every_option) {
  one_case([](Generator&) {
    for (const auto& [what, options] : kRefused) {
      expect_error(ErrorKind::invalid_argument, std::string("conv2d_shape, ") + what, [options = options] {
        kernel().conv2d_shape({1, 1, 5, 5}, {1, 1, 2, 2}, options);
      });
      expect_error(ErrorKind::invalid_argument, std::string("pool2d_shape, ") + what, [options = options] {
        kernel().pool2d_shape({1, 1, 5, 5}, {2, 2, options.stride_height, options.stride_width, options.padding_height,
                                             options.padding_width});
      });
    }
    for (const Shape& weight : {Shape{1, 1, 0, 2}, Shape{1, 1, 2, 0}})
      expect_error(ErrorKind::invalid_argument, "a window without a pixel, weight " + to_string(weight), [&] {
        kernel().conv2d_shape({1, 1, 5, 5}, weight, {});
      });
    expect_error(ErrorKind::invalid_argument, "a pool of -1 rows", [] {
      kernel().pool2d_shape({1, 1, 5, 5}, {-1, 2, 1, 1, 0, 0});
    });
    expect_error(ErrorKind::invalid_argument, "five dimensions", [] { kernel().pool2d_shape({1, 1, 1, 5, 5}, {}); });
    expect_shape("all in order", kernel().conv2d_shape({1, 1, 5, 5}, {1, 1, 2, 2}, {2, 3, 1, 0}), {1, 1, 3, 2});
  });
}

TEST(window_shape, one_place_and_none) {
  one_case([](Generator&) {
    // Without a check, (4 - 5) / 2 + 1 rounds towards zero and counts a place.
    for (std::int64_t stride : {1, 2, 3}) {
      expect_shape("in 5, window 5", kernel().conv2d_shape({1, 1, 5, 5}, {1, 1, 5, 5}, {stride, stride, 0, 0}),
                   {1, 1, 1, 1});
      expect_error(ErrorKind::invalid_argument, "in 4, window 5, stride " + std::to_string(stride), [=] {
        kernel().conv2d_shape({1, 1, 4, 5}, {1, 1, 5, 5}, {stride, 1, 0, 0});
      });
      expect_error(ErrorKind::invalid_argument, "in 2 with padding 1, window 5, stride " + std::to_string(stride), [=] {
        kernel().conv2d_shape({1, 1, 5, 2}, {1, 1, 5, 5}, {1, stride, 0, 1});
      });
      expect_error(ErrorKind::invalid_argument, "in 2, pool of 3, stride " + std::to_string(stride), [=] {
        kernel().pool2d_shape({1, 1, 3, 2}, {3, 3, stride, stride, 0, 0});
      });
    }
  });
}

TEST(window_shape, pools_refuse_wide_padding) {
  one_case([](Generator&) {
    for (std::int64_t extent = 1; extent <= 5; ++extent) {
      const std::int64_t half = extent / 2;
      expect_shape("pool of " + std::to_string(extent) + ", half of it as padding",
                   kernel().pool2d_shape({1, 1, 6, 6}, {extent, extent, 1, 1, half, half}),
                   {1, 1, 7 + 2 * half - extent, 7 + 2 * half - extent});
      expect_error(ErrorKind::invalid_argument, "a pool of " + std::to_string(extent) + " rows, more than half of it",
                   [=] {
                     kernel().pool2d_shape({1, 1, 6, 6}, {extent, extent, 1, 1, half + 1, 0});
                   });
      expect_error(ErrorKind::invalid_argument, "a pool of " + std::to_string(extent) + " columns, more than half",
                   [=] {
                     kernel().pool2d_shape({1, 1, 6, 6}, {extent, extent, 1, 1, 0, half + 1});
                   });
    }
  });
}

TEST(window_shape, more_than_an_int_counts) {
  one_case([](Generator&) {
    const std::int64_t large = 5'000'000'000;
    expect_shape("5e9 rows", kernel().conv2d_shape({1, 1, large, 4}, {1, 1, 2, 2}, {2, 2, 0, 0}),
                 {1, 1, 2'500'000'000, 2});
    expect_shape("5e9 columns", kernel().pool2d_shape({large, 1, 2, large}, {}), {large, 1, 1, 2'500'000'000});
  });
}

// ---- conv2d

TEST(conv2d, edges) {
  for_each_case(2, [](Generator& g) {
    for (const Convolution& edge : kEdges) {
      SCOPED_TRACE(describe(edge));
      const Operand in = g.input("in", edge.in), weight = g.input("weight", edge.weight);
      expect_convolves(in, weight, g.input("bias", {edge.weight[0]}), edge.options, g.output("out", edge.out()));
      expect_convolves(in, weight, g.input("no bias", {0}), edge.options, g.output("out", edge.out()));
    }
  });
}

TEST(conv2d, infinite_weights_in_the_padding) {
  for_each_case(20, [](Generator& g) {
    // Infinity and NaN reach exactly the outputs whose windows have these taps inside the image.
    const Convolution c = random_convolution(g);
    const Operand in = g.input("in", c.in, 0.5f, 1.5f), weight = g.input("weight", c.weight, Layout::dense);
    for (const float value : {kInfinity, -kInfinity, kNaN}) {
      Array64 values = weight.values();
      values.values[g.random().below(values.values.size())] = value;
      weight.assign(values);
    }
    expect_convolves(in, weight, g.input("bias", {c.weight[0]}), c.options, g.output("out", c.out()));
  });
}

TEST(conv2d, zeros_keep_nan) {
  // 0 times NaN or infinity is NaN, in the image as in the weights: nothing may be skipped.
  for_each_case(10, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand in = g.input("in", c.in, Layout::dense), weight = g.input("weight", c.weight, Layout::dense);
    Array64 zeros(c.weight), values = in.values();
    weight.assign(zeros);
    values.values[g.random().below(values.values.size())] = kInfinity;
    values.values[g.random().below(values.values.size())] = kNaN;
    in.assign(values);
    expect_convolves(in, weight, g.input("bias", {c.weight[0]}), c.options, g.output("out", c.out()));
  });
}

TEST(conv2d, many_channels) {
  for_each_case(1, [](Generator& g) {
    for (const std::int64_t out : {7, 8, 9, 15, 16, 17, 31, 32, 33, 70})
      for (const std::int64_t in : {1, 20}) {
        const Convolution c{{1, in, 5, 6}, {out, in, 3, 2}, {1, 1, 1, 1}};
        expect_convolves(g.input("in", c.in), g.input("weight", c.weight), g.input("bias", {out}), c.options,
                         g.output("out", c.out()));
      }
  });
}

TEST(conv2d, wide_and_high_images) {
  for_each_case(1, [](Generator& g) {
    for (const Shape& side : {Shape{2, 70}, Shape{70, 2}, Shape{33, 17}})
      for (const Conv2dOptions& options : {Conv2dOptions{}, Conv2dOptions{1, 1, 1, 1}, Conv2dOptions{1, 2, 0, 3}}) {
        const Convolution c{{1, 2, side[0], side[1]}, {3, 2, 2, 2}, options};
        expect_convolves(g.input("in", c.in), g.input("weight", c.weight), g.input("bias", {3}), options,
                         g.output("out", c.out()));
      }
  });
}

TEST(conv2d, writes_its_view_only) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(50), weight = counted(36), bias{1, 2};
    for (const Strides& strides : {Strides{36, 18, 6, 2}, Strides{-18, 9, 3, 1}, Strides{1, 2, 12, 4}}) {
      Sentinels out({2, 2, 3, 3}, strides);
      expect_convolves(dense(in, {2, 1, 5, 5}), dense(weight, {2, 1, 3, 3}), dense(bias, {2}), {}, out.view());
      out.expect_rest_untouched();
    }
  });
}

TEST(conv2d, large_and_small_values) {
  for_each_case(1, [](Generator& g) {
    // A large bias, or a channel that cancels another, must not cost more digits than its size excuses.
    const Convolution c{{2, 4, 6, 6}, {5, 4, 3, 3}, {1, 1, 1, 1}};
    for (const float size : {1e-20f, 1e18f})
      expect_convolves(g.input("in", c.in, -size, size), g.input("weight", c.weight), g.input("bias", {5}), c.options,
                       g.output("out", c.out()));
    expect_convolves(g.input("in", c.in), g.input("weight", c.weight), g.input("bias", {5}, 1e6f, 1e7f), c.options,
                     g.output("out", c.out()));
  });
}

TEST(conv2d, refuses_every_option) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(100);
    std::vector<float> out(100, 5.0f);
    for (const auto& [what, options] : kRefused)
      expect_error(ErrorKind::invalid_argument, what, [&, options = options] {
        kernel().conv2d(dense(memory, {1, 1, 5, 5}), dense(memory, {1, 1, 2, 2}), dense(memory, {1}), options,
                        dense(out, {1, 1, 4, 4}));
      });
    expect_error(ErrorKind::invalid_argument, "a window larger than the image", [&] {
      kernel().conv2d(dense(memory, {1, 1, 2, 5}), dense(memory, {1, 1, 3, 2}), dense(memory, {1}), {},
                      dense(out, {1, 1, 0, 4}));
    });
    EXPECT_EQ(out, std::vector<float>(100, 5.0f)) << "a call that is refused writes nothing";
    expect_convolves(dense(memory, {1, 1, 5, 5}), dense(memory, {1, 1, 2, 2}), dense(memory, {1}), {},
                     dense(out, {1, 1, 4, 4}));
  });
}

// ---- conv2d_backward_in

TEST(conv2d_backward_in, edges) {
  for_each_case(2, [](Generator& g) {
    for (const Convolution& edge : kEdges) {
      SCOPED_TRACE(describe(edge));
      expect_backward_in(g.input("grad_out", edge.out()), g.input("weight", edge.weight), edge.options,
                         gradient(g, "grad_in", edge.in));
    }
  });
}

TEST(conv2d_backward_in, pixels_that_no_window_saw) {
  one_case([](Generator&) {
    // Windows of 1 that move by 3 see the pixels 0 and 3 of 6; of the others each keeps what it holds.
    const std::vector<float> flowing{1, 2}, weight{10};
    std::vector<float> grad_in{1, 2, 3, 4, 5, 6};
    kernel().conv2d_backward_in(dense(flowing, {1, 1, 1, 2}), dense(weight, {1, 1, 1, 1}), {1, 3, 0, 0},
                                dense(grad_in, {1, 1, 1, 6}));
    EXPECT_EQ(grad_in, (std::vector<float>{11, 2, 3, 24, 5, 6}));
    // Of 8 rows, windows of 3 that move by 2 leave out the last.
    const std::vector<float> ones(3, 1.0f);
    std::vector<float> column(8, 0.0f);
    kernel().conv2d_backward_in(dense(ones, {1, 1, 3, 1}), dense(ones, {1, 1, 3, 1}), {2, 1, 0, 0},
                                dense(column, {1, 1, 8, 1}));
    EXPECT_EQ(column, (std::vector<float>{1, 1, 2, 1, 2, 1, 1, 0}));
  });
}

TEST(conv2d_backward_in, infinity_and_nan) {
  for_each_case(20, [](Generator& g) {
    // In what flows in and in the weights; taps outside the image add nothing, zeros keep NaN.
    const Convolution c = random_convolution(g);
    const Operand flowing = g.input("grad_out", c.out(), Layout::dense);
    const Operand weight = g.input("weight", c.weight, Layout::dense);
    Array64 gradients = flowing.values(), weights = weight.values();
    gradients.values[g.random().below(gradients.values.size())] = 0;
    gradients.values[g.random().below(gradients.values.size())] = kInfinity;
    weights.values[g.random().below(weights.values.size())] = kNaN;
    weights.values[g.random().below(weights.values.size())] = 0;
    flowing.assign(gradients);
    weight.assign(weights);
    expect_backward_in(flowing, weight, c.options, gradient(g, "grad_in", c.in));
  });
}

TEST(conv2d_backward_in, many_channels) {
  for_each_case(1, [](Generator& g) {
    for (const std::int64_t in : {7, 8, 9, 15, 16, 17, 31, 32, 33, 70})
      for (const std::int64_t out : {1, 20}) {
        const Convolution c{{1, in, 5, 6}, {out, in, 3, 2}, {1, 2, 1, 1}};
        expect_backward_in(g.input("grad_out", c.out()), g.input("weight", c.weight), c.options,
                           gradient(g, "grad_in", c.in));
      }
  });
}

TEST(conv2d_backward_in, writes_its_view_only) {
  one_case([](Generator&) {
    const std::vector<float> flowing = counted(18), weight = counted(18);
    for (const Strides& strides : {Strides{0, 50, 10, 2}, Strides{50, 25, -5, 1}, Strides{1, 1, 6, 1}}) {
      Sentinels grad_in({1, 1, 5, 5}, strides);
      expect_backward_in(dense(flowing, {1, 2, 3, 3}), dense(weight, {2, 1, 3, 3}), {}, grad_in.view());
      grad_in.expect_rest_untouched();
    }
  });
}

TEST(conv2d_backward_in, refuses_every_option) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(100);
    std::vector<float> into(100, 5.0f);
    for (const auto& [what, options] : kRefused)
      expect_error(ErrorKind::invalid_argument, what, [&, options = options] {
        kernel().conv2d_backward_in(dense(memory, {1, 1, 4, 4}), dense(memory, {1, 1, 2, 2}), options,
                                    dense(into, {1, 1, 5, 5}));
      });
    EXPECT_EQ(into, std::vector<float>(100, 5.0f)) << "a call that is refused writes nothing";
    expect_backward_in(dense(memory, {1, 1, 4, 4}), dense(memory, {1, 1, 2, 2}), {}, dense(into, {1, 1, 5, 5}));
  });
}

// ---- conv2d_backward_weight

TEST(conv2d_backward_weight, edges) {
  for_each_case(2, [](Generator& g) {
    for (const Convolution& edge : kEdges) {
      SCOPED_TRACE(describe(edge));
      const Operand flowing = g.input("grad_out", edge.out());
      expect_backward_weight(flowing, g.input("in", edge.in), edge.options, gradient(g, "grad_weight", edge.weight));
      expect_backward_bias(flowing, gradient(g, "grad_bias", {edge.weight[0]}));
    }
  });
}

TEST(conv2d_backward_weight, infinity_in_the_padding) {
  for_each_case(20, [](Generator& g) {
    // What flows into a pixel meets only those taps that its window has inside the image.
    const Convolution c = random_convolution(g);
    const Operand flowing = g.input("grad_out", c.out(), Layout::dense), in = g.input("in", c.in, Layout::dense);
    Array64 gradients = flowing.values(), values = in.values();
    gradients.values.front() = kInfinity;
    gradients.values[g.random().below(gradients.values.size())] = kNaN;
    values.values[g.random().below(values.values.size())] = 0;
    flowing.assign(gradients);
    in.assign(values);
    expect_backward_weight(flowing, in, c.options, gradient(g, "grad_weight", c.weight));
    expect_backward_bias(flowing, gradient(g, "grad_bias", {c.weight[0]}));
  });
}

TEST(conv2d_backward_weight, zeros_keep_nan) {
  one_case([](Generator&) {
    const std::vector<float> flowing{0, 0, 0, 1}, in{kNaN, 2, 3, 4, 5, 6};
    std::vector<float> grad_weight(2, 0.0f);
    kernel().conv2d_backward_weight(dense(flowing, {1, 1, 1, 4}), dense(in, {1, 1, 1, 5}), {},
                                    dense(grad_weight, {1, 1, 1, 2}));
    EXPECT_TRUE(std::isnan(grad_weight[0])) << "0 times NaN is NaN, got " << grad_weight[0];
    EXPECT_EQ(grad_weight[1], 5);
  });
}

TEST(conv2d_backward_weight, many_channels) {
  for_each_case(1, [](Generator& g) {
    for (const std::int64_t out : {7, 8, 9, 15, 16, 17, 31, 32, 33, 70})
      for (const std::int64_t in : {1, 20}) {
        const Convolution c{{2, in, 5, 6}, {out, in, 3, 2}, {2, 1, 1, 1}};
        expect_backward_weight(g.input("grad_out", c.out()), g.input("in", c.in), c.options,
                               gradient(g, "grad_weight", c.weight));
      }
  });
}

TEST(conv2d_backward_weight, wide_and_high_images) {
  for_each_case(1, [](Generator& g) {
    for (const Shape& side : {Shape{2, 70}, Shape{70, 2}, Shape{33, 17}})
      for (const Conv2dOptions& options : {Conv2dOptions{}, Conv2dOptions{1, 1, 1, 1}, Conv2dOptions{1, 2, 0, 3}}) {
        const Convolution c{{1, 2, side[0], side[1]}, {3, 2, 2, 2}, options};
        const Operand flowing = g.input("grad_out", c.out());
        expect_backward_weight(flowing, g.input("in", c.in), options, gradient(g, "grad_weight", c.weight));
        expect_backward_bias(flowing, gradient(g, "grad_bias", {3}));
      }
  });
}

TEST(conv2d_backward_weight, writes_its_view_only) {
  one_case([](Generator&) {
    const std::vector<float> flowing = counted(18), in = counted(25);
    for (const Strides& strides : {Strides{50, 0, 10, 2}, Strides{-20, 1, 5, 1}, Strides{1, 1, 20, 4}}) {
      Sentinels grad_weight({2, 1, 3, 3}, strides), grad_bias({2}, {-3});
      expect_backward_weight(dense(flowing, {1, 2, 3, 3}), dense(in, {1, 1, 5, 5}), {}, grad_weight.view());
      grad_weight.expect_rest_untouched();
      expect_backward_bias(dense(flowing, {1, 2, 3, 3}), grad_bias.view());
      grad_bias.expect_rest_untouched();
    }
  });
}

TEST(conv2d_backward_weight, refuses_every_option) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(100);
    std::vector<float> into(100, 5.0f);
    for (const auto& [what, options] : kRefused)
      expect_error(ErrorKind::invalid_argument, what, [&, options = options] {
        kernel().conv2d_backward_weight(dense(memory, {1, 1, 4, 4}), dense(memory, {1, 1, 5, 5}), options,
                                        dense(into, {1, 1, 2, 2}));
      });
    EXPECT_EQ(into, std::vector<float>(100, 5.0f)) << "a call that is refused writes nothing";
    expect_backward_weight(dense(memory, {1, 1, 4, 4}), dense(memory, {1, 1, 5, 5}), {}, dense(into, {1, 1, 2, 2}));
  });
}

// ---- conv2d_grouped

TEST(conv2d_grouped, a_filter_for_each_channel) {
  for_each_case(5, [](Generator& g) {
    const std::int64_t channels = between(g, 1, 20), times = between(g, 1, 2);
    GroupedConv2dOptions options{1, 1, 1, 1, 1, 1, channels};
    const Operand in = g.input("in", {2, channels, 6, 5}), weight = g.input("weight", {channels * times, 1, 3, 3});
    const Operand bias = g.input("bias", {channels * times}), out = g.output("out", {2, channels * times, 6, 5});
    kernel().conv2d_grouped(in, weight, bias, options, out);
    expect_close(out, oracle::conv2d_grouped(in.values(), weight.values(), bias.values(), options));
  });
}

TEST(conv2d_grouped, edges) {
  for_each_case(1, [](Generator& g) {
    for (const Convolution& edge : kEdges) {
      SCOPED_TRACE(describe(edge));
      const Conv2dOptions& o = edge.options;
      const GroupedConv2dOptions options{o.stride_height, o.stride_width, o.padding_height, o.padding_width, 1, 1, 1};
      const Operand in = g.input("in", edge.in), weight = g.input("weight", edge.weight), bias = g.input("bias", {0});
      const Operand out = g.output("out", edge.out());
      kernel().conv2d_grouped(in, weight, bias, options, out);
      expect_close(out, oracle::conv2d_grouped(in.values(), weight.values(), bias.values(), options));
    }
  });
}

TEST(conv2d_grouped, infinite_weights_in_the_padding) {
  one_case([](Generator&) {
    // The outer taps, three apart, never meet an image of two rows and columns.
    const std::vector<float> in{1, 2, 3, 4}, none;
    std::vector<float> weight(9, kInfinity), out(4, kNaN);
    weight[8] = kNaN;
    weight[4] = 2;
    kernel().conv2d_grouped(dense(in, {1, 1, 2, 2}), dense(weight, {1, 1, 3, 3}), dense(none, {0}),
                            {1, 1, 3, 3, 3, 3, 1}, dense(out, {1, 1, 2, 2}));
    EXPECT_EQ(out, (std::vector<float>{2, 4, 6, 8}));
  });
}

}  // namespace
