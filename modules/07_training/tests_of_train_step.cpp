// Module 07's tests of train_step, as students see them: one behaviour a test.
// The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include "kiln/kernels/training.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "steps.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const TrainingSlots& kernel() { return under_test<TrainingSlots>(); }

using Labels = std::vector<std::int32_t>;

const View kNoVelocity{nullptr, {0}, {1}};

/// Some numbers of features, from 1 to 8, for so many layers; at least two classes.
std::vector<std::int64_t> random_sizes(Generator& g, int layers) {
  std::vector<std::int64_t> sizes;
  for (int i = 0; i < layers; ++i) sizes.push_back(random_rank(g, 1, 8));
  sizes.push_back(random_rank(g, 2, 5));
  return sizes;
}

TEST(train_step, one_layer_by_hand) {
  one_case([](Generator&) {
    // Logits of 0 make probabilities of a half: the gradient by the logits is {-1/2, 1/2} where the label is 0.
    const std::vector<float> x{1, 2};
    std::vector<float> weight(4), bias(2);
    TrainOptions options;
    options.schedule = constant_rate(0.5f);
    const TrainResult result = kernel().train_step(
        dense(x, {1, 2}), Labels{0}, 0, options, {dense(weight, {2, 2}), dense(bias, {2})}, {kNoVelocity, kNoVelocity});
    EXPECT_EQ(weight, (std::vector<float>{0.25f, 0.5f, -0.25f, -0.5f})) << "x {1, 2}, label 0, all zeros, rate 0.5";
    EXPECT_EQ(bias, (std::vector<float>{0.25f, -0.25f})) << "x {1, 2}, label 0, all zeros, rate 0.5";
    expect_within("the loss, log(2)", result.loss, {std::log(2.0), 1e-6});
    expect_within("the norm, the root of 0.5 * (1 + 1 + 4)", result.gradient_norm, {std::sqrt(3.0), 1e-6});
    EXPECT_EQ(result.learning_rate, 0.5f);
  });
}

TEST(train_step, two_layers_by_hand) {
  one_case([](Generator&) {
    // x {1, 1} gives {2, 1, -1}, relu {2, 1, 0}, logits {2, 2}: equal, so their gradient is {1/2, -1/2} for label 1.
    // Down to the hidden layer comes {1/2, -1, 2}; the last is masked, since nothing had come up there.
    const std::vector<float> x{1, 1};
    std::vector<float> first{1, 1, 1, 0, -1, 0}, first_bias(3), second{1, 0, 2, 0, 2, -2}, second_bias(2);
    TrainOptions options;
    options.schedule = constant_rate(1);
    kernel().train_step(dense(x, {1, 2}), Labels{1}, 0, options,
                        {dense(first, {3, 2}), dense(first_bias, {3}), dense(second, {2, 3}), dense(second_bias, {2})},
                        std::vector<View>(4, kNoVelocity));
    EXPECT_EQ(second, (std::vector<float>{0, -0.5f, 2, 1, 2.5f, -2})) << "the second weight";
    EXPECT_EQ(second_bias, (std::vector<float>{-0.5f, 0.5f})) << "the second bias";
    EXPECT_EQ(first, (std::vector<float>{0.5f, 0.5f, 2, 1, -1, 0})) << "the first weight; relu masks its last row";
    EXPECT_EQ(first_bias, (std::vector<float>{-0.5f, 1, 0})) << "the first bias; relu masks its last element";
  });
}

TEST(train_step, random_networks) {
  for_each_case(20, [](Generator& g) {
    TrainOptions options;
    options.schedule = constant_rate(0.5f);
    const TrainRun run(g, random_sizes(g, random_rank(g, 1, 4)), random_rank(g, 1, 9), options);
    run.step(0);
  });
}

TEST(train_step, parts_of_a_batch) {
  for_each_case(3, [](Generator& g) {
    for (const std::int64_t micro_batch : {1, 2, 3, 4, 6, 7, 100}) {
      TrainOptions options;
      options.schedule = constant_rate(0.5f);
      options.micro_batch = micro_batch;
      const TrainRun run(g, {3, 6, 4}, 7, options);
      run.step(0);
    }
  });
}

