// Module 06's hidden tests of the losses' gradients: rarer edges of what the visible tests ask for.
#include <cmath>
#include <limits>
#include <vector>

#include "layers.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::layers;

namespace {

constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();

TEST(losses_backward, single_elements) {
  one_case([](Generator&) {
    const std::vector<float> numbers{1.5f, -2, 0.5f}, targets{0.25f, 1, 0};
    for (const Loss& loss : kLosses)
      for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1, 1, 1, 1, 1}})
        for (std::size_t i = 0; i < numbers.size(); ++i) {
          float into = 3;
          const Strides any = Shape::filled(shape.rank(), 77);
          loss.expect_adds(2.0f, {&numbers[i], shape, any}, {&targets[i], shape, any}, {&into, shape, any});
        }
    // One class has all the probability: nothing flows back, but what is ignored is no error.
    std::vector<float> into{3, 4, 5};
    expect_cross_entropy(2.0f, dense(numbers, {3, 1}), {0, -1, 0}, -1, dense(into, {3, 1}));
    expect_cross_entropy(2.0f, dense(numbers, {1, 3}), {2}, -1, dense(into, {1, 3}));
  });
}

TEST(losses_backward, refuses_nothing) {
  one_case([](Generator&) {
    const std::vector<float> memory(8, 0.5f);
    std::vector<float> into(8, 1.0f);
    for (const Loss& loss : kLosses) {
      for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{0, 3}, Shape{2, 0, 4}})
        expect_error(ErrorKind::invalid_argument, std::string(loss.name) + " of nothing: " + to_string(shape),
                     [&] { loss(1.0f, dense(memory, shape), dense(memory, shape), dense(into, shape)); });
      loss.expect_adds(1.0f, dense(memory, {2, 2}), dense(memory, {2, 2}), dense(into, {2, 2}));
    }
    struct Case {
      Shape logits;
      Labels labels;
    };
    const Case cases[] = {{{0, 4}, {}}, {{0, 0}, {}}, {{2, 4}, {-1, -1}}, {{1, 1}, {-1}}, {{2, 0}, {-1, -1}}};
    for (const auto& [shape, labels] : cases)
      expect_error(ErrorKind::invalid_argument, "no row counts: logits " + to_string(shape),
                   [&, shape = shape, labels = labels] {
                     cross_entropy_backward(1.0f, dense(memory, shape), labels, -1, dense(into, shape));
                   });
    expect_cross_entropy(1.0f, dense(memory, {2, 4}), {-1, 3}, -1, dense(into, {2, 4}));
  });
}

TEST(losses_backward, refuses_nan_targets) {
  one_case([](Generator&) {
    const std::vector<float> logits{1, 2, 3};
    for (const std::size_t place : {0, 1, 2}) {
      std::vector<float> target{0, 1, 0.5f}, into(3, 1.0f);
      kBinary.expect_adds(1.0f, dense(logits, {3}), dense(target, {3}), dense(into, {3}));
      target[place] = kNaN;
      expect_error(ErrorKind::invalid_argument, "target " + std::to_string(place) + " of 3 is NaN",
                   [&] { kBinary(1.0f, dense(logits, {3}), dense(target, {3}), dense(into, {3})); });
      // A squared error only hands it on.
      kMeanSquared.expect_adds(1.0f, dense(logits, {3}), dense(target, {3}), dense(into, {3}));
    }
  });
}

TEST(losses_backward, infinite_predictions) {
  one_case([](Generator&) {
    const std::vector<float> prediction{kInfinity, -kInfinity, kNaN, 1}, target{0, 1, 0, 0.25f};
    for (const Loss& loss : kLosses) {
      std::vector<float> into(4, 1.0f);
      loss.expect_adds(1.0f, dense(prediction, {4}), dense(target, {4}), dense(into, {4}));
    }
  });
}

TEST(losses_backward, rows_that_cost_nan) {
  one_case([](Generator&) {
    // A NaN, an inf, or nothing but -inf: the whole row gets NaN, and no other row does.
    for (const std::vector<float>& lost :
         {std::vector<float>{1, kNaN, 2}, std::vector<float>{kInfinity, 0, 1}, std::vector<float>(3, -kInfinity),
          std::vector<float>{kNaN, 5, 6}, std::vector<float>{-kInfinity, 2, kInfinity}})
      for (std::int32_t label = 0; label < 3; ++label) {
        std::vector<float> logits{1, 2, 3};
        logits.insert(logits.end(), lost.begin(), lost.end());
        std::vector<float> into(6, 1.0f);
        expect_cross_entropy(1.0f, dense(logits, {2, 3}), {0, label}, -1, dense(into, {2, 3}));
      }
  });
}

