// Module 09's hidden tests of normalise and augment: rarer edges of the same contract.
#include "kiln/kernels/data.hpp"

#include <cmath>
#include <limits>

#include "loading.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const DataSlots& kernel() { return under_test<DataSlots>(); }

using Doubles = std::vector<double>;
using Seeds = std::vector<std::uint64_t>;

// ---- normalise

void expect_statistics_of(ConstView images) {
  const auto channels = static_cast<std::size_t>(images.shape[1]);
  Doubles mean(channels, kNaN), deviation(channels, kNaN);
  kernel().channel_statistics(images, mean, deviation);
  const oracle::Statistics expected = oracle::channel_statistics(images);
  for (std::size_t c = 0; c < channels; ++c) {
    EXPECT_NEAR(mean[c], expected.mean[c], expected.mean_error[c]) << "the mean of channel " << c;
    EXPECT_NEAR(deviation[c], expected.deviation[c], expected.deviation_error[c]) << "the deviation of channel " << c;
  }
}

TEST(normalise, tables) {
  for_each_case(10, [](Generator& g) {
    // Rank 2: rows of a table, whose columns are the channels.
    const Shape shape{g.positive_extent(), g.positive_extent()};
    const Operand table = g.input("table", shape, -5.0f, 5.0f), out = g.output("out", shape, g.writable_layout());
    expect_statistics_of(table);
    Doubles mean, deviation;
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      mean.push_back(static_cast<double>(c) - 1);
      deviation.push_back(0.5 + static_cast<double>(c));
    }
    kernel().normalise(table, mean, deviation, out);
    expect_close(out, oracle::normalise(table, mean, deviation));
  });
}

TEST(normalise, ranks_5_and_6) {
  for_each_case(6, [](Generator& g) {
    for (const Shape& shape : {Shape{3, 2, 4, 3, 2}, Shape{2, 3, 1, 2, 3, 2}}) {
      const Operand images = g.input("images", shape), out = g.output("out", shape, g.writable_layout());
      expect_statistics_of(images);
      const Doubles mean{0.5, -1, 2}, deviation{1, 0.3, 7};
      const auto channels = static_cast<std::size_t>(shape[1]);
      const Doubles m(mean.begin(), mean.begin() + static_cast<std::ptrdiff_t>(channels));
      const Doubles d(deviation.begin(), deviation.begin() + static_cast<std::ptrdiff_t>(channels));
      kernel().normalise(images, m, d, out);
      expect_close(out, oracle::normalise(images, m, d));
    }
  });
}

TEST(normalise, one_element) {
  one_case([](Generator&) {
    const std::vector<float> in{0.3f};
    Doubles mean(1), deviation(1);
    kernel().channel_statistics(dense(in, {1, 1}), mean, deviation);
    EXPECT_EQ(mean[0], double{0.3f});
    EXPECT_EQ(deviation[0], 0) << "one number does not deviate; dividing by count - 1 would be 0 / 0";
    std::vector<float> out(1, kNaN);
    kernel().normalise(dense(in, {1, 1}), Doubles{0.25}, Doubles{0.5}, dense(out, {1, 1}));
    EXPECT_EQ(out[0], static_cast<float>((double{0.3f} - 0.25) * 2));
  });
}

TEST(normalise, large_and_small_numbers) {
  for_each_case(4, [](Generator& g) {
    // Squares of these leave the floats' range, and their sums do.
    expect_statistics_of(g.input("large", {6, 2, 5}, 1e37f, 3e38f));
    expect_statistics_of(g.input("small", {6, 2, 5}, -1e-38f, 1e-38f));
  });
}

TEST(normalise, nan_and_infinity) {
  one_case([](Generator&) {
    // A number that is none spoils its own channel only.
    const std::vector<float> in{1, kNaN, 2, 4, 1, 1, 3, 5};
    Doubles mean(2), deviation(2);
    kernel().channel_statistics(dense(in, {2, 2, 2}), mean, deviation);
    EXPECT_TRUE(std::isnan(mean[0])) << "1, NaN, 1, 1";
    EXPECT_TRUE(std::isnan(deviation[0])) << "1, NaN, 1, 1";
    const std::vector<float> second{2, 4, 3, 5};
    const oracle::Statistics bound = oracle::channel_statistics(dense(second, {4, 1}));
    EXPECT_NEAR(mean[1], 3.5, bound.mean_error[0]) << "2, 4, 3, 5";
    EXPECT_NEAR(deviation[1], std::sqrt(1.25), bound.deviation_error[0]) << "2, 4, 3, 5";
    std::vector<float> out(4);
    const std::vector<float> odd{kNaN, kInfinity, -kInfinity, 1};
    kernel().normalise(dense(odd, {1, 1, 4}), Doubles{1}, Doubles{0}, dense(out, {1, 1, 4}));
    expect_close(dense(out, {4}), exact(to_array64(dense(std::vector<float>{kNaN, kInfinity, -kInfinity, 0}, {4}))));
    kernel().normalise(dense(odd, {1, 1, 4}), Doubles{1}, Doubles{kInfinity}, dense(out, {1, 1, 4}));
    EXPECT_TRUE(std::isnan(out[1])) << "infinity times 1 / infinity";
    EXPECT_EQ(out[3], 0) << "0 times 1 / infinity";
  });
}

