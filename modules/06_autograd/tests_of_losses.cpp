// Module 06's tests of the losses' gradients, as students see them. Every gradient holds something before it is added
// to. The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include <string>
#include <vector>

#include "layers.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::layers;

namespace {

TEST(losses_backward, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> prediction{1, 2, 3, 7}, target{1, 1, 5, 4};
    std::vector<float> gradient(4, 10.0f);
    kMeanSquared(1.0f, dense(prediction, {2, 2}), dense(target, {2, 2}), dense(gradient, {2, 2}));
    EXPECT_EQ(gradient, (std::vector<float>{10, 10.5f, 9, 11.5f})) << "2 (prediction - target) / 4, added to 10";

    // The sigmoid of 0 is a half.
    const std::vector<float> logits{0, 0, 0, 0}, answers{0, 1, 0.5f, 0.25f};
    gradient.assign(4, 1.0f);
    kBinary(1.0f, dense(logits, {4}), dense(answers, {4}), dense(gradient, {4}));
    EXPECT_EQ(gradient, (std::vector<float>{1.125f, 0.875f, 1, 1.0625f})) << "(sigmoid(0) - target) / 4, added to 1";

    // Both classes are as likely.
    gradient.assign(4, 1.0f);
    cross_entropy_backward(1.0f, dense(logits, {2, 2}), {0, 1}, -1, dense(gradient, {2, 2}));
    EXPECT_EQ(gradient, (std::vector<float>{0.75f, 1.25f, 1.25f, 0.75f}))
        << "((0.5, 0.5) - the label's one) / 2 in each row, added to 1";
  });
}

TEST(losses_backward, keeps_what_is_there) {
  for_each_case(3, [](Generator& g) {
    const Operand first = g.input("prediction", {4, 3}), second = g.input("target", {4, 3}, 0.0f, 1.0f);
    const Operand into = gradient(g, "gradient", {4, 3});
    const Labels labels = random_labels(g, 4, 3);
    for (int time = 0; time < 2; ++time) {
      for (const Loss& loss : kLosses) loss.expect_adds(1.0f, first, second, into);
      expect_cross_entropy(1.0f, first, labels, -1, into);
    }
  });
}

TEST(losses_backward, random_shapes) {
  for (const Loss& loss : kLosses) {
    for_each_case(20, [&](Generator& g) {
      g.note(loss.name);
      const Shape shape = shape_of_something(g, random_rank(g, 0, 4));
      const Operand prediction = g.input("prediction", shape, -4.0f, 4.0f);
      const Operand target = g.input("target", shape, 0.0f, 1.0f);
      loss.expect_adds(1.0f, prediction, target, gradient(g, "gradient", shape, g.writable_layout()));
    });
  }
}

TEST(losses_backward, random_classes) {
  for_each_case(30, [](Generator& g) {
    const std::int64_t batch = g.positive_extent(), classes = g.positive_extent();
    const Operand logits = g.input("logits", {batch, classes}, -4.0f, 4.0f);
    const Operand into = gradient(g, "gradient", {batch, classes}, g.writable_layout());
    expect_cross_entropy(1.0f, logits, random_labels(g, batch, classes), -1, into);
  });
}

TEST(losses_backward, scales_with_grad_loss) {
  for_each_case(2, [](Generator& g) {
    const Operand prediction = g.input("prediction", {5, 3}), target = g.input("target", {5, 3}, 0.0f, 1.0f);
    const Operand into = gradient(g, "gradient", {5, 3});
    const Labels labels = random_labels(g, 5, 3);
    for (const float grad_loss : {0.5f, 3.0f, -1.0f, 0.0f}) {
      g.note("grad_loss " + std::to_string(grad_loss));
      for (const Loss& loss : kLosses) loss.expect_adds(grad_loss, prediction, target, into);
      expect_cross_entropy(grad_loss, prediction, labels, -1, into);
    }
  });
}

TEST(losses_backward, mean_over_rows_that_count) {
  for_each_case(5, [](Generator& g) {
    const Operand logits = g.input("logits", {6, 4}, -2.0f, 2.0f);
    const Operand into = gradient(g, "gradient", {6, 4});
    for (const Labels& labels : {Labels{0, 1, -1, 3, -1, 2}, Labels{-1, -1, -1, -1, 1, -1}, Labels{3, 3, 3, 3, 3, 3}})
      expect_cross_entropy(1.0f, logits, labels, -1, into);
  });
}

