// Module 09's tests of normalise and augment, as students see them.
#include "kiln/kernels/data.hpp"

#include <cmath>

#include "loading.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const DataSlots& kernel() { return under_test<DataSlots>(); }

using Doubles = std::vector<double>;

// ---- normalise

/// Calls channel_statistics, with the oracle beside it.
void expect_statistics(ConstView images) {
  const auto channels = static_cast<std::size_t>(images.shape[1]);
  Doubles mean(channels, kNaN), deviation(channels, kNaN);
  kernel().channel_statistics(images, mean, deviation);
  const oracle::Statistics expected = oracle::channel_statistics(images);
  for (std::size_t c = 0; c < channels; ++c) {
    EXPECT_NEAR(mean[c], expected.mean[c], expected.mean_error[c]) << "the mean of channel " << c;
    EXPECT_NEAR(deviation[c], expected.deviation[c], expected.deviation_error[c]) << "the deviation of channel " << c;
  }
}

TEST(normalise, statistics_by_hand) {
  one_case([](Generator&) {
    // Two images of two channels of (1, 3): channel 0 holds 1, 2, 3, 3, 4, 5; channel 1 holds 10 and 30.
    const std::vector<float> images{1, 2, 3, 10, 30, 10, 3, 4, 5, 30, 10, 30};
    Doubles mean(2), deviation(2);
    kernel().channel_statistics(dense(images, {2, 2, 1, 3}), mean, deviation);
    const oracle::Statistics bound = oracle::channel_statistics(dense(images, {2, 2, 1, 3}));
    EXPECT_NEAR(mean[0], 3, bound.mean_error[0]) << "the mean of 1, 2, 3, 3, 4, 5";
    EXPECT_NEAR(deviation[0], std::sqrt(10.0 / 6), bound.deviation_error[0])
        << "the root of (4 + 1 + 0 + 0 + 1 + 4) / 6";
    EXPECT_NEAR(mean[1], 20, bound.mean_error[1]) << "the mean of 10, 30, 10, 30, 10, 30";
    EXPECT_NEAR(deviation[1], 10, bound.deviation_error[1]) << "the deviation of 10, 30, 10, 30, 10, 30";
  });
}

TEST(normalise, statistics_of_random_images) {
  for_each_case(20, [](Generator& g) {
    Shape shape = g.shape(random_rank(g, 3, 4));
    for (std::int64_t& extent : shape) extent = std::max<std::int64_t>(extent, 1);
    expect_statistics(g.input("images", shape, -3.0f, 5.0f));
  });
}

TEST(normalise, statistics_far_from_zero) {
  for_each_case(8, [](Generator& g) {
    // The mean is 1000 times the deviation: a deviation of sqrt(3)/3 is that of numbers uniform in [-1, 1).
    const float mean = 1000 * 0.57735f * (g.random().below(2) == 0 ? 1.0f : -1.0f);
    expect_statistics(g.input("images", {8, 3, 6, 7}, mean - 1, mean + 1));
  });
}

TEST(normalise, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> in{1, 2, 3, 4, 10, 20, 30, 40};
    std::vector<float> out(8, kNaN);
    kernel().normalise(dense(in, {2, 2, 1, 2}), Doubles{2, 4}, Doubles{1, 2}, dense(out, {2, 2, 1, 2}));
    EXPECT_EQ(out, (std::vector<float>{-1, 0, -0.5f, 0, 8, 18, 13, 18})) << "means 2 and 4, deviations 1 and 2";
  });
}

/// Normalises random images by random statistics.
void expect_normalised(Generator& g, const Shape& shape, Layout layout_of_in, Layout layout_of_out) {
  Doubles mean, deviation;
  for (std::int64_t c = 0; c < shape[1]; ++c) {
    mean.push_back(g.random().uniform_double() * 4 - 2);
    deviation.push_back(g.random().uniform_double() + 0.01);
  }
  const Operand in = g.input("in", shape, layout_of_in, -3.0f, 3.0f), out = g.output("out", shape, layout_of_out);
  kernel().normalise(in, mean, deviation, out);
  expect_close(out, oracle::normalise(in, mean, deviation));
}

TEST(normalise, random_images) {
  for_each_case(
      20, [](Generator& g) { expect_normalised(g, g.shape(random_rank(g, 2, 4)), Layout::dense, Layout::dense); });
}

