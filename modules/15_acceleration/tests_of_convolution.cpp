// Module 15's tests of im2col and of convolution by it, as students see them; at the end the speed case.
#include "images.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::columns;

namespace {

TEST(conv2d_im2col, columns_by_hand) {
  one_case([](Generator&) {
    // The image 1 to 9; a window of 2 x 2 stands at four places.
    const std::vector<float> image = counted(9);
    std::vector<float> out(16, kNaN);
    kernel().im2col(dense(image, {1, 3, 3}), 2, 2, {}, dense(out, {4, 4}));
    EXPECT_EQ(out, (std::vector<float>{1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9}))
        << "a row for each tap, a column for each place";
  });
}

TEST(conv2d_im2col, padding_by_hand) {
  one_case([](Generator&) {
    // A window of 3 x 3 on one row of two pixels, with a padding of 1: its upper and lower rows see zeros only.
    const std::vector<float> image{5, 6};
    std::vector<float> out(18, kNaN);
    kernel().im2col(dense(image, {1, 1, 2}), 3, 3, {1, 1, 1, 1}, dense(out, {9, 2}));
    EXPECT_EQ(out, (std::vector<float>{0, 0, 0, 0, 0, 0, 0, 5, 5, 6, 6, 0, 0, 0, 0, 0, 0, 0}));
  });
}

TEST(conv2d_im2col, columns_of_random_images) {
  for_each_case(40, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand image = g.input("image", {c.in[1], c.in[2], c.in[3]});
    const Shape out = c.out();
    expect_columns(
        image, c.weight[2], c.weight[3], c.options,
        g.output("columns", {c.weight[1] * c.weight[2] * c.weight[3], out[2] * out[3]}, g.writable_layout()));
  });
}

TEST(conv2d_im2col, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> image{1, 2, 0, 1, 0, 1, 3, 2, 2, 0, 1, 1, 1, 1, 0, 2}, ten{10}, none;
    const std::vector<float> window{1, 0, -1, 2, 0, -2, 1, 0, -1};
    std::vector<float> out(4, kNaN);
    kernel().conv2d_im2col(dense(image, {1, 1, 4, 4}), dense(window, {1, 1, 3, 3}), dense(none, {0}), {},
                           dense(out, {1, 1, 2, 2}));
    EXPECT_EQ(out, (std::vector<float>{-4, -2, 0, -4})) << "module 08's image and window";
    kernel().conv2d_im2col(dense(image, {1, 1, 4, 4}), dense(window, {1, 1, 3, 3}), dense(ten, {1}), {2, 2, 1, 1},
                           dense(out, {1, 1, 2, 2}));
    EXPECT_EQ(out, (std::vector<float>{5, 11, 8, 6})) << "stride 2, padding 1, a bias of 10";
  });
}

TEST(conv2d_im2col, random_shapes) {
  for_each_case(30, [](Generator& g) {
    const Convolution c = random_convolution(g, true);
    const Operand in = g.input("in", c.in, Layout::dense), weight = g.input("weight", c.weight, Layout::dense);
    const Operand bias = g.input("bias", {c.weight[0]}, Layout::dense);
    expect_convolves(in, weight, bias, c.options, g.output("out", c.out()));
  });
}

TEST(conv2d_im2col, strides_and_paddings) {
  for_each_case(40, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand in = g.input("in", c.in, Layout::dense), weight = g.input("weight", c.weight, Layout::dense);
    const Operand bias = g.input("bias", {c.weight[0]}, Layout::dense);
    expect_convolves(in, weight, bias, c.options, g.output("out", c.out()));
  });
}

TEST(conv2d_im2col, without_bias) {
  for_each_case(10, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand in = g.input("in", c.in), weight = g.input("weight", c.weight), bias = g.input("bias", {0});
    expect_convolves(in, weight, bias, c.options, g.output("out", c.out()));
  });
}

TEST(conv2d_im2col, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Convolution c = random_convolution(g);
    const Operand in = g.input("in", c.in), weight = g.input("weight", c.weight), bias = g.input("bias", {c.weight[0]});
    expect_convolves(in, weight, bias, c.options, g.output("out", c.out(), g.writable_layout()));
  });
}

