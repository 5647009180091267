// Module 05's tests of adam and adamw, as students see them. What both must do is asked of both by one function; what
// they do differently has tests of its own.
#include <string>
#include <vector>

#include "kiln/kernels/optimizers.hpp"
#include "runs.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

/// A step number as in the middle of a training.
std::int64_t some_step(Generator& g) {
  const auto step = 1 + static_cast<std::int64_t>(g.random().below(1000));
  g.note("step " + std::to_string(step));
  return step;
}

void expect_random_shapes(const AdamKind& kind) {
  for_each_case(20, [&](Generator& g) {
    AdamRun run(g, kind, random_adam(g), g.shape(random_rank(g, 0, 4)), false);
    run.step(g.input("gradient", run.parameter.shape(), Layout::dense), some_step(g));
  });
}

void expect_gradients_of_any_layout(const AdamKind& kind) {
  for (const Layout layout : {Layout::transposed, Layout::spaced, Layout::reversed, Layout::repeated}) {
    for_each_case(4, [&](Generator& g) {
      AdamRun run(g, kind, random_adam(g), g.shape(random_rank(g, 1, 3)), false);
      run.step(g.input("gradient", run.parameter.shape(), layout), some_step(g));
    });
  }
}

void expect_all_layouts(const AdamKind& kind) {
  for_each_case(30, [&](Generator& g) {
    const std::vector<Layout> layouts{g.writable_layout(), g.writable_layout(), g.writable_layout()};
    AdamRun run(g, kind, random_adam(g), g.shape(random_rank(g, 0, 4)), false, layouts);
    run.step(g.input("gradient", run.parameter.shape()), some_step(g));
  });
}

void expect_many_steps(const AdamKind& kind) {
  for_each_case(6, [&](Generator& g) {
    AdamRun run(g, kind, random_adam(g), {3, 5}, true);
    const Operand gradient = g.input("gradient", {3, 5}, Layout::dense);
    for (int step = 1; step <= 50 && !::testing::Test::HasFailure(); ++step) {
      draw_again(g, gradient);
      run.step(gradient, step);
      if (::testing::Test::HasFailure()) g.note("this was step " + std::to_string(step));
    }
  });
}

void expect_gradient_left(const AdamKind& kind) {
  for_each_case(5, [&](Generator& g) {
    AdamRun run(g, kind, random_adam(g), {5, 7}, false);
    run.options.weight_decay = 0.25f;
    const Operand gradient = g.input("gradient", {5, 7});
    const Expected before = exact(gradient.values());
    run.step(gradient, some_step(g));
    expect_close(gradient, before);
  });
}

/// Moments are zero, so m is the gradient and sqrt(v) its size: their quotient is 1 or -1, whatever the gradient.
void expect_first_step_is_the_learning_rate(const AdamKind& kind) {
  for_each_case(10, [&](Generator& g) {
    AdamOptions options = random_adam(g);
    options.epsilon = 0;
    options.weight_decay = 0;
    g.note(words(options));
    const std::vector<float> gradient{1e-3f, -0.5f, 2, -1000, 1e4f, 3e-6f};
    std::vector<float> parameter(6), first(6), second(6);
    kind(dense(gradient, {6}), options, 1, dense(parameter, {6}), dense(first, {6}), dense(second, {6}));
    Expected expected{Array64({6}), Array64({6}, options.learning_rate), 8};
    for (std::size_t i = 0; i < 6; ++i)
      expected.value.values[i] = gradient[i] > 0 ? -options.learning_rate : options.learning_rate;
    g.note(
        "step 1, moments and parameter 0: the step is learning_rate * sign(gradient), for gradients from 3e-6 to 1e4");
    expect_close(dense(parameter, {6}), expected);
  });
}

void expect_epsilon_beside_the_root(const AdamKind& kind) {
  for_each_case(10, [&](Generator& g) {
    AdamOptions options = random_adam(g);
    options.epsilon = g.random().uniform(0.25f, 1.0f);
    AdamRun run(g, kind, options, {4, 4}, true);
    const Operand gradient = g.input("gradient", {4, 4}, Layout::dense);
    g.note("the denominator is sqrt(v) + epsilon, with v corrected");
    for (int step = 1; step <= 3; ++step) run.step(gradient, step);
  });
}