TEST(normalise, random_layouts) {
  for_each_case(30, [](Generator& g) {
    const Shape shape = g.shape(random_rank(g, 2, 4));
    expect_normalised(g, shape, g.layout(), g.writable_layout());
    if (shape.elements() > 0) expect_statistics(g.input("images", shape));
  });
}

TEST(normalise, makes_mean_0_and_deviation_1) {
  for_each_case(5, [](Generator& g) {
    const Operand images = g.input("images", {7, 3, 5, 6}, Layout::dense, 20.0f, 220.0f);
    const Operand out = g.output("out", {7, 3, 5, 6});
    Doubles mean(3), deviation(3);
    kernel().channel_statistics(images, mean, deviation);
    kernel().normalise(images, mean, deviation, out);
    const oracle::Statistics after = oracle::channel_statistics(out);
    for (std::size_t c = 0; c < 3; ++c) {
      // An output lies below 2 in magnitude, so that its rounding to float changes it by at most 2^-24.
      EXPECT_NEAR(after.mean[c], 0, 0x1p-23) << "the mean of channel " << c << " after normalising";
      EXPECT_NEAR(after.deviation[c], 1, 0x1p-23) << "the deviation of channel " << c << " after normalising";
    }
  });
}

TEST(normalise, constant_channels) {
  one_case([](Generator&) {
    std::vector<float> in{0.1f, 0.1f, 1, 3, 0.1f, 0.1f, 5, 7}, out(8, kNaN);
    Doubles mean(2), deviation(2);
    kernel().channel_statistics(dense(in, {2, 2, 2}), mean, deviation);
    EXPECT_EQ(mean[0], double{0.1f}) << "the mean of four equal numbers";
    EXPECT_EQ(deviation[0], 0) << "the deviation of four equal numbers";
    kernel().normalise(dense(in, {2, 2, 2}), mean, deviation, dense(out, {2, 2, 2}));
    for (const std::size_t i : {0u, 1u, 4u, 5u}) EXPECT_EQ(out[i], 0) << "element " << i << " of a channel of 0.1";
    // What differs from that mean later on (in a test set) is left as far from it as it is.
    const std::vector<float> later{3, 5};
    kernel().normalise(dense(later, {2, 1}), Doubles{4}, Doubles{0}, dense(out, {2, 1}));
    EXPECT_EQ(out[0], -1) << "3 in a channel of mean 4 and deviation 0";
    EXPECT_EQ(out[1], 1) << "5 in a channel of mean 4 and deviation 0";
  });
}

TEST(normalise, in_place) {
  for_each_case(8, [](Generator& g) {
    const Operand images = g.input("images", {4, 2, 3, 5}, g.writable_layout());
    const Doubles mean{0.25, -0.5}, deviation{0.3, 0.7};
    const Expected expected = oracle::normalise(images, mean, deviation);
    kernel().normalise(images, mean, deviation, images);
    expect_close(images, expected);
  });
}

TEST(normalise, refuses_bad_deviations) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(8);
    const Kept<> out({2, 2, 2}, 9.0f);
    for (const double bad : {-1.0, -1e-300, static_cast<double>(kNaN), -static_cast<double>(kInfinity)}) {
      const std::string situation = "the deviation of channel 1 is " + std::to_string(bad);
      expect_refusal(situation, [&] {
        kernel().normalise(dense(in, {2, 2, 2}), Doubles{0, 0}, Doubles{1, bad}, out.view());
      });
      expect_untouched(situation, out);
    }
    kernel().normalise(dense(in, {2, 2, 2}), Doubles{0, 0}, Doubles{1, 1}, out.view());
    expect_close(out.view(), exact(to_array64(dense(in, {2, 2, 2}))));
  });
}

TEST(normalise, refuses_other_shapes) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(8);
    std::vector<float> out(8);
    Doubles one(1), two(2), three(3);
    expect_refusal("the images are (8)", [&] { kernel().channel_statistics(dense(in, {8}), one, one); });
    expect_refusal("two channels meet three means", [&] {
      kernel().channel_statistics(dense(in, {2, 2, 2}), three, two);
    });
    expect_refusal("two channels meet one deviation", [&] {
      kernel().channel_statistics(dense(in, {2, 2, 2}), two, one);
    });
    for (const Shape& none : {Shape{0, 2, 3}, Shape{4, 2, 0}})
      expect_refusal("the images are " + to_string(none) + ", so that a channel has no elements",
                     [&] { kernel().channel_statistics(dense(in, none), two, two); });
    expect_refusal("in is (2, 2, 2) and out (2, 4)", [&] {
      kernel().normalise(dense(in, {2, 2, 2}), two, two, dense(out, {2, 4}));
    });
    expect_refusal("in is (8)", [&] { kernel().normalise(dense(in, {8}), one, one, dense(out, {8})); });
    expect_refusal("two channels meet one mean", [&] {
      kernel().normalise(dense(in, {2, 2, 2}), one, two, dense(out, {2, 2, 2}));
    });
    expect_refusal("two channels meet three deviations", [&] {
      kernel().normalise(dense(in, {2, 2, 2}), two, three, dense(out, {2, 2, 2}));
    });
    expect_statistics(dense(in, {2, 2, 2}));
  });
}

