// Module 08's hidden tests of max_pool2d and average_pool2d: the edges that the visible tests leave out. Each also asks
// for a result that is no edge case, so that a kernel that does nothing passes none.
#include <list>
#include <vector>

#include "pools.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::pools;

namespace {

TEST(max_pool2d, images_of_minus_infinity) {
  for_each_case(10, [](Generator& g) {
    const Pool2dOptions options = random_options(g);
    const Operand in = g.input("in", random_images(g, options), Layout::dense);
    g.note("most elements are -inf; the first of such a window wins");
    Array64 values = in.values();
    for (double& value : values.values) value = value < 0.8 ? -kInfinity : value;
    in.assign(values);
    expect_max_pool(g, in, options);
  });
}

TEST(max_pool2d, all_nan) {
  for_each_case(5, [](Generator& g) {
    const Pool2dOptions options{3, 2, 2, 1, 1, 1};
    const Operand in = g.input("in", {2, 2, 6, 5}, Layout::dense);
    Array64 values(in.shape(), kNaN);
    values(0, 1, 2, 2) = 1;
    in.assign(values);
    g.note("everything is NaN but one element: the first NaN inside the image wins");
    expect_max_pool(g, in, options);
  });
}

TEST(max_pool2d, negative_zero_equals_zero) {
  one_case([](Generator&) {
    const std::vector<float> image{-0.0f, 0.0f, -1.0f, 2.0f};
    std::vector<float> out(3, kNaN);
    Winners winners(3, -1);
    kernel().max_pool2d(dense(image, {1, 1, 1, 4}), {1, 2, 1, 1, 0, 0}, dense(out, {1, 1, 1, 3}), winners);
    EXPECT_EQ(winners, (Winners{0, 1, 3})) << "-0 and 0 are equal, so the first of them stays";
  });
}

TEST(max_pool2d, windows_larger_than_the_image) {
  // Paddings make room: each window holds most of the image.
  for_each_case(10, [](Generator& g) {
    const Pool2dOptions options{4, 5, 1, 2, 2, 2};
    g.note(words(options));
    expect_max_pool(g, g.input("in", {2, 1, 1, 1}, -2.0f, -1.0f), options);
    expect_max_pool(g, g.input("in", {1, 2, 2, 3}, -2.0f, -1.0f), options);
  });
}

TEST(max_pool2d, strides_past_the_image) {
  one_case([](Generator&) {
    const std::vector<float> image = counted(20);
    constexpr std::int64_t kFar = std::int64_t{1} << 62;
    std::vector<float> out(1, kNaN);
    Winners winners(1, -1);
    kernel().max_pool2d(dense(image, {1, 1, 4, 5}), {2, 2, kFar, kFar, 0, 0}, dense(out, {1, 1, 1, 1}), winners);
    EXPECT_EQ(out[0], 7.0f) << "a stride of 2^62 leaves one window";
    EXPECT_EQ(winners[0], 6);
  });
}

TEST(max_pool2d, no_images) {
  one_case([](Generator&) {
    const std::vector<float> image = counted(16);
    std::vector<float> out(4, kNaN);
    Winners none, winners(4, -1);
    kernel().max_pool2d(dense(image, {0, 3, 4, 4}), {}, dense(out, {0, 3, 2, 2}), none);
    kernel().max_pool2d(dense(image, {2, 0, 4, 4}), {}, dense(out, {2, 0, 2, 2}), none);
    std::vector<float> grad_in(16, 1.0f);
    kernel().max_pool2d_backward(dense(out, {0, 1, 2, 2}), none, dense(grad_in, {0, 1, 4, 4}));
    std::list<Kept<>> tensors;
    const View nothing = tensors.emplace_back(Shape{1, 1, 2, 2}, -3.0f);
    expect_refused("the images are (1, 1, 0, 4): nothing has no largest element", tensors, [&] {
      kernel().max_pool2d(dense(image, {1, 1, 0, 4}), {2, 2, 1, 2, 1, 0},
                          View{nothing.data, {1, 1, 1, 2}, {4, 4, 2, 1}}, std::span(winners).first(2));
    });
    kernel().max_pool2d(dense(image, {1, 1, 4, 4}), {}, dense(out, {1, 1, 2, 2}), winners);
    EXPECT_EQ(out, (std::vector<float>{6, 8, 14, 16}));
  });
}

TEST(max_pool2d, writes_its_elements_only) {
  one_case([](Generator&) {
    const std::vector<float> image = counted(16);
    Sentinels memory({1, 1, 2, 2}, {0, 0, -20, 3});
    Winners winners(6, -7);
    kernel().max_pool2d(dense(image, {1, 1, 4, 4}), {}, memory.view(), std::span(winners).subspan(1, 4));
    memory.expect_rest_untouched();
    expect_close(memory.view(), exact(to_array64(dense({6, 8, 14, 16}, {1, 1, 2, 2}))));
    EXPECT_EQ(winners, (Winners{-7, 5, 7, 13, 15, -7}));
    Sentinels gradient({1, 1, 4, 4}, {0, 0, 2, 10});
    for_each_index({1, 1, 4, 4}, [&](const Shape& at) { gradient.view()(at[0], at[1], at[2], at[3]) = 0; });
    kernel().max_pool2d_backward(memory.view(), std::span(winners).subspan(1, 4), gradient.view());
    gradient.expect_rest_untouched();
    EXPECT_EQ(gradient.view()(0, 0, 3, 3), 16.0f) << "the last window's gradient, transposed in memory";
  });
}

TEST(max_pool2d, backward_without_a_winner_adds_nothing) {
  for_each_case(5, [](Generator& g) {
    g.note("windows leave gaps: what lies between them, and what loses, keeps its gradient, NaN too");
    const Operand grad_out = g.input("grad_out", {2, 2, 2, 2}),
                  grad_in = g.input("grad_in", {2, 2, 5, 5}, Layout::dense);
    Array64 before = grad_in.values();
    for_each_index(before.shape, [&](const Shape& at) {
      if (at[2] == 4) before.at(at) = at[3] == 0 ? kNaN : kInfinity;
    });
    grad_in.assign(before);
    expect_max_pool_backward(g, grad_out, Winners{0, 2, 10, 12, 1, 3, 11, 13, 0, 2, 10, 12, 6, 6, 6, 6}, grad_in);
  });
}

// ---- average_pool2d

TEST(average_pool2d, images_without_elements) {
  one_case([](Generator&) {
    const std::vector<float> image = counted(16);
    std::vector<float> out(4, kNaN), none;
    kernel().average_pool2d(dense(image, {0, 3, 4, 4}), {}, dense(none, {0, 3, 2, 2}));
    kernel().average_pool2d(dense(image, {1, 1, 0, 4}), {2, 2, 1, 2, 1, 0},
                            View{out.data(), {1, 1, 1, 2}, {2, 2, 2, 1}});
    EXPECT_EQ(out[0], 0.0f) << "two rows of padding and nothing between them: the mean is 0";
    EXPECT_EQ(out[1], 0.0f);
    kernel().average_pool2d(dense(image, {1, 1, 4, 4}), {}, dense(out, {1, 1, 2, 2}));
    EXPECT_EQ(out, (std::vector<float>{3.5f, 5.5f, 11.5f, 13.5f}));
  });
}

TEST(average_pool2d, windows_larger_than_the_image) {
  for_each_case(10, [](Generator& g) {
    const Pool2dOptions options{4, 5, 1, 2, 2, 2};
    g.note(words(options));
    expect_average_pool(g, g.input("in", {2, 1, 1, 1}, 1.0f, 2.0f), options);
    const Operand grad_out = g.input("grad_out", oracle::pooled_shape({1, 2, 2, 3}, options));
    expect_average_pool_backward(grad_out, options, g.input("grad_in", {1, 2, 2, 3}, Layout::dense));
  });
}

TEST(average_pool2d, nan_and_infinity_stay_in_their_windows) {
  for_each_case(10, [](Generator& g) {
    const Pool2dOptions options = random_options(g);
    const Operand in = g.input("in", random_images(g, options), Layout::dense);
    Array64 values = in.values();
    values.values.front() = kNaN;
    values.values.back() = kInfinity;
    g.note("the first element is NaN, the last one infinite");
    in.assign(values);
    expect_average_pool(g, in, options);
  });
}

TEST(average_pool2d, large_windows) {
  for_each_case(3, [](Generator& g) {
    const Pool2dOptions options{.height = 40, .width = 37, .stride_height = 3, .stride_width = 1};
    g.note(words(options));
    expect_average_pool(g, g.input("in", {1, 2, 45, 50}, 0.0f, 1.0f), options);
  });
}

TEST(average_pool2d, writes_its_elements_only) {
  one_case([](Generator&) {
    const std::vector<float> image = counted(16);
    Sentinels memory({1, 1, 2, 2}, {0, 0, 3, -20});
    kernel().average_pool2d(dense(image, {1, 1, 4, 4}), {}, memory.view());
    memory.expect_rest_untouched();
    expect_close(memory.view(), exact(to_array64(dense({3.5f, 5.5f, 11.5f, 13.5f}, {1, 1, 2, 2}))));
    Sentinels gradient({1, 1, 4, 4}, {0, 0, 2, 10});
    for_each_index({1, 1, 4, 4}, [&](const Shape& at) { gradient.view()(at[0], at[1], at[2], at[3]) = 0; });
    kernel().average_pool2d_backward(memory.view(), {}, gradient.view());
    gradient.expect_rest_untouched();
    EXPECT_EQ(gradient.view()(0, 0, 3, 2), 3.375f) << "13.5 / 4, transposed in memory";
  });
}

}  // namespace