void expect_exact_corrections(const AdamKind& kind) {
  for_each_case(5, [&](Generator& g) {
    AdamOptions options = random_adam(g);
    options.beta1 = 0.9999f;
    options.beta2 = 0.99999f;
    AdamRun run(g, kind, options, {4, 4}, true);
    run.parameter.fill(0);
    run.expected.parameter = oracle::Followed(run.parameter);
    const Operand gradient = g.input("gradient", {4, 4}, Layout::dense);
    g.note("1 - beta^t is a difference of two numbers close to 1: take the power in double");
    for (int step = 1; step <= 5; ++step) run.step(gradient, step);
  });
}

void expect_bad_options_refused(const AdamKind& kind) {
  one_case([&](Generator&) {
    const std::vector<float> gradient{1, 1, 1};
    const std::pair<const char*, AdamOptions> cases[] = {
        {"the learning rate is negative", {.learning_rate = -0.1f}},
        {"the learning rate is infinite", {.learning_rate = kInfinity}},
        {"the learning rate is NaN", {.learning_rate = kNaN}},
        {"beta1 is 1", {.beta1 = 1}},
        {"beta1 is negative", {.beta1 = -0.1f}},
        {"beta2 is 1", {.beta2 = 1}},
        {"beta2 is negative", {.beta2 = -0.1f}},
        {"epsilon is negative", {.epsilon = -1e-8f}},
        {"the weight decay is negative", {.weight_decay = -0.1f}},
    };
    std::list<Kept<>> tensors;
    const View parameter = tensors.emplace_back(Shape{3}, 1.0f).view();
    const View first = tensors.emplace_back(Shape{3}, 0.0f).view();
    const View second = tensors.emplace_back(Shape{3}, 0.0f).view();
    for (const auto& [situation, options] : cases)
      expect_refused(std::string(kind.name) + ": " + situation, tensors,
                     [&, options = options] { kind(dense(gradient, {3}), options, 1, parameter, first, second); });
    for (const std::int64_t step : {0, -1, -1000})
      expect_refused(std::string(kind.name) + ": the step is " + std::to_string(step), tensors,
                     [&] { kind(dense(gradient, {3}), {}, step, parameter, first, second); });
    kind(dense(gradient, {3}), {.learning_rate = 0.5f, .epsilon = 0}, 1, parameter, first, second);
    expect_close(parameter, {Array64({3}, 0.5), Array64({3}, 1), 8});
  });
}

void expect_other_shapes_refused(const AdamKind& kind) {
  one_case([&](Generator&) {
    const std::vector<float> gradient(6, 1.0f);
    std::list<Kept<>> tensors;
    const View parameter = tensors.emplace_back(Shape{2, 3}, 1.0f).view();
    const View first = tensors.emplace_back(Shape{2, 3}, 0.0f).view();
    const View second = tensors.emplace_back(Shape{2, 3}, 0.0f).view();
    const View other = tensors.emplace_back(Shape{3, 2}, 0.0f).view();
    const std::string name = kind.name;
    for (const Shape& shape : {Shape{3, 2}, Shape{6}, Shape{3}, Shape{1, 2, 3}, Shape{1, 3}})
      expect_refused(name + ": a gradient " + to_string(shape) + " meets a parameter (2, 3)", tensors,
                     [&] { kind(dense(gradient, shape), {}, 1, parameter, first, second); });
    expect_refused(name + ": a first moment (3, 2) meets a parameter (2, 3)", tensors, [&] {
      kind(dense(gradient, {2, 3}), {}, 1, parameter, other, second);
    });
    expect_refused(name + ": a second moment (3, 2) meets a parameter (2, 3)", tensors, [&] {
      kind(dense(gradient, {2, 3}), {}, 1, parameter, first, other);
    });
    kind(dense(gradient, {2, 3}), {.learning_rate = 0.5f, .epsilon = 0}, 1, parameter, first, second);
    expect_close(parameter, {Array64({2, 3}, 0.5), Array64({2, 3}, 1), 8});
  });
}