TEST(conv2d_im2col, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(500), none;
    const Kept<> kept(Shape{500}, 7.0f);
    const auto refuses = [&](const char* what, const Shape& in, const Shape& weight, const Shape& bias,
                             Conv2dOptions options, const Shape& out) {
      expect_refused(what, kept, [&] {
        kernel().conv2d_im2col(dense(memory, in), dense(memory, weight), dense(memory, bias), options, kept.view(out));
      });
    };
    const Shape in{2, 3, 5, 6}, weight{4, 3, 3, 3}, bias{4}, out{2, 4, 3, 4};
    refuses("in has three dimensions", {3, 5, 6}, weight, bias, {}, out);
    refuses("weight is for 2 channels, in has 3", in, {4, 2, 3, 3}, bias, {}, out);
    refuses("bias is for 3 channels, weight has 4", in, weight, {3}, {}, out);
    refuses("a stride of 0", in, weight, bias, {0, 1, 0, 0}, out);
    refuses("a padding of -1", in, weight, bias, {1, 1, -1, 0}, out);
    refuses("a window of 6 rows in an image of 5", in, {4, 3, 6, 3}, bias, {}, {2, 4, 0, 4});
    refuses("out is as large as in", in, weight, bias, {}, {2, 4, 5, 6});
    refuses("out has rows and columns exchanged", in, weight, bias, {}, {2, 4, 4, 3});
    const auto refuses_columns = [&](const char* what, const Shape& image, std::int64_t height, std::int64_t width,
                                     Conv2dOptions options, const Shape& columns) {
      expect_refused(what, kept,
                     [&] { kernel().im2col(dense(memory, image), height, width, options, kept.view(columns)); });
    };
    refuses_columns("the image has two dimensions", {5, 6}, 3, 3, {}, {9, 12});
    refuses_columns("a kernel of 0 columns", {3, 5, 6}, 3, 0, {}, {0, 12});
    refuses_columns("a stride of 0", {3, 5, 6}, 3, 3, {1, 0, 0, 0}, {27, 12});
    refuses_columns("a padding of -1", {3, 5, 6}, 3, 3, {1, 1, 0, -1}, {27, 6});
    refuses_columns("a kernel larger than the image", {3, 5, 6}, 6, 3, {}, {54, 0});
    refuses_columns("columns and rows exchanged", {3, 5, 6}, 3, 3, {}, {12, 27});
    std::vector<float> right(96, kNaN);
    expect_convolves(dense(memory, in), dense(memory, weight), dense(memory, bias), {}, dense(right, out));
  });
}

TEST(conv2d_im2col, refuses_overlap) {
  one_case([](Generator&) {
    const std::vector<float> other(64, 0.5f), none;
    const Kept<> kept(Shape{64}, 2.0f);
    // A kernel of one tap gives as many pixels as there are.
    const auto image = [&](std::int64_t first) {
      return View{kept.numbers().data() + first, {1, 1, 4, 4}, {16, 16, 4, 1}};
    };
    const View tap{kept.numbers().data() + 40, {1, 1, 1, 1}, {1, 1, 1, 1}};
    const ConstView apart = dense(other, {1, 1, 4, 4}), weight = dense(other, {1, 1, 1, 1}), bias = dense(none, {0});
    expect_refused("out is in", kept, [&] { kernel().conv2d_im2col(image(0), weight, bias, {}, image(0)); });
    expect_refused("out begins in in", kept, [&] { kernel().conv2d_im2col(image(0), weight, bias, {}, image(15)); });
    expect_refused("out lies on the weight", kept, [&] { kernel().conv2d_im2col(apart, tap, bias, {}, image(30)); });
    expect_refused("out lies on the bias", kept, [&] {
      kernel().conv2d_im2col(apart, weight, {tap.data, {1}, {1}}, {}, image(30));
    });
    expect_refused("columns is the image", kept, [&] {
      kernel().im2col({kept.numbers().data(), {1, 4, 4}, {16, 4, 1}}, 1, 1, {},
                      {kept.numbers().data() + 8, {1, 16}, {16, 1}});
    });
    kernel().conv2d_im2col(image(0), weight, bias, {}, image(16));
    EXPECT_EQ(kept.numbers()[16], 1.0f) << "in and out lie side by side, which is no overlap";
    EXPECT_EQ(kept.numbers()[31], 1.0f) << "in and out lie side by side, which is no overlap";
  });
}

// ---- speed

/// A layer of a small network: 16 channels of 28 x 28 to 32.
const speed::SpeedCase layer = speed::speed_case<&AccelerationSlots::conv2d_im2col>(
    "conv2d_im2col.layer",
    [](speed::SpeedArguments& s) {
      ConstView in = s.input({4, 16, 28, 28}), weight = s.input({32, 16, 3, 3}), bias = s.input({32});
      return std::tuple<ConstView, ConstView, ConstView, Conv2dOptions, View>(in, weight, bias, {1, 1, 1, 1},
                                                                              s.output({4, 32, 28, 28}));
    },
    [](ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View) {
      return oracle::conv2d(to_array64(in), to_array64(weight), to_array64(bias), options);
    });

}  // namespace
