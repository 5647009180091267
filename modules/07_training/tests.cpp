// Module 07's tests, as students see them: one suite an exercise, one behaviour a test; at the end the speed cases.
// The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include "kiln/kernels/training.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "runs.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const TrainingSlots& kernel() { return under_test<TrainingSlots>(); }

using Classes = std::vector<std::int32_t>;
using Counts = std::vector<std::int64_t>;

/// What predicted_classes makes of logits.
Classes predicted(ConstView logits) {
  Classes predictions(static_cast<std::size_t>(logits.shape[0]), -7);
  kernel().predicted_classes(logits, predictions);
  return predictions;
}

// ---- accuracy

TEST(accuracy, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> logits{0.1f, 2, -1, 5, 3, 0, -2, -1, 0};
    EXPECT_EQ(predicted(dense(logits, {3, 3})), (Classes{1, 0, 2})) << "rows {0.1, 2, -1}, {5, 3, 0}, {-2, -1, 0}";
    const Classes predictions{1, 0, 2, 2}, labels{1, 2, 2, 0};
    EXPECT_EQ(kernel().count_correct(predictions, labels, -1), 2) << "predictions {1, 0, 2, 2}, labels {1, 2, 2, 0}";
  });
}

TEST(accuracy, negative_logits) {
  one_case([](Generator&) {
    const std::vector<float> logits{-3, -1, -2, -9, -8, -7};
    EXPECT_EQ(predicted(dense(logits, {2, 3})), (Classes{1, 2})) << "rows {-3, -1, -2} and {-9, -8, -7}";
  });
}

TEST(accuracy, the_first_of_equals) {
  one_case([](Generator&) {
    const std::vector<float> logits{0, 0, 0, 0, 1, 4, 4, 2, -1, -2, -2, -1, 1, 2, 3, 3};
    EXPECT_EQ(predicted(dense(logits, {4, 4})), (Classes{0, 1, 0, 2}))
        << "rows {0, 0, 0, 0}, {1, 4, 4, 2}, {-1, -2, -2, -1}, {1, 2, 3, 3}";
  });
}

TEST(accuracy, random_logits) {
  for_each_case(30, [](Generator& g) {
    const Operand logits = g.input("logits", {g.extent(), g.positive_extent()});
    EXPECT_EQ(predicted(logits), oracle::predicted_classes(logits));
  });
}

TEST(accuracy, random_labels) {
  for_each_case(20, [](Generator& g) {
    const std::int64_t examples = g.extent();
    const auto classes = static_cast<std::int32_t>(random_rank(g, 1, 4));
    const Classes predictions = random_classes(g, examples, 0, classes);
    const Classes labels = random_classes(g, examples, -1, classes);
    g.note(std::to_string(examples) + " examples, " + std::to_string(classes) + " classes, ignore_index -1");
    EXPECT_EQ(kernel().count_correct(predictions, labels, -1), oracle::count_correct(predictions, labels, -1));
  });
}

TEST(accuracy, ignored_labels) {
  one_case([](Generator&) {
    const Classes predictions{1, 0, 2, -1, 2}, labels{1, -1, 2, -1, 2};
    EXPECT_EQ(kernel().count_correct(predictions, labels, -1), 3)
        << "predictions {1, 0, 2, -1, 2}, labels {1, -1, 2, -1, 2}, of which -1 is ignored";
    EXPECT_EQ(kernel().count_correct(predictions, labels, 2), 2)
        << "predictions {1, 0, 2, -1, 2}, labels {1, -1, 2, -1, 2}, of which 2 is ignored";
  });
}

