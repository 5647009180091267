// Module 04's hidden tests: the edges that the visible tests leave out. One suite an exercise, one edge a test.
// Each also asks for a result that is no edge case, so that a kernel that does nothing passes none.
#include "kiln/kernels/losses.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "oracle.hpp"
#include "testing/sentinels.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const LossSlots& kernel() { return under_test<LossSlots>(); }

using Labels = std::vector<std::int32_t>;

constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();

// Each of these computes a loss with sentinels around the one number that is written.

void expect_squared(ConstView prediction, ConstView target) {
  SCOPED_TRACE("prediction: " + to_string(prediction) + ", target: " + to_string(target));
  Sentinels loss({}, {});
  kernel().mean_squared_error(prediction, target, loss.view());
  expect_close(loss.view(), oracle::mean_squared_error(prediction, target));
  loss.expect_rest_untouched();
}

void expect_binary(ConstView logits, ConstView target) {
  SCOPED_TRACE("logits: " + to_string(logits) + ", target: " + to_string(target));
  Sentinels loss({}, {});
  kernel().binary_cross_entropy(logits, target, loss.view());
  expect_close(loss.view(), oracle::binary_cross_entropy(logits, target));
  loss.expect_rest_untouched();
}

void expect_classes(ConstView logits, const Labels& labels, std::int32_t ignore_index) {
  SCOPED_TRACE("logits: " + to_string(logits) + ", ignore_index " + std::to_string(ignore_index));
  Sentinels loss({}, {});
  kernel().cross_entropy(logits, labels, ignore_index, loss.view());
  expect_close(loss.view(), oracle::cross_entropy(logits, labels, ignore_index));
  loss.expect_rest_untouched();
}

// ---- mean_squared_error

TEST(mean_squared_error, scalars_and_single_elements) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(8);
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1, 1}, Shape{1, 1, 1, 1, 1, 1}})
      expect_squared(dense(memory, shape), {memory.data() + 3, shape, Shape::filled(shape.rank(), 77)});
    expect_squared(dense(memory, {2, 1, 3}), {memory.data(), {2, 1, 3}, {4, -50, 1}});
  });
}

TEST(mean_squared_error, six_dimensions) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(64);
    const Shape shape{2, 1, 3, 2, 1, 2};
    expect_squared(dense(memory, shape), {memory.data() + 30, shape, {-12, 5, 4, -2, 9, 1}});
    expect_squared({memory.data(), shape, {1, 2, 4, 12, 3, 24}}, {memory.data() + 63, shape, {-2, 0, -6, -3, 0, -1}});
  });
}

TEST(mean_squared_error, operands_that_share_memory) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(40);
    const ConstView a = dense(memory, {5, 5});
    expect_squared(a, a);
    expect_squared(a, {memory.data(), {5, 5}, {1, 5}});
    expect_squared({memory.data(), {20}, {1}}, {memory.data() + 1, {20}, {1}});
    expect_squared({memory.data(), {4, 5}, {0, 1}}, {memory.data() + 19, {4, 5}, {-1, 0}});
    expect_squared({memory.data() + 7, {6, 6}, {0, 0}}, dense(memory, {6, 6}));
  });
}

TEST(mean_squared_error, around_a_vectors_width) {
  for_each_case(2, [](Generator& g) {
    for (std::int64_t n : {15, 16, 17, 31, 32, 33, 63, 65, 127, 129}) {
      // Only the last prediction is off, so that an element too few or too many shows.
      std::vector<float> values(static_cast<std::size_t>(n), 0.5f);
      const std::vector<float> target = values;
      values.back() += g.random().uniform(1.0f, 2.0f);
      expect_squared(dense(values, {n}), dense(target, {n}));
      expect_squared({&values.back(), {n}, {-1}}, dense(target, {n}));
    }
  });
}

