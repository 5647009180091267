// Module 07's hidden tests: the edges that the visible tests leave out. Each also asks for a result that is no edge
// case, so that a kernel that does nothing passes none.
#include "kiln/kernels/training.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "runs.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const TrainingSlots& kernel() { return under_test<TrainingSlots>(); }

using Classes = std::vector<std::int32_t>;
using Counts = std::vector<std::int64_t>;

constexpr std::int64_t kMostSteps = std::numeric_limits<std::int64_t>::max();

Classes said_of(ConstView logits) {
  Classes predictions(static_cast<std::size_t>(logits.shape[0]), -7);
  kernel().predicted_classes(logits, predictions);
  return predictions;
}

// ---- accuracy

TEST(accuracy, nan) {
  one_case([](Generator&) {
    const float n = kNaN;
    const std::vector<float> logits{1, n, 2, n, n, 3, 1, 2, 9, n, kInfinity, 5, n, n, n, 4, -1, n, 0, 2, 1};
    EXPECT_EQ(said_of(dense(logits, {7, 3})), (Classes{1, 0, 2, 0, 0, 2, 1}))
        << "rows {1, NaN, 2}, {NaN, NaN, 3}, {1, 2, 9}, {NaN, inf, 5}, {NaN, NaN, NaN}, {4, -1, NaN}, {0, 2, 1}";
    const std::vector<float> inf_first{kInfinity, n, 1, 2};
    EXPECT_EQ(said_of(dense(inf_first, {2, 2})), (Classes{1, 1})) << "rows {inf, NaN}, {1, 2}";
  });
}

TEST(accuracy, infinities) {
  one_case([](Generator&) {
    const float i = kInfinity;
    const std::vector<float> logits{-i, -i, -i, -i, -5, -i, 3, i, i, i, -i, i, -0.0f, 0, -1, -i, -i, -1e30f};
    EXPECT_EQ(said_of(dense(logits, {6, 3})), (Classes{0, 1, 1, 0, 0, 2}))
        << "rows {-inf, -inf, -inf}, {-inf, -5, -inf}, {3, inf, inf}, {inf, -inf, inf}, {-0, 0, -1}, "
           "{-inf, -inf, -1e30}";
  });
}

TEST(accuracy, one_class_and_no_rows) {
  one_case([](Generator&) {
    const std::vector<float> logits{-1, kNaN, 5, 2};
    EXPECT_EQ(said_of(dense(logits, {4, 1})), (Classes{0, 0, 0, 0})) << "four rows of one class";
    EXPECT_EQ(said_of(ConstView{nullptr, {0, 3}, {3, 1}}), Classes{}) << "no rows";
    EXPECT_EQ(said_of(dense(logits, {1, 4})), Classes{1}) << "one row {-1, NaN, 5, 2}";
    EXPECT_EQ(kernel().count_correct({}, {}, -1), 0) << "no examples";
    EXPECT_EQ(kernel().count_correct(Classes{3}, Classes{3}, -1), 1) << "one example, which is right";
    Classes none;
    expect_error(ErrorKind::invalid_argument, "logits are (0, 0), and have no class", [&] {
      kernel().predicted_classes(ConstView{nullptr, {0, 0}, {1, 1}}, none);
    });
  });
}

TEST(accuracy, one_row_for_all) {
  one_case([](Generator&) {
    const std::vector<float> row{1, 5, 2, 4};
    EXPECT_EQ(said_of(ConstView{row.data(), {3, 4}, {0, 1}}), (Classes{1, 1, 1})) << "one row three times, stride 0";
    EXPECT_EQ(said_of(ConstView{row.data() + 3, {2, 2}, {-2, -1}}), (Classes{0, 0})) << "rows {4, 2}, {5, 1}";
  });
}

TEST(accuracy, many_examples) {
  for_each_case(3, [](Generator& g) {
    const Classes labels = random_classes(g, 5000, -2, 3), predictions = random_classes(g, 5000, -2, 3);
    for (const std::int32_t ignore_index : {-2, -1, 0, 2, 7})
      EXPECT_EQ(kernel().count_correct(predictions, labels, ignore_index),
                oracle::count_correct(predictions, labels, ignore_index))
          << "ignore_index " << ignore_index;
  });
}

// ---- confusion_matrix

