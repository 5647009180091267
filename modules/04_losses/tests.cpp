// Module 04's tests, as students see them: one suite an exercise, one behaviour a test; at the end the speed case.
// The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include "kiln/kernels/losses.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "oracle.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const LossSlots& kernel() { return under_test<LossSlots>(); }

/// A shape without an extent of 0: the mean of nothing is an error, not a case.
Shape random_shape(Generator& g, int rank) {
  Shape shape = g.shape(rank);
  for (std::int64_t& extent : shape) extent = std::max<std::int64_t>(extent, 1);
  return shape;
}

std::vector<std::int32_t> random_labels(Generator& g, std::int64_t batch, std::int64_t classes) {
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < batch; ++i)
    labels.push_back(static_cast<std::int32_t>(g.random().below(static_cast<std::uint64_t>(classes))));
  return labels;
}

/// A loss worked out by hand, of terms that are no larger than `magnitude`: within some 8 roundings.
void expect_by_hand(const std::vector<float>& loss, double value, double magnitude) {
  expect_close(dense(loss, {}), Expected{Array64({}, value), Array64({}, magnitude), 8});
}

// ---- mean_squared_error

TEST(mean_squared_error, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> prediction{1, 2, 3, 7}, target{1, 1, 5, 4};
    std::vector<float> loss{0};
    kernel().mean_squared_error(dense(prediction, {4}), dense(target, {4}), dense(loss, {}));
    EXPECT_EQ(loss[0], 3.5f) << "(1, 2, 3, 7) and (1, 1, 5, 4) differ by (0, 1, -2, 3), whose squares are 0, 1, 4, 9";
  });
}

TEST(mean_squared_error, mean_over_all_elements) {
  one_case([](Generator&) {
    // Every difference is 2: so is every mean of squares 4, whatever the shape.
    const std::vector<float> prediction(64, 5.0f), target(64, 3.0f);
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{8}, Shape{2, 8}, Shape{16, 1}, Shape{4, 2, 8}}) {
      std::vector<float> loss{0};
      kernel().mean_squared_error(dense(prediction, shape), dense(target, shape), dense(loss, {}));
      ASSERT_EQ(loss[0], 4.0f) << "shape " << to_string(shape);
    }
  });
}

TEST(mean_squared_error, random_shapes) {
  for_each_case(30, [](Generator& g) {
    const Shape shape = random_shape(g, random_rank(g, 1, 4));
    const Operand prediction = g.input("prediction", shape, Layout::dense), target = g.input("target", shape);
    const Operand loss = g.output("loss", {});
    kernel().mean_squared_error(prediction, target, loss);
    expect_close(loss, oracle::mean_squared_error(prediction, target));
  });
}

TEST(mean_squared_error, random_layouts) {
  for_each_case(30, [](Generator& g) {
    const Shape shape = random_shape(g, random_rank(g, 1, 4));
    const Operand prediction = g.input("prediction", shape), target = g.input("target", shape);
    const Operand loss = g.output("loss", {});
    kernel().mean_squared_error(prediction, target, loss);
    expect_close(loss, oracle::mean_squared_error(prediction, target));
  });
}

TEST(mean_squared_error, overwrites_loss) {
  for_each_case(3, [](Generator& g) {
    const Operand prediction = g.input("prediction", {3, 4}), target = g.input("target", {3, 4});
    const Operand loss = g.output("loss", {});
    loss.fill(100.0f);
    for (int time = 0; time < 2; ++time) {
      kernel().mean_squared_error(prediction, target, loss);
      expect_close(loss, oracle::mean_squared_error(prediction, target));
    }
  });
}