TEST(accuracy, refuses_other_lengths) {
  one_case([](Generator&) {
    const std::vector<float> logits = counted(6);
    const Kept<std::int32_t> two(2, 9), three(3, 9);
    const auto refused = [&](const std::string& situation, const Kept<std::int32_t>& kept, const Shape& shape) {
      expect_refused(situation, kept, [&] { kernel().predicted_classes(dense(logits, shape), kept.numbers()); });
    };
    refused("logits (2, 3) come with room for 3 predictions", three, {2, 3});
    refused("logits (3, 2) come with room for 2 predictions", two, {3, 2});
    refused("logits (2) are a vector", two, {2});
    refused("logits (2, 3, 1) have three dimensions", two, {2, 3, 1});
    refused("logits (2, 0) have no class", two, {2, 0});
    const Classes predictions{1, 1, 1}, labels{1, 1};
    expect_error(ErrorKind::invalid_argument, "there are 3 predictions and 2 labels",
                 [&] { kernel().count_correct(predictions, labels, -1); });
    expect_error(ErrorKind::invalid_argument, "there are 2 predictions and 3 labels",
                 [&] { kernel().count_correct(labels, predictions, -1); });
    EXPECT_EQ(kernel().count_correct(labels, labels, -1), 2);
    EXPECT_EQ(predicted(dense(logits, {2, 3})), (Classes{2, 2}));
  });
}

// ---- confusion_matrix

TEST(confusion_matrix, by_hand) {
  one_case([](Generator&) {
    const Classes labels{0, 0, 0, 1, 1, 2, 2, 2}, predictions{0, 0, 1, 1, 2, 2, 2, 0};
    Counts counts(9);
    kernel().confusion_matrix(predictions, labels, -1, 3, counts);
    EXPECT_EQ(counts, (Counts{2, 1, 0, 0, 1, 1, 1, 0, 2}))
        << "labels {0, 0, 0, 1, 1, 2, 2, 2}, predictions {0, 0, 1, 1, 2, 2, 2, 0}; rows are the truth";
  });
}

TEST(confusion_matrix, batches_add_up) {
  for_each_case(10, [](Generator& g) {
    const std::int32_t classes = random_rank(g, 1, 6);
    Counts counts(static_cast<std::size_t>(classes * classes)), expected(counts.size());
    for (int batch = 0; batch < 3; ++batch) {
      const std::int64_t examples = g.positive_extent();
      const Classes labels = random_classes(g, examples, 0, classes),
                    predictions = random_classes(g, examples, 0, classes);
      const Counts more = oracle::confusion_matrix(predictions, labels, -1, classes);
      for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += more[i];
      kernel().confusion_matrix(predictions, labels, -1, classes, counts);
      EXPECT_EQ(counts, expected) << "after batch " << batch << " of " << examples << " examples, " << classes
                                  << " classes";
    }
  });
}

TEST(confusion_matrix, ignored_labels) {
  one_case([](Generator&) {
    // What was said of an ignored example need not be a class at all.
    const Classes labels{0, -5, 1, -5, 1}, predictions{1, 0, 1, 99, 0};
    Counts counts(4);
    kernel().confusion_matrix(predictions, labels, -5, 2, counts);
    EXPECT_EQ(counts, (Counts{0, 1, 1, 1}))
        << "labels {0, -5, 1, -5, 1}, of which -5 is ignored, predictions {1, 0, 1, 99, 0}";
    const Classes all{0, 1, 1}, said{1, 1, 0};
    counts.assign(4, 0);
    kernel().confusion_matrix(said, all, 0, 2, counts);
    EXPECT_EQ(counts, (Counts{0, 0, 1, 1})) << "labels {0, 1, 1}, of which 0 is ignored, predictions {1, 1, 0}";
  });
}

TEST(confusion_matrix, refuses_classes_out_of_range) {
  one_case([](Generator&) {
    const Kept<std::int64_t> counts(9, 5);
    const std::pair<Classes, Classes> cases[] = {
        {{0, 1, 3}, {0, 1, 2}}, {{0, 1, 2}, {0, 1, 3}}, {{0, 1, -2}, {0, 1, 2}}, {{0, 1, 2}, {0, 1, -1}}};
    for (const auto& [labels, predictions] : cases) {
      const std::string situation = "of 3 classes the last label is " + std::to_string(labels.back()) +
                                    " and the last prediction " + std::to_string(predictions.back());
      expect_refused(situation, counts,
                     [&, l = labels, p = predictions] { kernel().confusion_matrix(p, l, -1, 3, counts.numbers()); });
    }
    Counts right(9);
    kernel().confusion_matrix(Classes{2}, Classes{2}, -1, 3, right);
    EXPECT_EQ(right.back(), 1) << "label 2 and prediction 2 of 3 classes";
  });
}