/// Takes step 1 of two elements by hand; all numbers given are exact in binary.
struct ByHand {
  AdamOptions options;
  std::vector<float> gradient, parameter, first, second;
  std::vector<float> new_parameter, new_first, new_second;

  void expect(const AdamKind& kind) const {
    std::vector<float> got = parameter, got_first = first, got_second = second;
    kind(dense(gradient, {2}), options, 1, dense(got, {2}), dense(got_first, {2}), dense(got_second, {2}));
    auto show = [](const std::vector<float>& pair) { return "{" + words(pair[0]) + ", " + words(pair[1]) + "}"; };
    const std::string from = std::string(kind.name) + ", step 1, " + words(options) + ", gradient " + show(gradient) +
                             ", parameter " + show(parameter) + ", moments " + show(first) + " and " + show(second);
    EXPECT_EQ(got_first, new_first) << "the first moment after " << from;
    EXPECT_EQ(got_second, new_second) << "the second moment after " << from;
    EXPECT_EQ(got, new_parameter) << "the parameter after " << from;
  }
};
constexpr AdamOptions kHalves{.learning_rate = 0.5f, .beta1 = 0.5f, .beta2 = 0.75f, .epsilon = 0};

AdamOptions with(AdamOptions options, float epsilon, float weight_decay) {
  options.epsilon = epsilon;
  options.weight_decay = weight_decay;
  return options;
}

// ---- adam

TEST(adam, by_hand) {
  one_case([](Generator&) {
    ByHand{kHalves, {4, -8}, {1, 2}, {0, 0}, {0, 0}, {0.5f, 2.5f}, {2, -4}, {4, 16}}.expect(kAdam);
    ByHand{with(kHalves, 4, 0), {2, -2}, {1, 2}, {6, 6}, {4, 4}, {0.5f, 1.75f}, {4, 2}, {4, 4}}.expect(kAdam);
    ByHand{with(kHalves, 0, 1), {3, -10}, {1, 2}, {0, 0}, {0, 0}, {0.5f, 2.5f}, {2, -4}, {4, 16}}.expect(kAdam);
  });
}

TEST(adam, first_step_is_the_learning_rate) { expect_first_step_is_the_learning_rate(kAdam); }
TEST(adam, random_shapes) { expect_random_shapes(kAdam); }
TEST(adam, gradients_of_any_layout) { expect_gradients_of_any_layout(kAdam); }
TEST(adam, all_layouts) { expect_all_layouts(kAdam); }
TEST(adam, many_steps) { expect_many_steps(kAdam); }
TEST(adam, epsilon_stands_beside_the_root) { expect_epsilon_beside_the_root(kAdam); }
TEST(adam, powers_are_taken_in_double) { expect_exact_corrections(kAdam); }
TEST(adam, leaves_the_gradient) { expect_gradient_left(kAdam); }
TEST(adam, refuses_bad_options) { expect_bad_options_refused(kAdam); }
TEST(adam, refuses_other_shapes) { expect_other_shapes_refused(kAdam); }

TEST(adam, decay_goes_through_the_moments) {
  for_each_case(10, [](Generator& g) {
    AdamOptions options = random_adam(g);
    options.weight_decay = g.random().uniform(0.5f, 1.0f);
    AdamRun run(g, kAdam, options, {4, 4}, true);
    const Operand gradient = g.input("gradient", {4, 4}, Layout::dense);
    g.note("the decay is added to the gradient, so both moments hold it");
    for (int step = 1; step <= 3; ++step) run.step(gradient, step);
  });
}

// ---- adamw