TEST(losses_backward, large_logits) {
  one_case([](Generator&) {
    const std::vector<float> logits{-200, 200, 1000, -1000, 90, -90}, targets{0, 1, 0, 1, 0.5f, 0.5f};
    std::vector<float> gradient(6, 1.0f);
    kBinary.expect_adds(1.0f, dense(logits, {6}), dense(targets, {6}), dense(gradient, {6}));
    for (const Labels& labels : {Labels{0, 0, 0}, Labels{1, 1, 1}})
      expect_cross_entropy(1.0f, dense(logits, {3, 2}), labels, -1, dense(gradient, {3, 2}));
    expect_cross_entropy(1.0f, dense(logits, {2, 3}), {2, 0}, -1, dense(gradient, {2, 3}));
  });
}

TEST(losses_backward, refuses_misfits) {
  one_case([](Generator&) {
    const std::vector<float> memory(24, 0.5f), two{1, 2};
    std::vector<float> into(24, 1.0f);
    for (const Loss& loss : kLosses) {
      struct Case {
        Shape prediction, target, gradient;
      };
      const Case cases[] = {{{2, 3}, {3, 2}, {2, 3}}, {{2, 3}, {2, 3}, {3, 2}}, {{6}, {2, 3}, {6}},
                            {{2, 3}, {3}, {2, 3}},    {{2, 3}, {2, 3}, {6}},    {{2, 0}, {2, 0}, {2, 0}}};
      for (const auto& [prediction, target, gradient] : cases)
        expect_error(ErrorKind::invalid_argument,
                     std::string(loss.name) + " of " + to_string(prediction) + " and " + to_string(target) + " into " +
                         to_string(gradient),
                     [&, prediction = prediction, target = target, gradient = gradient] {
                       loss(1.0f, dense(memory, prediction), dense(memory, target), dense(into, gradient));
                     });
      expect_error(ErrorKind::invalid_argument, std::string(loss.name) + " with a grad_loss of shape (2)", [&] {
        (kernel().*loss.slot)(dense(two, {2}), dense(memory, {2, 3}), dense(memory, {2, 3}), dense(into, {2, 3}));
      });
      loss.expect_adds(1.0f, dense(memory, {2, 3}), dense(memory, {2, 3}), dense(into, {2, 3}));
    }
    expect_error(ErrorKind::invalid_argument, "2 rows of logits and 3 labels", [&] {
      cross_entropy_backward(1.0f, dense(memory, {2, 3}), {0, 1, 2}, -1, dense(into, {2, 3}));
    });
    expect_error(ErrorKind::invalid_argument, "logits (2, 3) and a gradient (3, 2)", [&] {
      cross_entropy_backward(1.0f, dense(memory, {2, 3}), {0, 1}, -1, dense(into, {3, 2}));
    });
    expect_error(ErrorKind::invalid_argument, "logits (6)",
                 [&] { cross_entropy_backward(1.0f, dense(memory, {6}), {0}, -1, dense(into, {6})); });
  });
}

TEST(losses_backward, refuses_labels_outside) {
  one_case([](Generator&) {
    const std::vector<float> logits = counted(12);
    std::vector<float> gradient(12, 1.0f);
    for (const std::int32_t label : {4, -1, -2, 100})
      expect_error(ErrorKind::invalid_argument, "the last of 3 labels is " + std::to_string(label) + " of 4 classes",
                   [&] {
                     cross_entropy_backward(1.0f, dense(logits, {3, 4}), {0, 3, label}, -7, dense(gradient, {3, 4}));
                   });
    expect_cross_entropy(1.0f, dense(logits, {3, 4}), {0, 3, -7}, -7, dense(gradient, {3, 4}));
  });
}

TEST(losses_backward, refuses_targets_outside) {
  one_case([](Generator&) {
    const std::vector<float> logits{1, -1, 2};
    std::vector<float> gradient(3, 1.0f);
    for (const float outside : {-0.5f, 1.5f, 2.0f, -1e-6f}) {
      const std::vector<float> target{0, 1, outside};
      expect_error(ErrorKind::invalid_argument, "the last of 3 targets is " + std::to_string(outside),
                   [&] { kBinary(1.0f, dense(logits, {3}), dense(target, {3}), dense(gradient, {3})); });
      // A squared error takes any target.
      kMeanSquared.expect_adds(1.0f, dense(logits, {3}), dense(target, {3}), dense(gradient, {3}));
    }
    const std::vector<float> bounds{0, 1, 0.5f};
    kBinary.expect_adds(1.0f, dense(logits, {3}), dense(bounds, {3}), dense(gradient, {3}));
  });
}

}  // namespace