TEST(confusion_matrix, nothing_to_count) {
  one_case([](Generator&) {
    Counts counts{4, 3, 2, 1};
    kernel().confusion_matrix({}, {}, -1, 2, counts);
    EXPECT_EQ(counts, (Counts{4, 3, 2, 1})) << "no examples";
    kernel().confusion_matrix(Classes{0, 77}, Classes{-1, -1}, -1, 2, counts);
    EXPECT_EQ(counts, (Counts{4, 3, 2, 1})) << "two examples, both ignored";
    kernel().confusion_matrix(Classes{1}, Classes{0}, -1, 2, counts);
    EXPECT_EQ(counts, (Counts{4, 4, 2, 1})) << "label 0, prediction 1";
  });
}

TEST(confusion_matrix, one_class) {
  one_case([](Generator&) {
    Counts counts{40};
    kernel().confusion_matrix(Classes{0, 0, 0}, Classes{0, 0, 0}, -1, 1, counts);
    EXPECT_EQ(counts, Counts{43});
  });
}

TEST(confusion_matrix, counts_beyond_32_bits) {
  one_case([](Generator&) {
    Counts counts{0, std::int64_t{1} << 40, 0, 2147483647};
    kernel().confusion_matrix(Classes{1, 1, 1}, Classes{0, 1, 1}, -1, 2, counts);
    EXPECT_EQ(counts, (Counts{0, (std::int64_t{1} << 40) + 1, 0, 2147483649}));
  });
}

TEST(confusion_matrix, refuses_more_classes_than_fit) {
  one_case([](Generator&) {
    const Kept<std::int64_t> kept(4, 5);
    for (const int bits : {31, 32, 33, 62}) {
      const std::int64_t classes = std::int64_t{1} << bits;
      // Of 2^32 classes the product is 0 in 64 bits, which is as many counts as there are.
      expect_error(ErrorKind::invalid_argument, "2^" + std::to_string(bits) + " classes have no counts",
                   [&] { kernel().confusion_matrix({}, {}, -1, classes, {}); });
      expect_refused("2^" + std::to_string(bits) + " classes have 4 counts", kept,
                     [&] { kernel().confusion_matrix(Classes{0}, Classes{0}, -1, classes, kept.numbers()); });
    }
    Counts counts(4);
    kernel().confusion_matrix(Classes{0}, Classes{1}, -1, 2, counts);
    EXPECT_EQ(counts, (Counts{0, 0, 1, 0}));
  });
}

TEST(confusion_matrix, agrees_with_the_accuracy) {
  for_each_case(5, [](Generator& g) {
    const std::int32_t classes = 10, examples = 300;
    const Classes labels = random_classes(g, examples, -1, classes),
                  predictions = random_classes(g, examples, 0, classes);
    Counts counts(static_cast<std::size_t>(classes) * classes);
    kernel().confusion_matrix(predictions, labels, -1, classes, counts);
    EXPECT_EQ(counts, oracle::confusion_matrix(predictions, labels, -1, classes));
    std::int64_t diagonal = 0;
    for (std::size_t c = 0; c < 10; ++c) diagonal += counts[c * 11];
    EXPECT_EQ(diagonal, oracle::count_correct(predictions, labels, -1)) << "the diagonal is what was right";
  });
}

// ---- clip_gradients

TEST(clip_gradients, no_elements) {
  one_case([](Generator&) {
    EXPECT_EQ(kernel().clip_gradients({}, 1), 0) << "an empty list";
    const View nothing{nullptr, {0}, {1}}, none{nullptr, {3, 0, 2}, {0, 2, 1}};
    EXPECT_EQ(kernel().clip_gradients({nothing, none}, 1), 0) << "two tensors without elements";
    std::vector<float> some{0, 8};
    EXPECT_EQ(kernel().clip_gradients({nothing, dense(some, {2}), none}, 2), 8) << "{0, 8} between empty tensors";
    EXPECT_EQ(some, (std::vector<float>{0, 2}));
  });
}