TEST(adamw, by_hand) {
  one_case([](Generator&) {
    ByHand{kHalves, {4, -8}, {1, 2}, {0, 0}, {0, 0}, {0.5f, 2.5f}, {2, -4}, {4, 16}}.expect(kAdamW);
    ByHand{with(kHalves, 0, 0.5f), {4, -8}, {8, -4}, {0, 0}, {0, 0}, {5.5f, -2.5f}, {2, -4}, {4, 16}}.expect(kAdamW);
    ByHand{with(kHalves, 4, 1), {2, -2}, {1, 2}, {6, 6}, {4, 4}, {0, 0.75f}, {4, 2}, {4, 4}}.expect(kAdamW);
  });
}

TEST(adamw, decay_leaves_the_moments) {
  for_each_case(5, [](Generator& g) {
    AdamOptions options = random_adam(g);
    options.weight_decay = 0.5f;
    AdamRun run(g, kAdamW, options, {4, 4}, false);
    const Operand gradient = g.input("gradient", {4, 4}, Layout::dense);
    run.parameter.fill(1e4f);
    run.expected.parameter = oracle::Followed(run.parameter);
    g.note("the parameter is 10000, and neither moment knows it");
    run.step(gradient, some_step(g));
  });
}

TEST(adamw, without_gradient_it_only_decays) {
  one_case([](Generator&) {
    const std::vector<float> gradient(2);
    std::vector<float> parameter{8, -4}, first(2), second(2);
    const AdamOptions options{.learning_rate = 0.5f, .weight_decay = 0.25f};
    for (int step = 1; step <= 2; ++step)
      kAdamW(dense(gradient, {2}), options, step, dense(parameter, {2}), dense(first, {2}), dense(second, {2}));
    EXPECT_EQ(parameter, (std::vector<float>{6.125f, -3.0625f}))
        << "two steps from {8, -4}: each takes learning_rate * weight_decay = 1/8 of what is there";
  });
}

TEST(adamw, decay_is_of_the_parameter_that_came_in) {
  for_each_case(10, [](Generator& g) {
    AdamOptions options = random_adam(g);
    options.learning_rate = 0.5f;
    options.weight_decay = 0.5f;
    AdamRun run(g, kAdamW, options, {4, 4}, true);
    run.step(g.input("gradient", {4, 4}, Layout::dense), 1);
  });
}

TEST(adamw, first_step_is_the_learning_rate) { expect_first_step_is_the_learning_rate(kAdamW); }
TEST(adamw, random_shapes) { expect_random_shapes(kAdamW); }
TEST(adamw, gradients_of_any_layout) { expect_gradients_of_any_layout(kAdamW); }
TEST(adamw, all_layouts) { expect_all_layouts(kAdamW); }
TEST(adamw, many_steps) { expect_many_steps(kAdamW); }
TEST(adamw, epsilon_stands_beside_the_root) { expect_epsilon_beside_the_root(kAdamW); }
TEST(adamw, powers_are_taken_in_double) { expect_exact_corrections(kAdamW); }
TEST(adamw, leaves_the_gradient) { expect_gradient_left(kAdamW); }
TEST(adamw, refuses_bad_options) { expect_bad_options_refused(kAdamW); }
TEST(adamw, refuses_other_shapes) { expect_other_shapes_refused(kAdamW); }

// ---- speed: what the steps in module.toml are about

const speed::SpeedCase adam_dense = speed::speed_case<&OptimizerSlots::adam_step>(
    "adam.dense",
    [](speed::SpeedArguments& s) {
      constexpr AdamOptions kOptions{.weight_decay = 0.01f};
      ConstView gradient = s.input({128, 256});
      const View parameter = s.in_out({128, 256}), first = s.in_out({128, 256});
      const View second = s.in_out({128, 256}, 0.0f, 1.0f);
      return std::tuple<ConstView, AdamOptions, std::int64_t, View, View, View>(gradient, kOptions, 100, parameter,
                                                                                first, second);
    },
    [](ConstView gradient, AdamOptions options, std::int64_t step, View parameter, View first, View second) {
      oracle::AdamState state{oracle::Followed(parameter), oracle::Followed(first), oracle::Followed(second)};
      oracle::adam_step(gradient, options, step, state);
      return state.parameter.expected();
    });

}  // namespace
