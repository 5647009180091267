// Module 07's hidden tests of train_step: rarer layouts, ties and networks, and steps that are not finite in one place
// only.
#include "kiln/kernels/training.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "steps.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const TrainingSlots& kernel() { return under_test<TrainingSlots>(); }

using Labels = std::vector<std::int32_t>;

TrainOptions all_options(Generator& g) {
  TrainOptions options;
  options.schedule = {.peak = 0.5f, .last = 0.1f, .warmup_steps = 1, .total_steps = 5};
  options.sgd = {.learning_rate = -3, .momentum = 0.5f, .weight_decay = 0.25f, .nesterov = g.random().below(2) == 0};
  options.max_norm = 0.5;
  options.micro_batch = random_rank(g, 0, 6);
  return options;
}

TEST(train_step, any_layouts) {
  for_each_case(20, [](Generator& g) {
    const Layout of_x = g.layout(), of_velocities = g.writable_layout();
    const TrainRun run(g, {3, 5, 2}, random_rank(g, 1, 8), all_options(g), of_x, of_velocities);
    for (std::int64_t step = 0; step < 2; ++step) run.step(step);
  });
}

TEST(train_step, velocities_without_momentum) {
  for_each_case(3, [](Generator& g) {
    // Of their parameters' shapes, or none at all: they are left alone.
    TrainOptions options;
    options.schedule = constant_rate(0.5f);
    TrainRun run(g, {3, 5, 2}, 4, options);
    run.step(0);
    run.velocities[1] = run.velocities[2] = {nullptr, {0}, {1}};
    run.step(1);
  });
}

TEST(train_step, tied_in_every_way) {
  for_each_case(5, [](Generator& g) {
    TrainRun run(g, {4, 4, 4, 4, 4}, 7, all_options(g));
    run.tie(0, 4);
    run.tie(0, 6);
    run.tie(1, 3);
    run.tie(5, 7);
    g.note("weights 0, 4 and 6 are one, biases 1 and 3, and biases 5 and 7");
    for (std::int64_t step = 0; step < 2; ++step) run.step(step);
  });
}

TEST(train_step, refuses_ties_of_other_shapes) {
  one_case([](Generator&) {
    // The second bias (2) begins where the first weight (3, 2) does.
    expect_step_refused("a bias begins at the same element as a weight",
                        [](KeptRun& run) { run.parameters[3].data = run.parameters[0].data; });
    expect_step_taken();
  });
}

TEST(train_step, many_layers_and_wide_ones) {
  for_each_case(3, [](Generator& g) {
    TrainOptions options;
    options.schedule = constant_rate(0.5f);
    options.micro_batch = 8;
    TrainRun deep(g, {3, 4, 4, 4, 4, 4, 4, 2}, 5, options);
    deep.step(0);
    TrainRun wide(g, {40, 33, 10}, 20, options);
    wide.step(0);
  });
}

TEST(train_step, nothing_but_a_bias) {
  for_each_case(3, [](Generator& g) {
    // No feature comes in, so what is learned is how frequent the classes are.
    TrainOptions options;
    options.schedule = constant_rate(0.5f);
    options.micro_batch = 2;
    const TrainRun only_bias(g, {0, 3}, 5, options);
    only_bias.step(0);
    const TrainRun behind(g, {0, 4, 3}, 5, options);
    behind.step(0);
    // And a hidden layer without a unit.
    const TrainRun none(g, {2, 0, 3}, 5, options);
    none.step(0);
  });
}

TEST(train_step, one_class_teaches_nothing) {
  for_each_case(2, [](Generator& g) {
    TrainOptions options;
    options.schedule = constant_rate(0.5f);
    const TrainRun run(g, {3, 4, 1}, 5, options);
    const TrainResult result = run.step(0);
    EXPECT_EQ(result.loss, 0) << "the only class is certain";
    EXPECT_EQ(result.gradient_norm, 0) << "the only class is certain";
    const TrainRun other(g, {3, 4, 2}, 5, options);
    EXPECT_GT(other.step(0).gradient_norm, 0) << "two classes";
  });
}

TEST(train_step, logits_far_apart) {
  for_each_case(5, [](Generator& g) {
    TrainOptions options;
    options.schedule = constant_rate(0.5f);
    options.micro_batch = 3;
    const TrainRun run(g, {4, 5, 3}, 8, options);
    for (const std::size_t weight : {0u, 2u}) {
      Array64 values = to_array64(run.parameters[weight]);
      for (double& value : values.values) value *= 12;
      run.operands[2 * weight].assign(values);
    }
    run.step(0);
  });
}