TEST(mean_squared_error, close_to_the_target) {
  // (p - t)^2 and p^2 - 2 p t + t^2 are the same number, but not in floats.
  for_each_case(5, [](Generator& g) {
    const Operand target = g.input("target", {40}, 900.0f, 1000.0f), prediction = g.input("prediction", {40});
    Array64 near = target.values();
    for (double& value : near.values) value += g.random().uniform(-0.25f, 0.25f);
    prediction.assign(near);
    expect_squared(prediction, target);
  });
}

TEST(mean_squared_error, large_batches) {
  // Differences of 0, 1, 2 and 3: every sum of their squares is a whole number below 2^24, which a float holds, and
  // their number is a power of two, so that the mean is exact in whatever order it is worked out.
  for_each_case(1, [](Generator& g) {
    constexpr std::int64_t kElements = 1 << 17;
    std::vector<float> prediction(kElements), target(kElements);
    for (std::size_t i = 0; i < prediction.size(); ++i) {
      target[i] = static_cast<float>(g.random().below(100));
      prediction[i] = target[i] + static_cast<float>(g.random().below(4));
    }
    for (const Shape& shape : {Shape{kElements}, Shape{256, 512}}) {
      std::vector<float> loss{0};
      kernel().mean_squared_error(dense(prediction, shape), dense(target, shape), dense(loss, {}));
      expect_close(dense(loss, {}),
                   exact(oracle::mean_squared_error(dense(prediction, shape), dense(target, shape)).value));
    }
  });
}

TEST(mean_squared_error, refuses_nothing) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(8);
    std::vector<float> loss{0};
    for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{0, 3}, Shape{2, 0, 4}})
      expect_error(ErrorKind::invalid_argument, "there is no element: shape " + to_string(shape),
                   [&] { kernel().mean_squared_error(dense(memory, shape), dense(memory, shape), dense(loss, {})); });
    expect_squared(dense(memory, {2, 2}), {memory.data() + 2, {2, 2}, {1, 2}});
  });
}

TEST(mean_squared_error, nan_and_infinity) {
  one_case([](Generator&) {
    const std::vector<float> numbers = counted(40);
    for (float special : {kNaN, kInfinity, -kInfinity})
      for (std::size_t place : {0, 1, 17, 39}) {
        std::vector<float> spoiled = numbers;
        spoiled[place] = special;
        expect_squared(dense(spoiled, {40}), dense(numbers, {40}));
        expect_squared({numbers.data(), {5, 8}, {1, 5}}, {spoiled.data(), {5, 8}, {1, 5}});
        expect_squared(dense(spoiled, {40}), dense(spoiled, {40}));  // inf - inf is NaN
      }
    expect_squared(dense(numbers, {39}), {numbers.data() + 1, {39}, {1}});
  });
}

// ---- binary_cross_entropy

TEST(binary_cross_entropy, scalars_and_single_elements) {
  one_case([](Generator&) {
    const std::vector<float> logits{1.5f, -2, 0.5f, 3}, targets{0.25f, 1, 0, 0.75f};
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1, 1, 1, 1, 1}})
      expect_binary(dense(logits, shape), {targets.data() + 3, shape, Shape::filled(shape.rank(), 77)});
    expect_binary({logits.data() + 3, {4}, {-1}}, dense(targets, {4}));
    expect_binary({logits.data(), {3, 2}, {0, 1}}, {targets.data() + 2, {3, 2}, {-1, 0}});
  });
}

TEST(binary_cross_entropy, small_losses) {
  // What is nearly right costs exp(-|x|), which is lost beside 1: log(1 + exp(-20)) is 0 in floats.
  one_case([](Generator&) {
    for (float x : {5.0f, 12.0f, 20.0f, 40.0f, 80.0f}) {
      const std::vector<float> logits{-x, -x - 1, -x - 2}, targets{0, 0, 0};
      expect_binary(dense(logits, {3}), dense(targets, {3}));
      expect_binary(dense(logits, {1}), dense(targets, {1}));
    }
  });
}