/// What both losses of two equal shapes must refuse: also what would broadcast, and what has as many elements.
void expect_equal_shapes(const char* name, decltype(LossSlots::mean_squared_error) loss_of,
                         Expected (*oracle)(ConstView, ConstView)) {
  std::vector<float> memory(12);
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = 0.0625f * static_cast<float>(i);
  std::vector<float> loss{0};
  const std::pair<Shape, Shape> pairs[] = {{{2, 3}, {3, 2}}, {{6}, {2, 3}}, {{3, 1}, {3}}, {{3, 1}, {1, 3}},
                                           {{2, 3}, {3}},    {{4}, {1}},    {{}, {1}},     {{4}, {5}}};
  for (const auto& [left, right] : pairs)
    expect_error(
        ErrorKind::invalid_argument, std::string(name) + " of shapes " + to_string(left) + " and " + to_string(right),
        [&, left = left, right = right] { loss_of(dense(memory, left), dense(memory, right), dense(loss, {})); });
  const std::vector<float> other(memory.rbegin(), memory.rend());
  loss_of(dense(memory, {3, 4}), dense(other, {3, 4}), dense(loss, {}));
  expect_close(dense(loss, {}), oracle(dense(memory, {3, 4}), dense(other, {3, 4})));
}

TEST(mean_squared_error, refuses_other_shapes) {
  one_case([](Generator&) {
    expect_equal_shapes("mean_squared_error", kernel().mean_squared_error, oracle::mean_squared_error);
  });
}

// ---- binary_cross_entropy

float binary_loss(const std::vector<float>& logits, const std::vector<float>& target) {
  std::vector<float> loss{0};
  const Shape shape{static_cast<std::int64_t>(logits.size())};
  kernel().binary_cross_entropy(dense(logits, shape), dense(target, shape), dense(loss, {}));
  return loss[0];
}

TEST(binary_cross_entropy, by_hand) {
  one_case([](Generator&) {
    expect_by_hand({binary_loss({0}, {1})}, 0.69314718056, 1);        // log 2: no idea
    expect_by_hand({binary_loss({2}, {1})}, 0.12692801104, 5);        // log(1 + exp(-2))
    expect_by_hand({binary_loss({2}, {0})}, 2.12692801104, 3);        // 2 more for being wrong
    expect_by_hand({binary_loss({-3}, {0.25f})}, 0.79858735157, 1);   // 0.75 + log(1 + exp(-3))
    expect_by_hand({binary_loss({2, 2}, {1, 0})}, 1.12692801104, 4);  // the mean of two
  });
}

TEST(binary_cross_entropy, random_shapes) {
  for_each_case(30, [](Generator& g) {
    const Shape shape = random_shape(g, random_rank(g, 1, 4));
    const Operand logits = g.input("logits", shape, Layout::dense, -6.0f, 6.0f);
    const Operand target = g.input("target", shape, Layout::dense, 0.0f, 1.0f), loss = g.output("loss", {});
    kernel().binary_cross_entropy(logits, target, loss);
    expect_close(loss, oracle::binary_cross_entropy(logits, target));
  });
}

TEST(binary_cross_entropy, random_layouts) {
  for_each_case(30, [](Generator& g) {
    const Shape shape = random_shape(g, random_rank(g, 1, 4));
    const Operand logits = g.input("logits", shape, -6.0f, 6.0f), target = g.input("target", shape, 0.0f, 1.0f);
    const Operand loss = g.output("loss", {});
    kernel().binary_cross_entropy(logits, target, loss);
    expect_close(loss, oracle::binary_cross_entropy(logits, target));
  });
}

TEST(binary_cross_entropy, large_logits) {
  one_case([](Generator&) {
    // Wrong by x costs x; right by x costs next to nothing. The sigmoid of most of these is 0 or 1 as a float.
    for (float x : {100.0f, 1e4f, 1e30f}) {
      EXPECT_EQ(binary_loss({x}, {0}), x) << "logit " << x << ", target 0";
      EXPECT_EQ(binary_loss({-x}, {1}), x) << "logit " << -x << ", target 1";
      expect_by_hand({binary_loss({x}, {1})}, 0, 2 * x);
      expect_by_hand({binary_loss({-x}, {0})}, 0, 2 * x);
    }
    EXPECT_EQ(binary_loss({100, -100}, {0.5f, 0.5f}), 50.0f) << "logits 100 and -100, targets 0.5";
  });
}