TEST(clip_gradients, zeros) {
  one_case([](Generator&) {
    std::vector<float> zeros{0, -0.0f, 0}, some{2};
    EXPECT_EQ(kernel().clip_gradients({dense(zeros, {3})}, 1e-300), 0);
    EXPECT_EQ(zeros, (std::vector<float>{0, 0, 0}));
    EXPECT_EQ(kernel().clip_gradients({dense(zeros, {3}), dense(some, {})}, 1), 2);
    EXPECT_EQ(zeros, (std::vector<float>{0, 0, 0}));
    EXPECT_EQ(some[0], 1.0f);
  });
}

TEST(clip_gradients, leaves_what_is_not_finite) {
  for (const float bad : {kInfinity, -kInfinity, kNaN}) {
    for_each_case(1, [bad](Generator&) {
      for (const double most : {1.0, static_cast<double>(kInfinity)}) {
        std::vector<float> first{3, 4}, second{100, bad, 100};
        const std::vector<View> gradients{dense(first, {2}), dense(second, {3})};
        const double norm = kernel().clip_gradients(gradients, most);
        if (std::isnan(bad))
          EXPECT_TRUE(std::isnan(norm)) << "a NaN among the elements: the norm is NaN, got " << norm;
        else
          EXPECT_EQ(norm, static_cast<double>(kInfinity)) << "an element is " << bad;
        EXPECT_EQ(first, (std::vector<float>{3, 4})) << "where an element is " << bad << ", nothing is written";
        EXPECT_EQ(second[0], 100.0f) << "where an element is " << bad << ", nothing is written";
        EXPECT_EQ(second[2], 100.0f) << "where an element is " << bad << ", nothing is written";
        EXPECT_TRUE(second[1] == bad || (std::isnan(bad) && std::isnan(second[1]))) << bad << " became " << second[1];
      }
    });
  }
}

TEST(clip_gradients, rows_of_all_lengths) {
  for (std::int64_t n = 1; n <= 140; n += n < 70 ? 1 : 7) {
    for_each_case(1, [n](Generator& g) {
      expect_clipped({g.input("gradient", {n}, Layout::dense), g.input("rows", {2, n}, Layout::spaced)}, 0.25);
    });
  }
}

TEST(clip_gradients, many_elements_keep_their_digits) {
  for_each_case(2, [](Generator& g) {
    // A sum of floats would lose what follows the first large square.
    const Operand large = g.input("large", {1}, Layout::dense, 1000, 1001);
    const Operand small = g.input("small", {90, 90}, Layout::dense, 0.01f, 0.02f);
    expect_clipped({large, small}, 1e6);
    expect_clipped({small, large}, 2);
  });
}

TEST(clip_gradients, tiny_floats) {
  one_case([](Generator&) {
    // The squares of these are 0 as floats, and even the floats themselves have few digits left.
    const float tiny = std::numeric_limits<float>::denorm_min();
    std::vector<float> gradient{3 * tiny, 4 * tiny};
    const double norm = kernel().clip_gradients({dense(gradient, {2})}, 1);
    expect_within("the norm of the floats 3 and 4 times the smallest", norm, {5.0 * tiny, 1e-15 * tiny});
    EXPECT_EQ(gradient, (std::vector<float>{3 * tiny, 4 * tiny}));
    expect_within("the norm", kernel().clip_gradients({dense(gradient, {2})}, 2.5 * tiny), {5.0 * tiny, 1e-15 * tiny});
    EXPECT_EQ(gradient[1], 2 * tiny) << "half of 4 times the smallest float";
  });
}

TEST(clip_gradients, ranks_and_sizes_of_one) {
  for_each_case(10, [](Generator& g) {
    expect_clipped(
        {g.input("scalar", {}, Layout::dense), g.input("six dimensions", {1, 2, 1, 3, 2, 1}, g.writable_layout()),
         g.input("one", {1, 1}, Layout::dense)},
        0.5);
  });
}

TEST(clip_gradients, writes_nothing_beside) {
  for_each_case(1, [](Generator&) {
    const Sentinels rows({3, 4}, {9, 2}), backwards({5}, {-3});
    for (const View& view : {rows.view(), backwards.view()})
      for_each_index(view.shape, [&](const Shape& index) {
        std::int64_t offset = 0;
        for (int d = 0; d < index.rank(); ++d) offset += index[d] * view.strides[d];
        view.data[offset] = 2;
      });
    expect_within("the norm of 17 elements of 2", kernel().clip_gradients({rows.view(), backwards.view()}, 1),
                  {2 * std::sqrt(17.0), 1e-14});
    const double each = 1 / std::sqrt(17.0);
    expect_close(rows.view(), {Array64({3, 4}, each), Array64({3, 4}, each), 2}, 1);
    expect_close(backwards.view(), {Array64({5}, each), Array64({5}, each), 2}, 1);
    rows.expect_rest_untouched();
    backwards.expect_rest_untouched();
  });
}