// ---- augment

TEST(augment, flip_by_hand) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(12);
    std::vector<float> out(12, kNaN);
    kernel().flip_image(dense(in, {2, 2, 3}), dense(out, {2, 2, 3}));
    EXPECT_EQ(out, (std::vector<float>{3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10}))
        << "rows of 3, left and right exchanged";
  });
}

TEST(augment, crop_by_hand) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(6);
    struct Case {
      std::int64_t top, left;
      std::vector<float> out;
    };
    // 1 2 3 / 4 5 6 with one zero on every side.
    const Case cases[] = {{1, 1, {1, 2, 3, 4, 5, 6}}, {0, 0, {0, 0, 0, 0, 1, 2}}, {2, 2, {5, 6, 0, 0, 0, 0}},
                          {0, 2, {0, 0, 0, 2, 3, 0}}, {2, 0, {0, 4, 5, 0, 0, 0}}, {1, 0, {0, 1, 2, 0, 4, 5}}};
    for (const auto& [top, left, wanted] : cases) {
      std::vector<float> out(6, kNaN);
      kernel().crop_image(dense(in, {1, 2, 3}), 1, top, left, dense(out, {1, 2, 3}));
      EXPECT_EQ(out, wanted) << "1 2 3 / 4 5 6, padding 1, top " << top << ", left " << left;
    }
  });
}

TEST(augment, random_flips_and_crops) {
  for_each_case(30, [](Generator& g) {
    const Shape shape = g.shape(3);
    const Operand in = g.input("in", shape, g.layout());
    const Operand flipped = g.output("flipped", shape, g.writable_layout());
    kernel().flip_image(in, flipped);
    expect_close(flipped, oracle::flip_image(in));
    const auto padding = static_cast<std::int64_t>(g.random().below(6));
    const auto top = static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(2 * padding + 1)));
    const auto left = static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(2 * padding + 1)));
    g.note("padding " + std::to_string(padding) + ", top " + std::to_string(top) + ", left " + std::to_string(left));
    const Operand cropped = g.output("cropped", shape, g.writable_layout());
    kernel().crop_image(in, padding, top, left, cropped);
    expect_close(cropped, oracle::crop_image(in, padding, top, left));
  });
}

using Seeds = std::vector<std::uint64_t>;

Seeds random_seeds(Generator& g, std::int64_t count) {
  Seeds seeds;
  for (std::int64_t i = 0; i < count; ++i) seeds.push_back(g.random().next_u64());
  return seeds;
}

/// Augments a random batch.
void expect_augmented(Generator& g, const Shape& shape, const AugmentOptions& options, Layout layout_of_in,
                      Layout layout_of_out) {
  g.note("padding " + std::to_string(options.padding) + ", flip_probability " +
         std::to_string(options.flip_probability));
  const Operand in = g.input("in", shape, layout_of_in), out = g.output("out", shape, layout_of_out);
  const Seeds seeds = random_seeds(g, shape[0]);
  kernel().augment(in, options, seeds, out);
  expect_close(out, oracle::augment(in, options, seeds));
}

TEST(augment, batches_by_seed) {
  for_each_case(15, [](Generator& g) {
    const auto padding = static_cast<std::int64_t>(g.random().below(4));
    expect_augmented(g, {12, 1 + padding, 6, 7}, {padding, 0.5f}, Layout::dense, Layout::dense);
  });
}

TEST(augment, random_layouts) {
  for_each_case(20, [](Generator& g) { expect_augmented(g, g.shape(4), {2, 0.5f}, g.layout(), g.writable_layout()); });
}

TEST(augment, draws_all_three_always) {
  for_each_case(6, [](Generator& g) {
    // Without padding both places are 0, and still they are drawn before the flip; without flips nothing changes.
    expect_augmented(g, {16, 1, 3, 4}, {0, 0.5f}, Layout::dense, Layout::dense);
    expect_augmented(g, {16, 1, 3, 4}, {2, 0.0f}, Layout::dense, Layout::dense);
    expect_augmented(g, {16, 1, 3, 4}, {2, 1.0f}, Layout::dense, Layout::dense);
  });
}