TEST(confusion_matrix, refuses_other_lengths) {
  one_case([](Generator&) {
    const Classes two{0, 1}, three{0, 1, 1};
    const Kept<std::int64_t> four(4, 5), six(6, 5);
    const auto refused = [&](const std::string& situation, const Kept<std::int64_t>& kept, const Classes& predictions,
                             const Classes& labels, std::int64_t classes) {
      expect_refused(situation, kept,
                     [&] { kernel().confusion_matrix(predictions, labels, -1, classes, kept.numbers()); });
    };
    refused("there are 3 predictions and 2 labels", four, three, two, 2);
    refused("there are 2 predictions and 3 labels", four, two, three, 2);
    refused("3 classes have 4 counts", four, two, two, 3);
    refused("2 classes have 6 counts", six, two, two, 2);
    refused("there are 0 classes", four, two, two, 0);
    refused("there are -2 classes", four, two, two, -2);
    Counts right(4);
    kernel().confusion_matrix(two, two, -1, 2, right);
    EXPECT_EQ(right, (Counts{1, 0, 0, 1}));
  });
}

// ---- clip_gradients

TEST(clip_gradients, by_hand) {
  one_case([](Generator&) {
    std::vector<float> first{3}, second{0, 4};
    EXPECT_EQ(kernel().clip_gradients({dense(first, {1}), dense(second, {2})}, 2.5), 5)
        << "the norm of {3} and {0, 4} before clipping is 5";
    EXPECT_EQ(first, std::vector<float>{1.5f}) << "5 may be 2.5: each element of {3} and {0, 4} is halved";
    EXPECT_EQ(second, (std::vector<float>{0, 2})) << "5 may be 2.5: each element of {3} and {0, 4} is halved";
  });
}

TEST(clip_gradients, one_factor_for_all) {
  one_case([](Generator&) {
    // 0.25 is shorter than 1 by itself. As a part of a gradient that is 4 times too long it shrinks with the rest.
    std::vector<float> small{0.25f}, large{std::sqrt(15.9375f), 0.0f};
    const std::vector<View> gradients{dense(small, {1}), dense(large, {2})};
    const oracle::Clipped expected = oracle::clip_gradients(gradients, 1);
    expect_within("the norm", kernel().clip_gradients(gradients, 1), expected.norm);
    expect_close(gradients[0], expected.gradients[0], 1);
    expect_close(gradients[1], expected.gradients[1], 1);
  });
}

TEST(clip_gradients, leaves_what_is_short) {
  one_case([](Generator&) {
    std::vector<float> first{3}, second{0, 4};
    const std::vector<View> gradients{dense(first, {1}), dense(second, {2})};
    for (const double most : {5.0, 5.5, 100.0, static_cast<double>(kInfinity)}) {
      EXPECT_EQ(kernel().clip_gradients(gradients, most), 5) << "max_norm " << most;
      EXPECT_EQ(first, std::vector<float>{3}) << "a norm of 5 may be " << most << ": nothing is to be scaled";
      EXPECT_EQ(second, (std::vector<float>{0, 4})) << "a norm of 5 may be " << most << ": nothing is to be scaled";
    }
  });
}

/// A list of up to 5 tensors, of any ranks.
std::vector<Operand> random_gradients(Generator& g, bool dense_ones) {
  std::vector<Operand> gradients;
  for (int i = random_rank(g, 1, 5); i > 0; --i) {
    const Shape shape = g.shape(random_rank(g, 0, 4));
    const Layout layout = dense_ones ? Layout::dense : g.writable_layout();
    gradients.push_back(g.input("gradient " + std::to_string(gradients.size()), shape, layout));
  }
  return gradients;
}

double random_max_norm(Generator& g) {
  constexpr double kMost[] = {0.001, 0.5, 1, 10, 1000};
  const double most = kMost[g.random().below(5)];
  g.note("max_norm " + words(most));
  return most;
}

TEST(clip_gradients, random_lists) {
  for_each_case(30, [](Generator& g) {
    const std::vector<Operand> gradients = random_gradients(g, true);
    expect_clipped(gradients, random_max_norm(g));
  });
}