TEST(train_step, momentum_and_decay) {
  for_each_case(10, [](Generator& g) {
    TrainOptions options;
    options.schedule = constant_rate(0.25f);
    options.sgd = {
        .learning_rate = 77, .momentum = 0.75f, .weight_decay = 0.125f, .nesterov = g.random().below(2) == 0};
    const TrainRun run(g, random_sizes(g, 2), 5, options);
    for (std::int64_t step = 0; step < 3; ++step) run.step(step);
  });
}

TEST(train_step, clips_the_whole_gradient_once) {
  for_each_case(10, [](Generator& g) {
    // Norms of a batch lie around 1 here, those of its parts above them, those of single tensors below.
    TrainOptions options;
    options.schedule = constant_rate(1);
    options.max_norm = g.random().below(2) == 0 ? 0.01 : 0.3;
    options.micro_batch = 2;
    const TrainRun run(g, {4, 6, 3}, 7, options);
    run.step(0);
  });
}

TEST(train_step, asks_the_schedule_for_the_rate) {
  for_each_case(2, [](Generator& g) {
    TrainOptions options;
    options.sgd.learning_rate = 77;
    options.schedule = {.peak = 1, .last = 0.25f, .warmup_steps = 3, .total_steps = 7};
    const TrainRun run(g, {2, 3, 2}, 4, options);
    for (const std::int64_t step : {0, 1, 2, 3, 4, 6, 7, 1000}) run.step(step);
  });
}

TEST(train_step, tied_weights) {
  for_each_case(10, [](Generator& g) {
    TrainOptions options;
    options.schedule = constant_rate(0.5f);
    options.sgd.momentum = 0.5f;
    options.max_norm = 0.5;
    TrainRun run(g, {4, 4, 4, 3}, 5, options);
    run.tie(0, 2);
    g.note("parameter 2 is parameter 0");
    for (std::int64_t step = 0; step < 2; ++step) run.step(step);
  });
}

TEST(train_step, learns_xor) {
  one_case([](Generator&) {
    const std::vector<float> x{0, 0, 0, 1, 1, 0, 1, 1};
    const Labels labels{0, 1, 1, 0};
    // The same network in every run, so that every run learns.
    Random random(7);
    std::vector<std::vector<float>> memory;
    for (const Shape& shape : parameter_shapes({2, 8, 2})) {
      for (int list = 0; list < 2; ++list) memory.emplace_back(static_cast<std::size_t>(shape.elements()));
      if (shape.rank() == 2)
        for (float& value : memory[memory.size() - 2]) value = random.uniform(-1.0f, 1.0f);
    }
    std::vector<View> parameters, velocities;
    for (const Shape& shape : parameter_shapes({2, 8, 2})) {
      parameters.push_back(dense(memory[2 * parameters.size()], shape));
      velocities.push_back(dense(memory[2 * velocities.size() + 1], shape));
    }
    TrainOptions options;
    options.schedule = {.peak = 0.2f, .last = 0, .warmup_steps = 5, .total_steps = 100};
    options.sgd.momentum = 0.9f;
    options.max_norm = 1;
    options.micro_batch = 3;
    double loss = 0, best = 1;
    for (std::int64_t step = 0; step < 100; ++step) {
      loss = kernel().train_step(dense(x, {4, 2}), labels, step, options, parameters, velocities).loss;
      if (step == 0) {
        EXPECT_GT(loss, 0.4) << "before the first step nothing is known";
      }
      best = std::fmin(best, loss);
    }
    EXPECT_LT(loss, 0.05) << "XOR by a network (2, 8, 2), after 100 steps; the smallest loss on the way was " << best;
  });
}

