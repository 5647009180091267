// What the tests of train_step share: a network that takes steps with the oracle beside it, and one whose memory shows
// what a step wrote before it threw.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "oracle_of_train_step.hpp"
#include "runs.hpp"

namespace kiln::testing {

inline std::string words(const TrainOptions& options) {
  return words(options.schedule) + ", momentum " + words(options.sgd.momentum) + ", weight_decay " +
         words(options.sgd.weight_decay) + (options.sgd.nesterov ? ", nesterov" : "") + ", max_norm " +
         words(options.max_norm) + ", micro_batch " + std::to_string(options.micro_batch);
}

/// One rate for all steps.
inline ScheduleOptions constant_rate(float rate) {
  return {.peak = rate, .last = rate, .warmup_steps = 0, .total_steps = 1};
}

/// The shapes of the parameters of a network with these numbers of features, the input's first.
inline std::vector<Shape> parameter_shapes(const std::vector<std::int64_t>& sizes) {
  std::vector<Shape> shapes;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    shapes.push_back({sizes[i], sizes[i - 1]});
    shapes.push_back({sizes[i]});
  }
  return shapes;
}

/// A network with random parameters and velocities, and a batch for it.
struct TrainRun {
  TrainOptions options;
  Operand x;
  std::vector<std::int32_t> labels;
  std::vector<Operand> operands;  ///< the parameters' and the velocities', whose memory they own
  std::vector<View> parameters, velocities;

  TrainRun(Generator& g, const std::vector<std::int64_t>& sizes, std::int64_t batch, const TrainOptions& with,
           Layout layout_of_x = Layout::dense, Layout layout_of_velocities = Layout::dense)
      : options(with),
        x(g.input("x", {batch, sizes.front()}, layout_of_x)),
        labels(random_classes(g, batch, 0, static_cast<std::int32_t>(sizes.back()))) {
    for (const Shape& shape : parameter_shapes(sizes)) {
      const std::string number = std::to_string(parameters.size());
      operands.push_back(g.input("parameter " + number, shape, Layout::dense));
      parameters.push_back(operands.back());
      operands.push_back(g.input("velocity " + number, shape, layout_of_velocities));
      velocities.push_back(operands.back());
    }
    g.note(words(options));
  }

  /// Place `second` gets the tensor of place `first`; its own velocity stays where it is, and is not to be touched.
  void tie(std::size_t first, std::size_t second) { parameters[second] = parameters[first]; }

  TrainResult step(std::int64_t number) const {
    const oracle::Trained expected =
        oracle::train_step(oracle::TrainStep(x, labels, number, options, parameters, velocities));
    const TrainResult result =
        under_test<TrainingSlots>().train_step(x, labels, number, options, parameters, velocities);
    expect_within("the loss", result.loss, expected.loss);
    expect_within("the gradient's norm", result.gradient_norm, expected.gradient_norm);
    expect_within("the rate", result.learning_rate, expected.learning_rate);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      SCOPED_TRACE("parameter or velocity " + std::to_string(i) + " after step " + std::to_string(number));
      expect_close(velocities[i], expected.velocities[i]);
      expect_close(parameters[i], expected.parameters[i]);
    }
    return result;
  }
};

/// A network (2, 3, 2), a batch of 4 and velocities, all 0.5 except x, in memory that judge and worker share.
struct KeptRun {
  std::vector<float> numbers = counted(8);
  ConstView x = dense(numbers, {4, 2});
  std::vector<std::int32_t> labels{0, 1, 1, 0};
  std::int64_t step = 0;
  TrainOptions options;
  Kept<float> kept{34, 0.5f};
  std::vector<View> parameters, velocities;

  KeptRun() {
    options.schedule = constant_rate(0.1f);
    options.sgd.momentum = 0.5f;
    float* next = kept.numbers().data();
    for (std::vector<View>* list : {&parameters, &velocities})
      for (const Shape& shape : parameter_shapes({2, 3, 2})) {
        list->push_back({next, shape, dense_strides(shape)});
        next += shape.elements();
      }
  }

  TrainResult call() const {
    return under_test<TrainingSlots>().train_step(x, labels, step, options, parameters, velocities);
  }
};

/// Expects a step to be refused and nothing written, where `spoil` has changed one thing of a run that is in order.
inline void expect_step_refused(const std::string& situation, const std::function<void(KeptRun&)>& spoil) {
  KeptRun run;
  spoil(run);
  expect_refused(situation, run.kept, [&] { run.call(); });
}

/// Expects a step that is in order to write, so that a kernel that refuses everything passes no test.
inline void expect_step_taken() {
  const KeptRun run;
  run.call();
  EXPECT_FALSE(run.kept.restore()) << "a step that is in order was taken, and no parameter has changed";
}

}  // namespace kiln::testing