// ---- learning_rate

TEST(learning_rate, long_runs) {
  one_case([](Generator&) {
    // Floats count whole numbers up to 2^24; here a run has 16 million steps more than that.
    const ScheduleOptions options{.peak = 1, .last = 0, .warmup_steps = 20000001, .total_steps = 33554433};
    for (const std::int64_t step : {0, 16777215, 16777217, 20000000, 20000001, 20000002, 26000001, 33554431, 33554432})
      expect_rate(step, options);
    const ScheduleOptions short_rise{.peak = 1, .last = 0.25f, .warmup_steps = 0, .total_steps = 40000003};
    for (const std::int64_t step : {1, 19999999, 20000001, 33333333, 40000001}) expect_rate(step, short_rise);
  });
}

TEST(learning_rate, the_largest_counts) {
  one_case([](Generator&) {
    const ScheduleOptions rise{.peak = 1, .last = 0, .warmup_steps = kMostSteps, .total_steps = kMostSteps};
    EXPECT_EQ(kernel().learning_rate(std::int64_t{1} << 62, rise), 0.5f) << "half of a rise over 2^63 - 1 steps";
    EXPECT_EQ(kernel().learning_rate(kMostSteps - 1, rise), 1.0f) << "its last step";
    EXPECT_EQ(kernel().learning_rate(kMostSteps, rise), 0.0f) << "the step after it, where the run is over";
    const ScheduleOptions fall{.peak = 1, .last = 0, .warmup_steps = 0, .total_steps = kMostSteps};
    EXPECT_EQ(kernel().learning_rate(std::int64_t{1} << 62, fall), 0.5f) << "half of a fall over 2^63 - 1 steps";
  });
}

TEST(learning_rate, nothing_but_warm_up) {
  one_case([](Generator&) {
    const ScheduleOptions options{.peak = 0.8f, .last = 0.2f, .warmup_steps = 3, .total_steps = 3};
    for (std::int64_t step = 0; step < 3; ++step) expect_rate(step, options);
    EXPECT_EQ(kernel().learning_rate(3, options), 0.2f) << "the run is over, and the peak never came";
  });
}

TEST(learning_rate, one_step) {
  one_case([](Generator&) {
    const ScheduleOptions options{.peak = 0.3f, .last = 0.1f, .warmup_steps = 0, .total_steps = 1};
    EXPECT_EQ(kernel().learning_rate(0, options), 0.3f);
    EXPECT_EQ(kernel().learning_rate(1, options), 0.1f);
  });
}

TEST(learning_rate, constant_rates) {
  one_case([](Generator&) {
    for (const float rate : {0.1f, 1e-30f, 3e38f}) {
      const ScheduleOptions options{.peak = rate, .last = rate, .warmup_steps = 2, .total_steps = 9};
      for (std::int64_t step = 2; step < 12; ++step)
        EXPECT_EQ(kernel().learning_rate(step, options), rate) << "step " << step << " of " << words(options);
    }
    const ScheduleOptions nothing{.peak = 0, .last = 0, .warmup_steps = 2, .total_steps = 9};
    for (std::int64_t step = 0; step < 12; ++step) EXPECT_EQ(kernel().learning_rate(step, nothing), 0.0f);
  });
}

TEST(learning_rate, never_rises_after_the_peak) {
  for_each_case(5, [](Generator& g) {
    const ScheduleOptions options{.peak = g.random().uniform(0.5f, 2.0f),
                                  .last = g.random().uniform(0.0f, 0.4f),
                                  .warmup_steps = 10,
                                  .total_steps = 60};
    float before = kernel().learning_rate(10, options);
    EXPECT_EQ(before, options.peak);
    for (std::int64_t step = 11; step < 65; ++step) {
      const float now = kernel().learning_rate(step, options);
      EXPECT_LE(now, before) << "step " << step << " of " << words(options);
      before = now;
    }
    EXPECT_EQ(before, options.last);
  });
}