TEST(losses_backward, classes_that_cannot_be) {
  one_case([](Generator&) {
    const float no = -kInfinity;
    const std::vector<float> logits{no, 1, 2, 1, no, 2, no, no, 3};
    for (const Labels& labels : {Labels{1, 0, 2}, Labels{2, 2, 2}, Labels{0, 1, 0}}) {
      std::vector<float> into(9, 1.0f);
      expect_cross_entropy(1.0f, dense(logits, {3, 3}), labels, -1, dense(into, {3, 3}));
    }
  });
}

TEST(losses_backward, ignored_rows_hold_anything) {
  one_case([](Generator&) {
    for (const float special : {kNaN, kInfinity, -kInfinity, std::numeric_limits<float>::max()}) {
      const std::vector<float> logits{1, 2, 3, special, special, special, 3, 1, 1};
      std::vector<float> into = counted(9);
      expect_cross_entropy(1.0f, dense(logits, {3, 3}), {0, -7, 2}, -7, dense(into, {3, 3}));
      EXPECT_EQ(std::vector<float>(into.begin() + 3, into.begin() + 6), (std::vector<float>{4, 5, 6}))
          << "the gradient of the row that is ignored";
    }
  });
}

TEST(losses_backward, any_number_ignores) {
  for_each_case(2, [](Generator& g) {
    const Operand logits = g.input("logits", {4, 3}, -3.0f, 3.0f);
    const Operand into = gradient(g, "gradient", {4, 3});
    for (const std::int32_t ignored : {-100, -1, 0, 2, 3, 1000, kLeast, kMost})
      expect_cross_entropy(1.0f, logits, {ignored, 1, 1, ignored}, ignored, into);
    for (const std::int32_t label : {kLeast, kMost, 3, -1})
      expect_error(ErrorKind::invalid_argument, "label " + std::to_string(label) + " of 3 classes", [&] {
        cross_entropy_backward(1.0f, logits, {0, 1, label, 2}, -100, into);
      });
  });
}

TEST(losses_backward, lost_gradients) {
  one_case([](Generator&) {
    // What flows in may be NaN or infinite; what stands there, too.
    const std::vector<float> numbers{0.25f, 0.5f, 0.75f, 1}, targets{1, 0, 0.5f, 0.25f};
    for (const float grad_loss : {kNaN, kInfinity, -kInfinity})
      for (const Loss& loss : kLosses) {
        std::vector<float> into(4, 1.0f);
        loss.expect_adds(grad_loss, dense(numbers, {4}), dense(targets, {4}), dense(into, {4}));
      }
    std::vector<float> into{kNaN, kInfinity, -kInfinity, 1};
    for (const Loss& loss : kLosses) loss.expect_adds(1.0f, dense(numbers, {4}), dense(targets, {4}), dense(into, {4}));
    expect_cross_entropy(1.0f, dense(numbers, {2, 2}), {0, 1}, -1, dense(into, {2, 2}));
  });
}

TEST(losses_backward, many_classes) {
  for_each_case(1, [](Generator& g) {
    for (const std::int64_t classes : {15, 17, 65, 500})
      for (const Layout layout : {Layout::dense, Layout::transposed}) {
        const Operand logits = g.input("logits", {4, classes}, layout, -8.0f, 8.0f);
        const auto last = static_cast<std::int32_t>(classes - 1);
        expect_cross_entropy(1.0f, logits, {0, last, last / 2, 1}, -100, gradient(g, "gradient", {4, classes}, layout));
      }
  });
}

TEST(losses_backward, large_batches) {
  for_each_case(1, [](Generator& g) {
    for (const Loss& loss : kLosses) {
      const Operand prediction = g.input("prediction", {90, 101}, -9.0f, 9.0f);
      const Operand target = g.input("target", {90, 101}, 0.0f, 1.0f);
      loss.expect_adds(1000.0f, prediction, target, gradient(g, "gradient", {90, 101}));
    }
    Labels labels;
    for (std::int32_t i = 0; i < 1000; ++i) labels.push_back(i * 7 % 11);
    const Operand logits = g.input("logits", {1000, 10}, -4.0f, 4.0f);
    expect_cross_entropy(1000.0f, logits, labels, 10, gradient(g, "gradient", {1000, 10}));
  });
}

TEST(losses_backward, writes_the_gradient_only) {
  one_case([](Generator&) {
    const std::vector<float> numbers{0.5f, 0.25f, 0.125f, 0.75f, 0.375f, 0.625f};
    for (const Strides& strides : {Strides{8, 2}, Strides{2, 12}, Strides{-9, 2}, Strides{3, 1}, Strides{1, -5}}) {
      for (const Loss& loss : kLosses) {
        Sentinels memory({2, 3}, strides);
        loss.expect_adds(1.0f, dense(numbers, {2, 3}), {numbers.data() + 5, {2, 3}, {-3, -1}}, memory.view());
        memory.expect_rest_untouched();
      }
      Sentinels memory({2, 3}, strides);
      expect_cross_entropy(1.0f, dense(numbers, {2, 3}), {2, 0}, -1, memory.view());
      memory.expect_rest_untouched();
    }
  });
}

}  // namespace