TEST(train_step, relu_at_zero_is_closed) {
  one_case([](Generator&) {
    // What the first layer gives is 0 exactly: through it nothing flows back, and x stays without influence.
    const std::vector<float> x{1, 1};
    std::vector<float> first{1, -1}, first_bias{0}, second{1, -1}, second_bias(2);
    TrainOptions options;
    options.schedule = constant_rate(1);
    const View none{nullptr, {0}, {1}};
    kernel().train_step(dense(x, {1, 2}), Labels{1}, 0, options,
                        {dense(first, {1, 2}), dense(first_bias, {1}), dense(second, {2, 1}), dense(second_bias, {2})},
                        {none, none, none, none});
    EXPECT_EQ(first, (std::vector<float>{1, -1}));
    EXPECT_EQ(first_bias[0], 0.0f);
    EXPECT_EQ(second, (std::vector<float>{1, -1}));
    EXPECT_EQ(second_bias, (std::vector<float>{-0.5f, 0.5f})) << "only the last bias learns";
  });
}

/// A step of one layer, or of two, from x (1, 1) and label 1 of two classes, with momentum; expects that none was
/// taken.
TrainResult step_that_fails(float x, std::vector<std::vector<float>> values) {
  TrainOptions options;
  options.schedule = constant_rate(0.5f);
  options.sgd.momentum = 0.5f;
  const std::vector<std::vector<float>> before = values;
  std::vector<std::vector<float>> memory;
  std::vector<View> parameters, velocities;
  for (const std::vector<float>& list : values) memory.emplace_back(list.size(), 3.0f);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto n = static_cast<std::int64_t>(values[i].size());
    // (1, 1), (1), (2, 1), (2), or without the first two.
    const Shape shape = i % 2 == 0 ? Shape{n, 1} : Shape{n};
    parameters.push_back(dense(values[i], shape));
    velocities.push_back(dense(memory[i], shape));
  }
  const TrainResult result =
      kernel().train_step(ConstView{&x, {1, 1}, {1, 1}}, Labels{1}, 0, options, parameters, velocities);
  EXPECT_EQ(values, before) << "the loss is " << result.loss << ", the norm " << result.gradient_norm
                            << ": no parameter was written";
  for (const std::vector<float>& velocity : memory)
    for (const float value : velocity)
      EXPECT_EQ(value, 3.0f) << "the loss is " << result.loss << ", the norm " << result.gradient_norm
                             << ": no velocity was written";
  return result;
}

TEST(train_step, an_infinite_loss_with_a_finite_gradient) {
  one_case([](Generator&) {
    // Logits 0 and -inf (2 * -3e38 is beyond floats), label 1: the loss is inf, the gradient {1, -1} times 2 and 1.
    const TrainResult result = step_that_fails(2, {{0, -3e38f}, {0, 0}});
    EXPECT_EQ(result.loss, static_cast<double>(kInfinity)) << "logits 0 and -inf, label 1";
    expect_within("the norm, the root of 10", result.gradient_norm, {std::sqrt(10.0), 1e-5});
    expect_step_taken();
  });
}

TEST(train_step, an_infinite_gradient_with_a_finite_loss) {
  one_case([](Generator&) {
    // 1e-20 * 1e20 = 1 comes up, logits 1e30 and -1e30, label 1: the loss is 2e30; down comes 2e30 * 1e20.
    const TrainResult result = step_that_fails(1e20f, {{1e-20f}, {0}, {1e30f, -1e30f}, {0, 0}});
    EXPECT_NEAR(result.loss, 2e30, 1e25);
    EXPECT_EQ(result.gradient_norm, static_cast<double>(kInfinity));
    expect_step_taken();
  });
}

TEST(train_step, a_norm_beyond_floats) {
  one_case([](Generator&) {
    // Eight elements of 1.5e38 have a norm of 4.2e38. No float holds it, and no reason to stop: clipped to 1 this is a
    // step like any other.
    const float x = 3e38f;
    std::vector<float> weight(8), bias(2);
    TrainOptions options;
    options.schedule = constant_rate(1);
    options.max_norm = 1;
    const View none{nullptr, {0}, {1}};
    const ConstView three{&x, {3, 4}, {0, 0}};
    const TrainResult result = kernel().train_step(three, Labels{1, 1, 1}, 0, options,
                                                   {dense(weight, {2, 4}), dense(bias, {2})}, {none, none});
    expect_within("the norm", result.gradient_norm, {1.5e38 * std::sqrt(8.0), 1e33});
    for (std::size_t i = 0; i < weight.size(); ++i)
      EXPECT_NEAR(weight[i], (i < 4 ? -1 : 1) / std::sqrt(8.0), 1e-6) << "weight " << i;
  });
}

TEST(train_step, the_largest_micro_batch) {
  for_each_case(2, [](Generator& g) {
    for (const std::int64_t micro_batch : {std::numeric_limits<std::int64_t>::max(), std::int64_t{5}}) {
      TrainOptions options;
      options.schedule = constant_rate(0.5f);
      options.micro_batch = micro_batch;
      const TrainRun run(g, {2, 3, 2}, 4, options);
      run.step(std::numeric_limits<std::int64_t>::max());
    }
  });
}

}  // namespace
