// Module 08's tests of max_pool2d and average_pool2d, as students see them: one suite an exercise, one behaviour a
// test. The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include <list>
#include <string>
#include <vector>

#include "pools.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::pools;

namespace {

// ---- max_pool2d

TEST(max_pool2d, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> image{1, 5, 2, 0,  //
                                   3, 4, 2, 6,  //
                                   9, 7, 8, 1,  //
                                   0, 8, 3, -2};
    std::vector<float> out(4, kNaN);
    Winners winners(4, -1);
    kernel().max_pool2d(dense(image, {1, 1, 4, 4}), {}, dense(out, {1, 1, 2, 2}), winners);
    EXPECT_EQ(out, (std::vector<float>{5, 6, 9, 8})) << "windows 2 x 2, stride 2";
    EXPECT_EQ(winners, (Winners{1, 7, 8, 10})) << "where they stood: h * 4 + w";
    // Back: each gradient goes to the winner alone, and is added to what stands there.
    const std::vector<float> grad_out{10, 20, 30, 40};
    std::vector<float> grad_in(16, 1.0f);
    kernel().max_pool2d_backward(dense(grad_out, {1, 1, 2, 2}), winners, dense(grad_in, {1, 1, 4, 4}));
    EXPECT_EQ(grad_in, (std::vector<float>{1, 11, 1, 1, 1, 1, 1, 21, 31, 1, 41, 1, 1, 1, 1, 1}))
        << "10, 20, 30 and 40 are added at 1, 7, 8 and 10, where 1 stands already";
  });
}

TEST(max_pool2d, random_windows) {
  for_each_case(60, [](Generator& g) {
    const Pool2dOptions options = random_options(g);
    expect_max_pool(g, g.input("in", random_images(g, options), Layout::dense), options);
  });
}

TEST(max_pool2d, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Pool2dOptions options = random_options(g);
    const Operand in = g.input("in", random_images(g, options));
    expect_max_pool(g, in, options, g.writable_layout());
  });
}

TEST(max_pool2d, networks_windows) {
  // 2 x 2 with stride 2, as most networks have it; where the extent is odd, a row and a column are left over.
  for (const Shape& shape : {Shape{2, 3, 28, 28}, Shape{3, 2, 8, 8}, Shape{1, 2, 9, 11}, Shape{2, 1, 2, 2}})
    for_each_case(3, [&](Generator& g) { expect_max_pool(g, g.input("in", shape, Layout::dense), {}); });
}

TEST(max_pool2d, padding_never_wins) {
  for_each_case(10, [](Generator& g) {
    g.note("all elements are negative");
    const Pool2dOptions options{3, 3, 1, 2, 1, 1};
    g.note(words(options));
    expect_max_pool(g, g.input("in", {2, 2, 5, 6}, -2.0f, -1.0f), options);
  });
}

TEST(max_pool2d, first_of_equals_wins) {
  for_each_case(20, [](Generator& g) {
    const Pool2dOptions options = random_options(g);
    const Operand in = g.input("in", random_images(g, options));
    g.note("elements are 0 or 1");
    Array64 values = in.values();
    for (double& value : values.values) value = value > 0 ? 1 : 0;
    in.assign(values);
    expect_max_pool(g, in, options);
  });
}

TEST(max_pool2d, first_nan_wins) {
  for_each_case(20, [](Generator& g) {
    const Pool2dOptions options = random_options(g);
    const Operand in = g.input("in", random_images(g, options), Layout::dense);
    g.note("one element in five is NaN, one is infinite");
    Array64 values = in.values();
    for (double& value : values.values) value = value < -0.6 ? kNaN : value > 0.6 ? kInfinity : value;
    in.assign(values);
    expect_max_pool(g, in, options);
  });
}

TEST(max_pool2d, backward_of_random_windows) {
  for_each_case(40, [](Generator& g) {
    const Pool2dOptions options = random_options(g);
    const Shape images = random_images(g, options), pooled = oracle::pooled_shape(images, options);
    const Operand in = g.input("in", images, Layout::dense);
    const Operand grad_out = g.input("grad_out", pooled), grad_in = g.input("grad_in", images, g.writable_layout());
    expect_max_pool_backward(g, grad_out, oracle::max_pool2d(in.values(), options).winners, grad_in);
  });
}