TEST(binary_cross_entropy, targets_at_the_bounds) {
  one_case([](Generator&) {
    const float tiny = std::numeric_limits<float>::denorm_min(), below_one = std::nextafter(1.0f, 0.0f);
    const std::vector<float> logits{-3, 2, 0, 1, -1, 4}, targets{0, 1, -0.0f, tiny, below_one, 1};
    expect_binary(dense(logits, {6}), dense(targets, {6}));
    std::vector<float> loss{0};
    for (float beside : {-tiny, std::nextafter(1.0f, 2.0f)}) {
      const std::vector<float> outside{1, 1, beside, 0, 0, 1};
      expect_error(ErrorKind::invalid_argument, "a target lies beside [0, 1] by the least that a float can",
                   [&] { kernel().binary_cross_entropy(dense(logits, {6}), dense(outside, {6}), dense(loss, {})); });
    }
  });
}

TEST(binary_cross_entropy, refuses_targets_outside_strided_views) {
  one_case([](Generator&) {
    // Of 20 numbers every second is a target; one of them is none, and between them stand numbers that are never read.
    std::vector<float> memory(20, 5.0f);
    for (std::size_t i = 0; i < memory.size(); i += 2) memory[i] = 0.5f;
    const std::vector<float> logits = counted(10);
    const ConstView targets{memory.data(), {2, 5}, {2, 4}};
    expect_binary(dense(logits, {2, 5}), targets);
    for (std::size_t place : {0, 8, 18}) {
      memory[place] = 1.5f;
      std::vector<float> loss{0};
      expect_error(ErrorKind::invalid_argument, "element " + std::to_string(place / 2) + " of 10 targets is 1.5", [&] {
        kernel().binary_cross_entropy(dense(logits, {2, 5}), targets, dense(loss, {}));
      });
      memory[place] = 0.5f;
    }
  });
}

TEST(binary_cross_entropy, refuses_nan_targets) {
  one_case([](Generator&) {
    const std::vector<float> logits{1, 2, 3}, targets{0, 1, 0.5f};
    expect_binary(dense(logits, {3}), dense(targets, {3}));
    for (std::size_t place : {0, 1, 2}) {
      std::vector<float> spoiled = targets, loss{0};
      spoiled[place] = kNaN;
      expect_error(ErrorKind::invalid_argument, "a target is NaN",
                   [&] { kernel().binary_cross_entropy(dense(logits, {3}), dense(spoiled, {3}), dense(loss, {})); });
    }
  });
}

TEST(binary_cross_entropy, nan_logits) {
  one_case([](Generator&) {
    const std::vector<float> targets{0, 1, 0.5f, 1, 0};
    for (std::size_t place : {0, 1, 2, 4}) {
      std::vector<float> logits{1, -2, 3, 0, 5};
      expect_binary(dense(logits, {5}), dense(targets, {5}));
      logits[place] = kNaN;
      std::vector<float> loss{0};
      kernel().binary_cross_entropy(dense(logits, {5}), dense(targets, {5}), dense(loss, {}));
      EXPECT_TRUE(std::isnan(loss[0])) << "logit " << place << " is NaN, and the loss is " << loss[0];
    }
  });
}

TEST(binary_cross_entropy, refuses_nothing) {
  one_case([](Generator&) {
    const std::vector<float> memory{0, 1, 0.5f, 0.25f};
    std::vector<float> loss{0};
    for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{0, 3}})
      expect_error(ErrorKind::invalid_argument, "there is no element: shape " + to_string(shape),
                   [&] { kernel().binary_cross_entropy(dense(memory, shape), dense(memory, shape), dense(loss, {})); });
    expect_binary(dense(memory, {2, 2}), {memory.data() + 3, {2, 2}, {-2, -1}});
  });
}