TEST(clip_gradients, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const std::vector<Operand> gradients = random_gradients(g, false);
    expect_clipped(gradients, random_max_norm(g));
  });
}

TEST(clip_gradients, large_and_small_floats) {
  for (const float size : {3e38f, 1e25f, 1e-25f, 1e-36f}) {
    for_each_case(2, [size](Generator& g) {
      const Operand first = g.input("first", {4, 5}, Layout::dense, 0.5f * size, size);
      const Operand second = g.input("second", {7}, Layout::dense, -size, -0.5f * size);
      // Half of about sqrt(27) * 0.75 * size: the factor is no tiny float, and the products are none either.
      expect_clipped({first, second}, 2.0 * static_cast<double>(size));
    });
  }
}

TEST(clip_gradients, refuses_bad_max_norm) {
  one_case([](Generator&) {
    const Kept<float> kept(6, 3);
    for (const double most : {0.0, -1.0, -static_cast<double>(kInfinity), static_cast<double>(kNaN)})
      expect_refused("max_norm is " + words(most), kept, [&] { kernel().clip_gradients({kept.view({2, 3})}, most); });
    std::vector<float> right{4};
    EXPECT_EQ(kernel().clip_gradients({dense(right, {1})}, 1), 4);
    EXPECT_EQ(right[0], 1.0f);
  });
}

// ---- learning_rate

TEST(learning_rate, by_hand) {
  one_case([](Generator&) {
    const ScheduleOptions options{.peak = 1, .last = 0.5f, .warmup_steps = 3, .total_steps = 7};
    const double half_root = std::sqrt(0.5) / 4;
    // 3 steps up in quarters; 4 steps down, of which the cosines are 1, sqrt(1/2), 0, -sqrt(1/2).
    const double wanted[] = {0.25, 0.5, 0.75, 1, 0.75 + half_root, 0.75, 0.75 - half_root, 0.5, 0.5};
    for (std::int64_t step = 0; step < 9; ++step)
      expect_within("the rate of step " + std::to_string(step) + " of " + words(options),
                    kernel().learning_rate(step, options), {wanted[step], oracle::learning_rate(step, options).error});
  });
}

TEST(learning_rate, without_warm_up) {
  one_case([](Generator&) {
    const ScheduleOptions options{.peak = 0.5f, .last = 0, .warmup_steps = 0, .total_steps = 4};
    EXPECT_EQ(kernel().learning_rate(0, options), 0.5f) << "the first step of " << words(options);
    for (std::int64_t step = 0; step < 6; ++step) expect_rate(step, options);
  });
}

/// Sensible options; every second schedule ends above 0, every fourth has no warm-up.
ScheduleOptions random_schedule(Generator& g) {
  ScheduleOptions options;
  options.peak = g.random().uniform(0.001f, 2.0f);
  options.last = g.random().below(2) == 0 ? 0.0f : options.peak * g.random().uniform(0.0f, 1.0f);
  options.total_steps = 1 + static_cast<std::int64_t>(g.random().below(1000));
  const auto most = static_cast<std::uint64_t>(options.total_steps);
  options.warmup_steps = g.random().below(4) == 0 ? 0 : static_cast<std::int64_t>(g.random().below(most + 1));
  g.note(words(options));
  return options;
}

TEST(learning_rate, random_schedules) {
  for_each_case(30, [](Generator& g) {
    const ScheduleOptions options = random_schedule(g);
    for (int i = 0; i < 10; ++i)
      expect_rate(static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(options.total_steps))),
                  options);
  });
}

TEST(learning_rate, where_the_parts_meet) {
  for_each_case(15, [](Generator& g) {
    const ScheduleOptions options = random_schedule(g);
    for (const std::int64_t step : {options.warmup_steps - 1, options.warmup_steps, options.warmup_steps + 1,
                                    options.total_steps - 1, options.total_steps})
      if (step >= 0) expect_rate(step, options);
  });
}

TEST(learning_rate, stays_after_the_end) {
  one_case([](Generator&) {
    const ScheduleOptions options{.peak = 1, .last = 0.125f, .warmup_steps = 2, .total_steps = 10};
    for (const std::int64_t step : {10, 11, 14, 18, 26, 1000000})
      EXPECT_EQ(kernel().learning_rate(step, options), 0.125f) << "step " << step << " of " << words(options);
  });
}