// ---- accumulate_gradients

TEST(accumulate_gradients, one_gradient_twice) {
  for_each_case(5, [](Generator& g) {
    const Operand gradient = g.input("gradient", {3, 5}), first = g.input("first", {3, 5}, g.writable_layout()),
                  second = g.input("second", {3, 5}, g.writable_layout());
    expect_accumulated({gradient, gradient}, 2, 5, {first, second});
  });
}

TEST(accumulate_gradients, large_counts) {
  one_case([](Generator&) {
    const std::vector<float> one{1};
    const std::pair<std::int64_t, std::int64_t> cases[] = {{16777217, 50331655},     {33554435, 100663301},
                                                           {3000000001, 9000000007}, {1, std::int64_t{1} << 62},
                                                           {kMostSteps, kMostSteps}, {1, 3}};
    for (const auto& [examples, total] : cases) {
      std::vector<float> sum{0};
      kernel().accumulate_gradients({dense(one, {1})}, examples, total, {dense(sum, {1})});
      EXPECT_EQ(sum[0], static_cast<float>(static_cast<double>(examples) / static_cast<double>(total)))
          << "0 + 1 * " << examples << " / " << total;
    }
  });
}

TEST(accumulate_gradients, the_whole_batch_at_once) {
  one_case([](Generator&) {
    const std::vector<float> gradient{0.1f, -3e38f, 1e-40f};
    std::vector<float> sum{0, 0, 0};
    kernel().accumulate_gradients({dense(gradient, {3})}, 7, 7, {dense(sum, {3})});
    EXPECT_EQ(sum, gradient) << "7 examples of 7: the factor is 1";
    kernel().accumulate_gradients({dense(gradient, {3})}, 0, 7, {dense(sum, {3})});
    EXPECT_EQ(sum, gradient) << "0 examples of 7 add nothing";
  });
}

TEST(accumulate_gradients, what_is_not_finite) {
  one_case([](Generator&) {
    const std::vector<float> gradient{kNaN, kInfinity, -kInfinity, 1, 1};
    std::vector<float> sum{1, 1, kInfinity, kInfinity, kNaN};
    kernel().accumulate_gradients({dense(gradient, {5})}, 1, 2, {dense(sum, {5})});
    Array64 expected({5}, kNaN);
    expected(1) = expected(3) = kInfinity;
    expect_close(dense(sum, {5}), exact(expected));
    std::vector<float> neighbours{1, 1};
    kernel().accumulate_gradients({dense(gradient, {1}), ConstView{&gradient[3], {}, {}}}, 1, 2,
                                  {dense(neighbours, {1}), View{&neighbours[1], {}, {}}});
    EXPECT_TRUE(std::isnan(neighbours[0]));
    EXPECT_EQ(neighbours[1], 1.5f) << "NaN stays in its element";
  });
}

TEST(accumulate_gradients, nothing_to_add) {
  one_case([](Generator&) {
    const ConstView nothing{nullptr, {0}, {1}};
    kernel().accumulate_gradients({}, 1, 2, {});
    const std::vector<float> gradient{2};
    std::vector<float> sum{1};
    kernel().accumulate_gradients({nothing, dense(gradient, {1}), ConstView{nullptr, {2, 0}, {0, 1}}}, 1, 2,
                                  {View{nullptr, {0}, {1}}, dense(sum, {1}), View{nullptr, {2, 0}, {0, 1}}});
    EXPECT_EQ(sum[0], 2.0f) << "1 + 2 * 1 / 2, between tensors without elements";
  });
}

TEST(accumulate_gradients, writes_nothing_beside) {
  for_each_case(1, [](Generator&) {
    const std::vector<float> gradient(12, 4.0f);
    const Sentinels sums({3, 4}, {-10, 2});
    for_each_index({3, 4}, [&](const Shape& index) { sums.view()(index[0], index[1]) = 1; });
    kernel().accumulate_gradients({ConstView{gradient.data(), {3, 4}, {1, 3}}}, 3, 4, {sums.view()});
    expect_close(sums.view(), exact(Array64({3, 4}, 4)));
    sums.expect_rest_untouched();
  });
}

}  // namespace