TEST(binary_cross_entropy, large_batches) {
  for_each_case(1, [](Generator& g) {
    const Operand logits = g.input("logits", {300, 101}, Layout::dense, -9.0f, 9.0f);
    const Operand target = g.input("target", {300, 101}, Layout::dense, 0.0f, 1.0f);
    expect_binary(logits, target);
  });
}

// ---- cross_entropy

TEST(cross_entropy, any_number_ignores) {
  for_each_case(3, [](Generator& g) {
    const Operand logits = g.input("logits", {6, 4}, -3.0f, 3.0f);
    // Classes are 0 to 3: ignore_index is no class, is the number of classes, is the least and the greatest number.
    for (std::int32_t ignored : {-100, -1, 4, 1000, kLeast, kMost}) {
      expect_classes(logits, {ignored, 3, 0, ignored, 1, 2}, ignored);
      expect_classes(logits, {2, ignored, ignored, ignored, ignored, ignored}, ignored);
      expect_classes(logits, {0, 1, 2, 3, 0, 1}, ignored);
    }
  });
}

TEST(cross_entropy, a_class_may_be_ignored) {
  for_each_case(3, [](Generator& g) {
    const Operand logits = g.input("logits", {6, 4}, -3.0f, 3.0f);
    for (std::int32_t ignored : {0, 1, 3}) {
      expect_classes(logits, {0, 1, 2, 3, 0, 1}, ignored);
      expect_classes(logits, {2, 2, ignored, ignored, ignored, 2}, ignored);
      std::vector<float> loss{0};
      expect_error(ErrorKind::invalid_argument, "a label is -100, and ignore_index " + std::to_string(ignored), [&] {
        kernel().cross_entropy(logits, Labels{2, -100, 2, 2, 2, 2}, ignored, dense(loss, {}));
      });
    }
  });
}

TEST(cross_entropy, refuses_nothing_that_counts) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    std::vector<float> loss{0};
    struct Case {
      Shape logits;
      Labels labels;
    };
    const Case cases[] = {{{0, 4}, {}}, {{0, 0}, {}}, {{3, 4}, {-1, -1, -1}}, {{1, 1}, {-1}}, {{2, 0}, {-1, -1}}};
    for (const auto& [shape, labels] : cases)
      expect_error(ErrorKind::invalid_argument, "no row counts: logits " + to_string(shape),
                   [&, shape = shape, labels = labels] {
                     kernel().cross_entropy(dense(memory, shape), labels, -1, dense(loss, {}));
                   });
    expect_error(ErrorKind::invalid_argument, "a label is 0 of no classes", [&] {
      kernel().cross_entropy(dense(memory, {2, 0}), Labels{0, -1}, -1, dense(loss, {}));
    });
    expect_classes(dense(memory, {3, 4}), {-1, 3, -1}, -1);
  });
}

TEST(cross_entropy, labels_at_the_ends_of_their_type) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    std::vector<float> loss{0};
    for (std::int32_t label : {kLeast, kMost, kLeast + 1, kMost - 1, 4, -1})
      for (std::size_t row : {0, 1, 2}) {
        Labels labels{1, 2, 3};
        labels[row] = label;
        expect_error(ErrorKind::invalid_argument, "a label is " + std::to_string(label) + " of 4 classes", [&] {
          kernel().cross_entropy(dense(memory, {3, 4}), labels, -100, dense(loss, {}));
        });
      }
    expect_classes(dense(memory, {3, 4}), {1, 2, 3}, -100);
  });
}