TEST(max_pool2d, several_windows_have_one_winner) {
  one_case([](Generator&) {
    // Windows 3 x 3, stride 1, over 5 x 5: the element in the middle is largest and lies in all nine.
    std::vector<float> image(25, 0.0f), out(9), grad_in(25, 0.0f);
    image[12] = 1;
    Winners winners(9, -1);
    kernel().max_pool2d(dense(image, {1, 1, 5, 5}), {3, 3, 1, 1, 0, 0}, dense(out, {1, 1, 3, 3}), winners);
    EXPECT_EQ(winners, Winners(9, 12)) << "all windows hold the only 1, at (2, 2)";
    const std::vector<float> grad_out = counted(9);
    kernel().max_pool2d_backward(dense(grad_out, {1, 1, 3, 3}), winners, dense(grad_in, {1, 1, 5, 5}));
    std::vector<float> expected(25, 0.0f);
    expected[12] = 45;
    EXPECT_EQ(grad_in, expected) << "1 + 2 + ... + 9 arrives at (2, 2)";
  });
}

TEST(max_pool2d, refuses_bad_options) {
  one_case([](Generator&) {
    const std::vector<float> image = counted(20);
    std::list<Kept<>> tensors;
    const View memory = tensors.emplace_back(Shape{64}, -3.0f);
    for (const Refused& refused : refused_options()) {
      const Shape shape = unchecked_shape(refused.options);
      Winners winners(elements(shape), -1);
      expect_refused(refused.situation, tensors, [&] {
        kernel().max_pool2d(dense(image, {1, 1, 4, 5}), refused.options, {memory.data, shape, dense_strides(shape)},
                            winners);
      });
    }
    std::vector<float> out(4, kNaN);
    Winners winners(4, -1);
    kernel().max_pool2d(dense(image, {1, 1, 4, 5}), {}, dense(out, {1, 1, 2, 2}), winners);
    EXPECT_EQ(out, (std::vector<float>{7, 9, 17, 19})) << "what is right is computed";
  });
}

TEST(max_pool2d, refuses_other_shapes) {
  one_case([](Generator&) {
    const std::vector<float> image = counted(20);
    const ConstView in = dense(image, {1, 1, 4, 5});
    std::list<Kept<>> tensors;
    const View out = tensors.emplace_back(Shape{1, 1, 2, 2}, -3.0f),
               wider = tensors.emplace_back(Shape{1, 1, 2, 3}, -3.0f);
    const View grad_in = tensors.emplace_back(Shape{1, 1, 4, 5}, -3.0f);
    Winners winners(4, 19), more(6, 19), outside{1, 2, 20, 3}, before{1, -1, 2, 3};
    expect_refused("out is (1, 1, 2, 3) in place of (1, 1, 2, 2)", tensors,
                   [&] { kernel().max_pool2d(in, {}, wider, more); });
    expect_refused("there are 6 winners for 4 windows", tensors, [&] { kernel().max_pool2d(in, {}, out, more); });
    expect_refused("in has rank 3", tensors, [&] { kernel().max_pool2d(dense(image, {1, 4, 5}), {}, out, winners); });
    const ConstView grad_out = dense(image, {1, 1, 2, 2});
    expect_refused("there are 6 winners for 4 gradients", tensors,
                   [&] { kernel().max_pool2d_backward(grad_out, more, grad_in); });
    expect_refused("a winner is 20, and an image has 20 elements", tensors,
                   [&] { kernel().max_pool2d_backward(grad_out, outside, grad_in); });
    expect_refused("a winner is -1", tensors, [&] { kernel().max_pool2d_backward(grad_out, before, grad_in); });
    expect_refused("grad_out has 2 channels, grad_in has 1", tensors, [&] {
      kernel().max_pool2d_backward(dense(image, {1, 2, 1, 2}), winners, grad_in);
    });
    kernel().max_pool2d_backward(grad_out, winners, grad_in);
    EXPECT_EQ(grad_in(0, 0, 3, 4), 7.0f) << "1 + 2 + 3 + 4 arrives at element 19, where -3 stood";
  });
}

// ---- average_pool2d

TEST(average_pool2d, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> image{1, 5, 2, 2,  //
                                   3, 4, 2, 2};
    std::vector<float> out(2, kNaN), padded(6, kNaN);
    kernel().average_pool2d(dense(image, {1, 1, 2, 4}), {}, dense(out, {1, 1, 1, 2}));
    EXPECT_EQ(out, (std::vector<float>{3.25f, 2})) << "windows 2 x 2, stride 2";
    // One row and one column of zeros around the image: 4 x 6 in all.
    kernel().average_pool2d(dense(image, {1, 1, 2, 4}), {2, 2, 2, 2, 1, 1}, dense(padded, {1, 1, 2, 3}));
    EXPECT_EQ(padded, (std::vector<float>{0.25f, 1.75f, 0.5f, 0.75f, 1.5f, 0.5f}))
        << "with padding 1: corners hold one element, and are divided by 4 all the same";
    const std::vector<float> grad_out{8, 4};
    std::vector<float> grad_in(8, 1.0f);
    kernel().average_pool2d_backward(dense(grad_out, {1, 1, 1, 2}), {}, dense(grad_in, {1, 1, 2, 4}));
    EXPECT_EQ(grad_in, (std::vector<float>{3, 3, 2, 2, 3, 3, 2, 2})) << "8 / 4 and 4 / 4 are added, where 1 stands";
  });
}