TEST(learning_rate, refuses_bad_options) {
  one_case([](Generator&) {
    struct Case {
      const char* situation;
      std::int64_t step;
      ScheduleOptions options;
    };
    const Case cases[] = {
        {"the step is -1", -1, {.peak = 1, .last = 0, .warmup_steps = 2, .total_steps = 5}},
        {"the peak is negative", 0, {.peak = -1, .last = -2, .warmup_steps = 2, .total_steps = 5}},
        {"the peak is infinite", 0, {.peak = kInfinity, .last = 0, .warmup_steps = 2, .total_steps = 5}},
        {"the peak is NaN", 0, {.peak = kNaN, .last = 0, .warmup_steps = 2, .total_steps = 5}},
        {"the last rate is negative", 0, {.peak = 1, .last = -0.1f, .warmup_steps = 2, .total_steps = 5}},
        {"the last rate is above the peak", 0, {.peak = 1, .last = 1.5f, .warmup_steps = 2, .total_steps = 5}},
        {"the last rate is NaN", 0, {.peak = 1, .last = kNaN, .warmup_steps = 2, .total_steps = 5}},
        {"warmup_steps is -1", 0, {.peak = 1, .last = 0, .warmup_steps = -1, .total_steps = 5}},
        {"warmup_steps is beyond total_steps", 0, {.peak = 1, .last = 0, .warmup_steps = 6, .total_steps = 5}},
        {"total_steps is 0", 0, {.peak = 1, .last = 0, .warmup_steps = 0, .total_steps = 0}},
    };
    for (const Case& wrong : cases)
      expect_error(ErrorKind::invalid_argument, wrong.situation,
                   [&] { kernel().learning_rate(wrong.step, wrong.options); });
    EXPECT_EQ(kernel().learning_rate(0, {.peak = 1, .last = 1, .warmup_steps = 1, .total_steps = 1}), 0.5f);
  });
}

// ---- accumulate_gradients

TEST(accumulate_gradients, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> weight{4, -8}, bias{2};
    std::vector<float> sum_of_weight{1, 1}, sum_of_bias{0};
    kernel().accumulate_gradients({dense(weight, {2}), dense(bias, {1})}, 3, 12,
                                  {dense(sum_of_weight, {2}), dense(sum_of_bias, {1})});
    EXPECT_EQ(sum_of_weight, (std::vector<float>{2, -1})) << "{1, 1} and a quarter of {4, -8}: 3 examples of 12";
    EXPECT_EQ(sum_of_bias, std::vector<float>{0.5f}) << "{0} and a quarter of {2}: 3 examples of 12";
  });
}

TEST(accumulate_gradients, parts_of_other_sizes) {
  one_case([](Generator&) {
    // Each example's gradient is a number: {1, 2, 3}, {10, 20, 30} and {100}. Their mean is 166 / 7.
    const std::vector<float> means{2, 20, 100};
    const std::int64_t sizes[] = {3, 3, 1};
    std::vector<float> sum{0};
    for (std::size_t part = 0; part < 3; ++part)
      kernel().accumulate_gradients({ConstView{&means[part], {}, {}}}, sizes[part], 7, {dense(sum, {})});
    // Three parts, a product and a sum each.
    expect_close(dense(sum, {}), Expected{Array64({}, 166.0 / 7), Array64({}, 166.0 / 7), 6});
  });
}

TEST(accumulate_gradients, random_lists) {
  for_each_case(20, [](Generator& g) {
    std::vector<Operand> gradients, sums;
    for (int i = random_rank(g, 1, 4); i > 0; --i) {
      const Shape shape = g.shape(random_rank(g, 0, 4));
      gradients.push_back(g.input("gradient " + std::to_string(sums.size()), shape, Layout::dense));
      sums.push_back(g.input("sum " + std::to_string(sums.size()), shape, Layout::dense));
    }
    const auto total = static_cast<std::int64_t>(1 + g.random().below(100));
    const auto examples = static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(total + 1)));
    g.note(std::to_string(examples) + " examples of " + std::to_string(total));
    expect_accumulated(gradients, examples, total, sums);
  });
}