TEST(cross_entropy, classes_that_cannot_be) {
  one_case([](Generator&) {
    const float no = -kInfinity;
    const std::vector<float> rows{no, 1, 2, 1, no, 2, 1, 2, no, no, 3, no};
    expect_classes(dense(rows, {4, 3}), {1, 0, 0, 1}, -1);  // each label can be
    expect_classes(dense(rows, {4, 3}), {2, 2, 1, 1}, -1);
    expect_classes(dense(rows, {1, 3}), {0}, -1);           // inf
    expect_classes(dense(rows, {4, 3}), {1, 0, 2, 1}, -1);  // inf, of one row in four
    const std::vector<float> nothing{1, 2, 3, no, no, no};
    expect_classes(dense(nothing, {2, 3}), {1, 1}, -1);  // NaN
    expect_classes(dense(nothing, {2, 3}), {1, -1}, -1);
  });
}

TEST(cross_entropy, nan_and_infinity) {
  one_case([](Generator&) {
    for (std::int64_t classes : {1, 3, 8, 37})
      for (std::int64_t place : {std::int64_t{0}, classes / 2, classes - 1})
        for (float special : {kNaN, kInfinity}) {
          std::vector<float> rows = counted(2 * classes);
          expect_classes(dense(rows, {2, classes}), {0, 0}, -1);
          rows[static_cast<std::size_t>(classes + place)] = special;
          expect_classes(dense(rows, {2, classes}), {0, 0}, -1);  // NaN, whatever the label
          expect_classes(dense(rows, {2, classes}), {0, static_cast<std::int32_t>(classes - 1)}, -1);
        }
  });
}

TEST(cross_entropy, ignored_rows_hold_anything) {
  one_case([](Generator&) {
    for (float special : {kNaN, kInfinity, -kInfinity, std::numeric_limits<float>::max()}) {
      const std::vector<float> rows{1, 2, 3, special, special, special, 3, 1, 1};
      expect_classes(dense(rows, {3, 3}), {0, -7, 2}, -7);
      expect_classes({rows.data(), {3, 3}, {0, 1}}, {0, -7, 2}, -7);
    }
  });
}

TEST(cross_entropy, far_from_zero) {
  one_case([](Generator&) {
    const float most = std::numeric_limits<float>::max();
    const std::vector<float> rows{most, most, -most, -most, most, 0, -most, 0, 1e4f, 1e4f + 1, -1e4f, 1 - 1e4f};
    expect_classes(dense(rows, {1, 2}), {0}, -1);
    expect_classes({rows.data() + 2, {1, 2}, {2, 1}}, {1}, -1);
    expect_classes({rows.data() + 4, {2, 2}, {2, 1}}, {0, 1}, -1);
    expect_classes({rows.data() + 8, {2, 2}, {2, 1}}, {0, 1}, -1);
    expect_classes({rows.data() + 8, {2, 2}, {2, 1}}, {1, 0}, -1);
  });
}

TEST(cross_entropy, one_class) {
  for_each_case(3, [](Generator& g) {
    const Operand logits = g.input("logits", {9, 1}, -50.0f, 50.0f);
    expect_classes(logits, Labels(9, 0), -1);
    const Operand wide = g.input("logits", {1, 9}, -5.0f, 5.0f);
    for (std::int32_t label = 0; label < 9; ++label) expect_classes(wide, {label}, -1);
  });
}

TEST(cross_entropy, many_classes) {
  for_each_case(2, [](Generator& g) {
    for (std::int64_t classes : {15, 17, 63, 65, 1000, 1031}) {
      const Operand logits = g.input("logits", {5, classes}, Layout::dense, -8.0f, 8.0f);
      const auto last = static_cast<std::int32_t>(classes - 1);
      expect_classes(logits, {0, last, last / 2, 1, last - 1}, -100);
    }
  });
}

TEST(cross_entropy, large_batches) {
  for_each_case(1, [](Generator& g) {
    for (Layout layout : {Layout::dense, Layout::transposed, Layout::reversed}) {
      const Operand logits = g.input("logits", {1000, 10}, layout, -4.0f, 4.0f);
      Labels labels;
      for (std::int32_t i = 0; i < 1000; ++i) labels.push_back(i * 7 % 11);
      expect_classes(logits, labels, 10);
    }
  });
}

}  // namespace