TEST(average_pool2d, random_windows) {
  for_each_case(60, [](Generator& g) {
    const Pool2dOptions options = random_options(g);
    expect_average_pool(g, g.input("in", random_images(g, options), Layout::dense), options);
  });
}

TEST(average_pool2d, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Pool2dOptions options = random_options(g);
    const Operand in = g.input("in", random_images(g, options));
    expect_average_pool(g, in, options, g.writable_layout());
  });
}

TEST(average_pool2d, whole_images) {
  // A window as large as the image: one mean a channel, as networks end nowadays.
  for (const Shape& shape : {Shape{2, 3, 8, 8}, Shape{1, 2, 7, 5}, Shape{3, 1, 1, 9}})
    for_each_case(3, [&](Generator& g) {
      const Pool2dOptions options{.height = shape[2], .width = shape[3]};
      g.note(words(options));
      expect_average_pool(g, g.input("in", shape), options);
    });
}

TEST(average_pool2d, backward_of_random_windows) {
  for_each_case(40, [](Generator& g) {
    const Pool2dOptions options = random_options(g);
    const Shape images = random_images(g, options);
    const Operand grad_out = g.input("grad_out", oracle::pooled_shape(images, options));
    expect_average_pool_backward(grad_out, options, g.input("grad_in", images, g.writable_layout()));
  });
}

TEST(average_pool2d, refuses_bad_options) {
  one_case([](Generator&) {
    const std::vector<float> image = counted(20), gradients = counted(64);
    const ConstView in = dense(image, {1, 1, 4, 5});
    std::list<Kept<>> tensors;
    const View memory = tensors.emplace_back(Shape{64}, -3.0f);
    const View grad_in = tensors.emplace_back(Shape{1, 1, 4, 5}, -3.0f);
    for (const Refused& refused : refused_options()) {
      const Shape shape = unchecked_shape(refused.options);
      expect_refused(refused.situation, tensors, [&] {
        kernel().average_pool2d(in, refused.options, {memory.data, shape, dense_strides(shape)});
      });
      expect_refused(std::string(refused.situation) + ", backward", tensors,
                     [&] { kernel().average_pool2d_backward(dense(gradients, shape), refused.options, grad_in); });
    }
    std::vector<float> out(4, kNaN);
    kernel().average_pool2d(in, {}, dense(out, {1, 1, 2, 2}));
    EXPECT_EQ(out, (std::vector<float>{4, 6, 14, 16})) << "what is right is computed";
  });
}

TEST(average_pool2d, refuses_other_shapes) {
  one_case([](Generator&) {
    const std::vector<float> image = counted(40);
    const ConstView in = dense(image, {1, 1, 4, 5}), grad_out = dense(image, {1, 1, 2, 2});
    std::list<Kept<>> tensors;
    const View out = tensors.emplace_back(Shape{1, 1, 2, 2}, -3.0f);
    const View wider = tensors.emplace_back(Shape{1, 1, 2, 3}, -3.0f);
    const View grad_in = tensors.emplace_back(Shape{1, 1, 4, 5}, -3.0f);
    expect_refused("out is (1, 1, 2, 3) in place of (1, 1, 2, 2)", tensors,
                   [&] { kernel().average_pool2d(in, {}, wider); });
    expect_refused("in has rank 2", tensors, [&] { kernel().average_pool2d(dense(image, {4, 5}), {}, out); });
    expect_refused("in has 2 channels, out has 1", tensors, [&] {
      kernel().average_pool2d(dense(image, {1, 2, 4, 5}), {}, out);
    });
    expect_refused("grad_out is (1, 1, 2, 3) in place of (1, 1, 2, 2)", tensors, [&] {
      kernel().average_pool2d_backward(dense(image, {1, 1, 2, 3}), {}, grad_in);
    });
    kernel().average_pool2d_backward(grad_out, {}, grad_in);
    EXPECT_EQ(grad_in(0, 0, 3, 3), -2.0f) << "4 / 4 arrives at (3, 3), where -3 stood";
    EXPECT_EQ(grad_in(0, 0, 3, 4), -3.0f) << "the last column lies in no window";
  });
}

}  // namespace