TEST(binary_cross_entropy, refuses_targets_outside) {
  one_case([](Generator&) {
    for (float target : {-1.0f, -0.001f, 1.001f, 2.0f, kInfinity, -kInfinity}) {
      const std::string situation = "a target is " + std::to_string(target);
      expect_error(ErrorKind::invalid_argument, situation, [&] { binary_loss({1}, {target}); });
      expect_error(ErrorKind::invalid_argument, situation, [&] { binary_loss({1, 2, 3, 4}, {0, 1, 0.5f, target}); });
    }
    expect_by_hand({binary_loss({2, 2}, {1, 0})}, 1.12692801104, 4);
  });
}

TEST(binary_cross_entropy, refuses_other_shapes) {
  one_case([](Generator&) {
    expect_equal_shapes("binary_cross_entropy", kernel().binary_cross_entropy, oracle::binary_cross_entropy);
  });
}

// ---- cross_entropy

constexpr std::int32_t kIgnore = -100;

float loss_of_rows(const std::vector<float>& logits, const std::vector<std::int32_t>& labels,
                   std::int32_t ignore_index = kIgnore) {
  std::vector<float> loss{0};
  const auto batch = static_cast<std::int64_t>(labels.size());
  const Shape shape{batch, static_cast<std::int64_t>(logits.size()) / batch};
  kernel().cross_entropy(dense(logits, shape), labels, ignore_index, dense(loss, {}));
  return loss[0];
}

TEST(cross_entropy, by_hand) {
  one_case([](Generator&) {
    // log(e + e^2 + e^3) = 3.40760596444
    expect_by_hand({loss_of_rows({1, 2, 3}, {2})}, 0.40760596444, 7.5);
    expect_by_hand({loss_of_rows({1, 2, 3}, {0})}, 2.40760596444, 5.5);
    expect_by_hand({loss_of_rows({1, 2, 3, 1, 2, 3}, {2, 0})}, 1.40760596444, 6.5);
    expect_by_hand({loss_of_rows({0, 0, 0, 0}, {1})}, 1.38629436112, 2.5);  // log 4: no idea
  });
}

TEST(cross_entropy, random_shapes) {
  for_each_case(40, [](Generator& g) {
    const std::int64_t batch = g.positive_extent(), classes = g.positive_extent();
    const Operand logits = g.input("logits", {batch, classes}, Layout::dense, -5.0f, 5.0f);
    const std::vector<std::int32_t> labels = random_labels(g, batch, classes);
    const Operand loss = g.output("loss", {});
    kernel().cross_entropy(logits, labels, kIgnore, loss);
    expect_close(loss, oracle::cross_entropy(logits, labels, kIgnore));
  });
}

TEST(cross_entropy, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const std::int64_t batch = g.positive_extent(), classes = g.positive_extent();
    const Operand logits = g.input("logits", {batch, classes}, -5.0f, 5.0f);
    const std::vector<std::int32_t> labels = random_labels(g, batch, classes);
    const Operand loss = g.output("loss", {});
    kernel().cross_entropy(logits, labels, kIgnore, loss);
    expect_close(loss, oracle::cross_entropy(logits, labels, kIgnore));
  });
}

TEST(cross_entropy, mean_over_rows_that_count) {
  for_each_case(20, [](Generator& g) {
    const std::int64_t batch = 1 + g.positive_extent(), classes = g.positive_extent();
    const Operand logits = g.input("logits", {batch, classes}, -5.0f, 5.0f), loss = g.output("loss", {});
    std::vector<std::int32_t> labels = random_labels(g, batch, classes);
    labels[g.random().below(static_cast<std::uint64_t>(batch) - 1)] = kIgnore;
    for (std::size_t i = 0; i + 1 < labels.size(); ++i)
      if (g.random().below(3) == 0) labels[i] = kIgnore;
    const auto ignored = std::count(labels.begin(), labels.end(), kIgnore);
    g.note(std::to_string(ignored) + " of " + std::to_string(batch) + " labels are ignore_index");
    kernel().cross_entropy(logits, labels, kIgnore, loss);
    expect_close(loss, oracle::cross_entropy(logits, labels, kIgnore));
  });
}