TEST(normalise, empty_images) {
  one_case([](Generator&) {
    Doubles none;
    float untouched = 5;
    kernel().channel_statistics({nullptr, {3, 0, 2}, {1, 1, 1}}, none, none);
    for (const Shape& shape : {Shape{0, 2, 3}, Shape{2, 2, 0}, Shape{0, 2}})
      kernel().normalise({nullptr, shape, dense_strides(shape)}, Doubles{0, 0}, Doubles{1, 1},
                         {&untouched, shape, dense_strides(shape)});
    EXPECT_EQ(untouched, 5) << "there is nothing to normalise";
    expect_refusal("a deviation is -1, and there are no images", [&] {
      kernel().normalise({nullptr, {0, 2}, {2, 1}}, Doubles{0, 0}, Doubles{1, -1}, {&untouched, {0, 2}, {2, 1}});
    });
    const std::vector<float> in{2, 4};
    std::vector<float> out(2);
    kernel().normalise(dense(in, {1, 2}), Doubles{1, 2}, Doubles{1, 2}, dense(out, {1, 2}));
    EXPECT_EQ(out, (std::vector<float>{1, 1}));
  });
}

TEST(normalise, keeps_memory_between) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(12);
    for (const Strides& strides : {Strides{6, 3, 1}, Strides{20, 7, 2}, Strides{1, 2, 4}, Strides{-6, -3, -1}}) {
      const Sentinels out({2, 2, 3}, strides);
      kernel().normalise(dense(in, {2, 2, 3}), Doubles{1, 2}, Doubles{3, 0.5}, out.view());
      expect_close(out.view(), oracle::normalise(dense(in, {2, 2, 3}), Doubles{1, 2}, Doubles{3, 0.5}));
      out.expect_rest_untouched();
    }
  });
}

// ---- augment

TEST(augment, windows_beside_the_image) {
  for_each_case(4, [](Generator& g) {
    // With a padding as large as the image or larger, a window may show zeros alone.
    const Operand in = g.input("in", {2, 3, 4});
    for (const std::int64_t padding : {3, 4, 9}) {
      for (std::int64_t top = 0; top <= 2 * padding; top += padding == 9 ? 3 : 1) {
        for (const std::int64_t left : {std::int64_t{0}, padding - 4 < 0 ? 0 : padding - 4, padding, 2 * padding}) {
          const Operand out = g.output("out", {2, 3, 4}, g.writable_layout());
          kernel().crop_image(in, padding, top, left, out);
          g.note("padding " + std::to_string(padding) + ", top " + std::to_string(top) + ", left " +
                 std::to_string(left));
          expect_close(out, oracle::crop_image(in, padding, top, left));
        }
      }
    }
  });
}

TEST(augment, tiny_images) {
  one_case([](Generator&) {
    const std::vector<float> in{5, 6};
    std::vector<float> out(2, kNaN);
    kernel().flip_image(dense(in, {2, 1, 1}), dense(out, {2, 1, 1}));
    EXPECT_EQ(out, in) << "one pixel a channel has no other side";
    kernel().crop_image(dense(in, {1, 1, 2}), 1, 1, 2, dense(out, {1, 1, 2}));
    EXPECT_EQ(out, (std::vector<float>{6, 0}));
    kernel().crop_image(dense(in, {1, 2, 1}), 1, 0, 1, dense(out, {1, 2, 1}));
    EXPECT_EQ(out, (std::vector<float>{0, 5}));
  });
}