TEST(train_step, what_is_not_finite_leaves_no_trace) {
  for (const float bad : {kNaN, kInfinity}) {
    for_each_case(1, [bad](Generator&) {
      // The last of four parts is spoiled: the others have to be forgotten, too.
      KeptRun run;
      run.numbers[7] = bad;
      run.options.micro_batch = 1;
      run.options.max_norm = 1;
      const TrainResult result = run.call();
      const bool told = !std::isfinite(result.loss) || !std::isfinite(result.gradient_norm);
      EXPECT_TRUE(told) << "an element of x is " << bad << ": the loss is " << result.loss << ", the norm "
                        << result.gradient_norm << "; one of them is not finite";
      EXPECT_EQ(result.learning_rate, 0.1f) << "the rate of the step";
      EXPECT_TRUE(run.kept.restore()) << "an element of x is " << bad << ": parameters and velocities stay";
    });
  }
  one_case([](Generator&) { expect_step_taken(); });
}

TEST(train_step, refuses_what_does_not_fit) {
  one_case([](Generator&) {
    expect_step_refused("there is a label less than rows", [](KeptRun& run) { run.labels.pop_back(); });
    expect_step_refused("there is no example", [](KeptRun& run) {
      run.labels.clear();
      run.x.shape[0] = 0;
    });
    expect_step_refused("x is a vector", [](KeptRun& run) { run.x = dense(run.numbers, {4}); });
    expect_step_refused("x has 1 column and the first weight 2", [](KeptRun& run) { run.x.shape[1] = 1; });
    expect_step_refused("there are no parameters", [](KeptRun& run) {
      run.parameters.clear();
      run.velocities.clear();
    });
    expect_step_refused("the last bias is missing", [](KeptRun& run) {
      run.parameters.pop_back();
      run.velocities.pop_back();
    });
    expect_step_refused("there is a velocity less than parameters", [](KeptRun& run) { run.velocities.pop_back(); });
    expect_step_refused("the last velocity has shape (1) and its bias (2)",
                        [](KeptRun& run) { run.velocities.back().shape[0] = 1; });
    expect_step_refused("there is momentum, and the last velocity has shape (0)",
                        [](KeptRun& run) { run.velocities.back() = kNoVelocity; });
    expect_step_refused("the last bias has shape (1) and its weight 2 rows", [](KeptRun& run) {
      run.parameters.back().shape[0] = 1;
      run.velocities.back().shape[0] = 1;
    });
    expect_step_refused("the second weight has 2 columns, and 3 features come in", [](KeptRun& run) {
      run.parameters[2].shape[1] = 2;
      run.velocities[2].shape[1] = 2;
    });
    expect_step_taken();
  });
}

TEST(train_step, refuses_labels_and_options) {
  one_case([](Generator&) {
    for (const std::int32_t label : {-1, -100, 2, 1000}) {
      expect_step_refused("of 2 classes the last label is " + std::to_string(label), [label](KeptRun& run) {
        run.labels.back() = label;
        run.options.micro_batch = 2;
      });
    }
    expect_step_refused("the step is -1", [](KeptRun& run) { run.step = -1; });
    expect_step_refused("micro_batch is -1", [](KeptRun& run) { run.options.micro_batch = -1; });
    expect_step_refused("max_norm is 0", [](KeptRun& run) { run.options.max_norm = 0; });
    expect_step_refused("max_norm is NaN", [](KeptRun& run) { run.options.max_norm = static_cast<double>(kNaN); });
    expect_step_refused("the momentum is 1", [](KeptRun& run) { run.options.sgd.momentum = 1; });
    expect_step_refused("weight_decay is -1", [](KeptRun& run) { run.options.sgd.weight_decay = -1; });
    expect_step_refused("nesterov comes without momentum", [](KeptRun& run) {
      run.options.sgd = {.learning_rate = 0.1f, .momentum = 0, .weight_decay = 0, .nesterov = true};
    });
    expect_step_refused("the peak is NaN", [](KeptRun& run) { run.options.schedule.peak = kNaN; });
    expect_step_taken();
  });
}

}  // namespace