TEST(augment, images_do_not_depend_on_each_other) {
  for_each_case(6, [](Generator& g) {
    const Operand in = g.input("in", {5, 2, 4, 4}, Layout::dense), whole = g.output("whole", {5, 2, 4, 4});
    const Seeds seeds = random_seeds(g, 5);
    const AugmentOptions options{2, 0.5f};
    kernel().augment(in, options, seeds, whole);
    expect_close(whole, oracle::augment(in, options, seeds));
    for (std::int64_t i = 0; i < 5; ++i) {
      // The same image alone, under the same seed.
      const Operand alone = g.output("alone", {1, 2, 4, 4});
      const ConstView image{in.view().data + 32 * i, {1, 2, 4, 4}, {32, 16, 4, 1}};
      const ConstView expected{whole.view().data + 32 * i, {1, 2, 4, 4}, {32, 16, 4, 1}};
      kernel().augment(image, options, Seeds{seeds[static_cast<std::size_t>(i)]}, alone);
      g.note("the image is number " + std::to_string(i));
      expect_close(alone, exact(to_array64(expected)));
    }
  });
}

TEST(augment, without_options) {
  for_each_case(3, [](Generator& g) {
    const Operand in = g.input("in", {6, 2, 3, 5}), out = g.output("out", {6, 2, 3, 5});
    kernel().augment(in, {}, random_seeds(g, 6), out);
    expect_close(out, exact(in.values()));
  });
}

TEST(augment, refuses_windows_outside) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(6);
    const Kept<> out({1, 2, 3}, 9.0f);
    struct Case {
      std::int64_t padding, top, left;
    };
    const Case cases[] = {{-1, 0, 0}, {1, 3, 0}, {1, 0, 3}, {1, -1, 0}, {1, 0, -1}, {0, 1, 0}, {0, 0, 1}, {2, 5, 0}};
    for (const auto& [padding, top, left] : cases) {
      const std::string situation = "padding is " + std::to_string(padding) + ", top " + std::to_string(top) +
                                    " and left " + std::to_string(left);
      expect_refusal(situation, [&, padding = padding, top = top, left = left] {
        kernel().crop_image(dense(in, {1, 2, 3}), padding, top, left, out.view());
      });
      expect_untouched(situation, out);
    }
    kernel().crop_image(dense(in, {1, 2, 3}), 1, 2, 2, out.view());
    EXPECT_EQ(to_array64(out.view()).values, (Doubles{5, 6, 0, 0, 0, 0})) << "padding 1, top 2, left 2";
  });
}

TEST(augment, refuses_bad_options) {
  one_case([](Generator&) {
    const std::vector<float> in = counted(12);
    const Kept<> out({2, 1, 2, 3}, 9.0f);
    const Seeds seeds{1, 2};
    for (const float bad : {-0.1f, 1.5f, kNaN, kInfinity}) {
      const std::string situation = "the flip's probability is " + std::to_string(bad);
      expect_refusal(situation, [&] { kernel().augment(dense(in, {2, 1, 2, 3}), {1, bad}, seeds, out.view()); });
      expect_untouched(situation, out);
    }
    expect_refusal("the padding is -1", [&] {
      kernel().augment(dense(in, {2, 1, 2, 3}), {-1, 0.5f}, seeds, out.view());
    });
    expect_refusal("two images have one seed", [&] {
      kernel().augment(dense(in, {2, 1, 2, 3}), {1, 0.5f}, Seeds{1}, out.view());
    });
    expect_refusal("in is (2, 1, 3, 2) and out (2, 1, 2, 3)", [&] {
      kernel().augment(dense(in, {2, 1, 3, 2}), {1, 0.5f}, seeds, out.view());
    });
    expect_refusal("in and out are no batches of images", [&] {
      kernel().augment(dense(in, {2, 2, 3}), {1, 0.5f}, seeds, {out.view().data, {2, 2, 3}, {6, 3, 1}});
    });
    expect_untouched("the padding, the seeds or a shape was wrong", out);
    kernel().augment(dense(in, {2, 1, 2, 3}), {0, 0.0f}, seeds, out.view());
    expect_close(out.view(), exact(to_array64(dense(in, {2, 1, 2, 3}))));
  });
}

}  // namespace