TEST(augment, empty_images_and_batches) {
  one_case([](Generator&) {
    float untouched = 5;
    for (const Shape& shape : {Shape{0, 2, 3}, Shape{2, 0, 3}, Shape{2, 3, 0}}) {
      const ConstView in{nullptr, shape, dense_strides(shape)};
      const View out{&untouched, shape, dense_strides(shape)};
      kernel().flip_image(in, out);
      kernel().crop_image(in, 2, 0, 4, out);
      expect_refusal("a window lies outside, and the image is empty", [&] { kernel().crop_image(in, 2, 0, 5, out); });
    }
    kernel().augment({nullptr, {0, 1, 2, 2}, {4, 4, 2, 1}}, {1, 0.5f}, Seeds{},
                     {&untouched, {0, 1, 2, 2}, {4, 4, 2, 1}});
    kernel().augment({nullptr, {2, 1, 2, 0}, {1, 1, 1, 1}}, {1, 1}, Seeds{1, 2},
                     {&untouched, {2, 1, 2, 0}, {1, 1, 1, 1}});
    EXPECT_EQ(untouched, 5) << "there is nothing to write";
    expect_refusal("an empty batch comes with a seed", [&] {
      kernel().augment({nullptr, {0, 1, 2, 2}, {4, 4, 2, 1}}, {1, 0.5f}, Seeds{7},
                       {&untouched, {0, 1, 2, 2}, {4, 4, 2, 1}});
    });
    const std::vector<float> in{1, 2};
    std::vector<float> out(2);
    kernel().augment(dense(in, {1, 1, 1, 2}), {0, 1}, Seeds{3}, dense(out, {1, 1, 1, 2}));
    EXPECT_EQ(out, (std::vector<float>{2, 1})) << "a flip of probability 1";
  });
}

TEST(augment, certain_and_impossible_flips) {
  for_each_case(3, [](Generator& g) {
    Seeds seeds;
    for (int i = 0; i < 64; ++i) seeds.push_back(g.random().next_u64());
    const Operand in = g.input("in", {64, 1, 2, 3}, Layout::dense);
    for (const float probability : {0.0f, 1.0f, 0.25f}) {
      const Operand out = g.output("out", {64, 1, 2, 3});
      kernel().augment(in, {0, probability}, seeds, out);
      expect_close(out, oracle::augment(in, {0, probability}, seeds));
    }
  });
}

TEST(augment, equal_seeds_and_large_ones) {
  for_each_case(3, [](Generator& g) {
    const Seeds seeds{5, 5, 0, ~std::uint64_t{0}, std::uint64_t{1} << 32, 5};
    const Operand in = g.input("in", {6, 3, 5, 4}), out = g.output("out", {6, 3, 5, 4}, g.writable_layout());
    kernel().augment(in, {3, 0.5f}, seeds, out);
    expect_close(out, oracle::augment(in, {3, 0.5f}, seeds));
  });
}

TEST(augment, refuses_other_shapes) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(12);
    const Kept<> out(Shape{12}, 9.0f);
    const auto to = [&](const Shape& shape) { return View{out.view().data, shape, dense_strides(shape)}; };
    struct Case {
      Shape in, out;
    };
    const Case cases[] = {{{1, 3, 4}, {1, 4, 3}},
                          {{2, 2, 3}, {12}},
                          {{3, 4}, {3, 4}},
                          {{1, 1, 3, 4}, {1, 1, 3, 4}},
                          {{2, 2, 3}, {1, 2, 3}}};
    for (const auto& [from, shape] : cases) {
      const std::string situation = "in is " + to_string(from) + " and out " + to_string(shape);
      expect_refusal(situation,
                     [&, from = from, shape = shape] { kernel().crop_image(dense(in, from), 1, 1, 1, to(shape)); });
      expect_untouched(situation, out);
    }
    kernel().crop_image(dense(in, {1, 3, 4}), 1, 1, 1, to({1, 3, 4}));
    expect_close(out.view(), exact(to_array64(dense(in, {12}))));
  });
}

TEST(augment, nan_does_not_leave_its_place) {
  one_case([](Generator&) {
    // Zeros are written around the window, not multiplied into it.
    const std::vector<float> in{kNaN, kInfinity, 3};
    std::vector<float> out(3, kNaN);
    kernel().crop_image(dense(in, {1, 1, 3}), 2, 2, 4, dense(out, {1, 1, 3}));
    EXPECT_EQ(out, (std::vector<float>{3, 0, 0}));
    kernel().crop_image(dense(in, {1, 1, 3}), 1, 0, 1, dense(out, {1, 1, 3}));
    EXPECT_EQ(out, (std::vector<float>{0, 0, 0}));
  });
}

TEST(augment, keeps_memory_between) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(12);
    for (const Strides& strides : {Strides{6, 3, 1}, Strides{20, 7, 2}, Strides{1, 2, 4}, Strides{-6, -3, -1}}) {
      const Sentinels flipped({2, 2, 3}, strides), cropped({2, 2, 3}, strides);
      kernel().flip_image(dense(in, {2, 2, 3}), flipped.view());
      expect_close(flipped.view(), oracle::flip_image(dense(in, {2, 2, 3})));
      flipped.expect_rest_untouched();
      kernel().crop_image(dense(in, {2, 2, 3}), 1, 0, 2, cropped.view());
      expect_close(cropped.view(), oracle::crop_image(dense(in, {2, 2, 3}), 1, 0, 2));
      cropped.expect_rest_untouched();
    }
  });
}

}  // namespace