TEST(cross_entropy, large_logits) {
  one_case([](Generator&) {
    // Two equal logits are a coin, wherever they lie.
    for (float x : {100.0f, 1e4f, -100.0f, -1e4f}) {
      SCOPED_TRACE("logits around " + std::to_string(x));
      expect_by_hand({loss_of_rows({x, x}, {1})}, 0.69314718056, 2 * std::abs(x) + 2);
      expect_by_hand({loss_of_rows({x, x - 1, x - 2}, {2})}, 2.40760596444, 2 * std::abs(x) + 2);
    }
    EXPECT_EQ(loss_of_rows({1e4f, -1e4f}, {1}), 2e4f) << "logits 1e4 and -1e4, the label is the second";
    EXPECT_EQ(loss_of_rows({0, 200}, {0}), 200.0f) << "logits 0 and 200, the label is the first";
    EXPECT_EQ(loss_of_rows({1e30f, -1e30f, 0}, {0}), 0.0f) << "logits 1e30, -1e30 and 0, the label is the first";
  });
}

TEST(cross_entropy, rows_far_apart) {
  // Each row has a maximum of its own: beside the first row's, the others would all round to 0.
  one_case([](Generator&) {
    expect_by_hand({loss_of_rows({500, 500, -500, -500, 0, 0}, {0, 1, 0})}, 0.69314718056, 1002);
    expect_by_hand({loss_of_rows({-500, -500, 0, 0, 500, 500}, {1, 1, 0})}, 0.69314718056, 1002);
  });
}

TEST(cross_entropy, refuses_labels_outside) {
  one_case([](Generator&) {
    const std::vector<float> logits{1, 2, 3, 3, 2, 1};
    for (std::int32_t label : {3, 4, 1000, -1, -3, -99}) {
      const std::string situation = "a label is " + std::to_string(label) + " of 3 classes, and ignore_index is -100";
      expect_error(ErrorKind::invalid_argument, situation, [&] { loss_of_rows(logits, {label, 0}); });
      expect_error(ErrorKind::invalid_argument, situation, [&] { loss_of_rows(logits, {0, label}); });
      expect_error(ErrorKind::invalid_argument, situation, [&] { loss_of_rows(logits, {kIgnore, label}); });
    }
    expect_by_hand({loss_of_rows(logits, {2, 0})}, 0.40760596444, 7.5);
    expect_by_hand({loss_of_rows(logits, {kIgnore, 0})}, 0.40760596444, 7.5);
  });
}

TEST(cross_entropy, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(24);
    const std::vector<std::int32_t> labels(8, 1);
    std::vector<float> out{0, 0};
    struct Case {
      Shape logits;
      std::size_t labels;
      Shape loss;
    };
    const Case cases[] = {{{2, 3}, 1, {}},     {{2, 3}, 3, {}},    {{2, 3}, 6, {}},   {{6}, 6, {}},
                          {{}, 1, {}},         {{2, 3}, 0, {}},    {{2, 3}, 2, {2}},  {{2, 3}, 2, {1}},
                          {{2, 3}, 2, {1, 1}}, {{2, 2, 3}, 4, {}}, {{2, 2, 3}, 2, {}}};
    for (const auto& [shape, count, loss] : cases)
      expect_error(
          ErrorKind::invalid_argument,
          "logits are " + to_string(shape) + " with " + std::to_string(count) + " labels, loss is " + to_string(loss),
          [&, shape = shape, count = count, loss = loss] {
            kernel().cross_entropy(dense(memory, shape), std::span(labels).first(count), kIgnore, dense(out, loss));
          });
    kernel().cross_entropy(dense(memory, {2, 3}), std::span(labels).first(2), kIgnore, dense(out, {}));
    expect_by_hand(out, 1.40760596444, 12);
  });
}

// ---- speed: what the steps in module.toml are about

const speed::SpeedCase classes_128 = speed::speed_case<&LossSlots::cross_entropy>(
    "cross_entropy.classes_128",
    [](speed::SpeedArguments& s) {
      ConstView logits = s.input({256, 128}, -4.0f, 4.0f);
      std::span<const std::int32_t> labels = s.labels(256, 128);
      return std::tuple<ConstView, std::span<const std::int32_t>, std::int32_t, View>(logits, labels, kIgnore,
                                                                                      s.output({}));
    },
    [](ConstView logits, std::span<const std::int32_t> labels, std::int32_t ignore_index, View) {
      return oracle::cross_entropy(logits, labels, ignore_index);
    });

}  // namespace