TEST(accumulate_gradients, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Shape shape = g.shape(random_rank(g, 0, 4));
    const Operand gradient = g.input("gradient", shape);
    const Operand sum = g.input("sum", shape, g.writable_layout());
    expect_accumulated({gradient}, 3, 8, {sum});
  });
}

TEST(accumulate_gradients, leaves_the_gradients) {
  for_each_case(5, [](Generator& g) {
    const Operand gradient = g.input("gradient", {5, 7}), sum = g.input("sum", {5, 7}, Layout::dense);
    const Expected before = exact(gradient.values());
    expect_accumulated({gradient}, 1, 2, {sum});
    expect_close(gradient, before);
  });
}

TEST(accumulate_gradients, refuses_other_shapes) {
  one_case([](Generator&) {
    const std::vector<float> values(6, 1.0f);
    const Kept<float> kept(12, 2);
    const View first{kept.numbers().data(), {2, 3}, {3, 1}}, second{first.data + 6, {2, 3}, {3, 1}};
    const ConstView right = dense(values, {2, 3});
    for (const Shape& shape : {Shape{3, 2}, Shape{6}, Shape{3}, Shape{1, 2, 3}, Shape{1, 3}, Shape{}})
      expect_refused("the second gradient is " + to_string(shape) + " and its sum (2, 3)", kept, [&] {
        kernel().accumulate_gradients({right, dense(values, shape)}, 1, 2, {first, second});
      });
    expect_refused("there are two gradients and one sum", kept, [&] {
      kernel().accumulate_gradients({right, right}, 1, 2, {first});
    });
    expect_refused("there are one gradient and two sums", kept, [&] {
      kernel().accumulate_gradients({right}, 1, 2, {first, second});
    });
    kernel().accumulate_gradients({right}, 1, 2, {first});
    expect_close(first, exact(Array64({2, 3}, 2.5)));
  });
}

TEST(accumulate_gradients, refuses_bad_counts) {
  one_case([](Generator&) {
    const std::vector<float> values(4, 1.0f);
    const Kept<float> kept(4, 2);
    const std::pair<std::int64_t, std::int64_t> cases[] = {{-1, 4}, {5, 4}, {0, 0}, {1, 0}, {1, -4}, {-4, -4}};
    for (const auto& [examples, total] : cases)
      expect_refused("the part has " + std::to_string(examples) + " examples of " + std::to_string(total), kept,
                     [&, some = examples, all = total] {
                       kernel().accumulate_gradients({dense(values, {4})}, some, all, {kept.view({4})});
                     });
    kernel().accumulate_gradients({dense(values, {4})}, 4, 4, {kept.view({4})});
    expect_close(kept.view({4}), exact(Array64({4}, 3)));
  });
}

// ---- speed: what the steps in module.toml are about

/// The gradients of two layers with a norm of about sqrt(n / 3) for n elements, and a part of that which is allowed.
std::tuple<std::vector<View>, double> two_layers(speed::SpeedArguments& s, double allowed) {
  std::vector<View> gradients;
  std::int64_t elements = 0;
  for (const Shape& shape : {Shape{256, 256}, Shape{256}, Shape{256, 256}, Shape{256}}) {
    gradients.push_back(s.in_out(shape));
    elements += shape.elements();
  }
  return {gradients, allowed * std::sqrt(static_cast<double>(elements) / 3)};
}

Expected first_of_clipped(const std::vector<View>& gradients, double max_norm) {
  return oracle::clip_gradients(gradients, max_norm).gradients.front();
}

const speed::SpeedCase too_long = speed::speed_case<&TrainingSlots::clip_gradients>(
    "clip_gradients.too_long", [](speed::SpeedArguments& s) { return two_layers(s, 0.9); }, first_of_clipped);

const speed::SpeedCase short_enough = speed::speed_case<&TrainingSlots::clip_gradients>(
    "clip_gradients.short_enough", [](speed::SpeedArguments& s) { return two_layers(s, 1.1); }, first_of_clipped);

}  // namespace
