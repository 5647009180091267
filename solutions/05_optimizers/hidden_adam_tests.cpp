// Module 05's hidden tests of adam and adamw: the edges that the visible tests leave out, asked of both.
#include <limits>
#include <vector>

#include "kiln/kernels/optimizers.hpp"
#include "runs.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

void expect_nan_in_its_element(const AdamKind& kind) {
  for_each_case(6, [&](Generator& g) {
    AdamRun run(g, kind, random_adam(g), {3, 11}, false);
    const Operand gradient = g.input("gradient", {3, 11}, Layout::dense);
    gradient.view()(1, 4) = kNaN;
    gradient.view()(2, 10) = kNaN;
    g.note("gradient[1, 4] and gradient[2, 10] are NaN");
    run.step(gradient, 3);
  });
}

/// beta^t is 0 long before: the corrections are 1.
void expect_very_late_steps(const AdamKind& kind) {
  for_each_case(4, [&](Generator& g) {
    for (const std::int64_t step : {std::int64_t{1} << 20, std::int64_t{1} << 31, std::int64_t{1} << 32,
                                    std::int64_t{1} << 62, std::numeric_limits<std::int64_t>::max()}) {
      AdamRun run(g, kind, random_adam(g), {13}, false);
      g.note("step " + std::to_string(step));
      run.step(g.input("gradient", {13}, Layout::dense), step);
    }
  });
}

void expect_betas_of_zero(const AdamKind& kind) {
  for_each_case(3, [&](Generator& g) {
    for (const auto& [beta1, beta2] : {std::pair{0.0f, 0.5f}, std::pair{0.5f, 0.0f}, std::pair{0.0f, 0.0f}}) {
      AdamOptions options = random_adam(g);
      options.beta1 = beta1;
      options.beta2 = beta2;
      AdamRun run(g, kind, options, {13}, false);
      for (int step = 1; step <= 2; ++step) run.step(g.input("gradient", {13}, Layout::dense), step);
    }
  });
}

void expect_empty_tensors(const AdamKind& kind) {
  one_case([&](Generator& g) {
    for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{0, 3}, Shape{2, 0, 4}, Shape{2, 1, 4}}) {
      AdamRun run(g, kind, {.learning_rate = 0.5f}, shape, false, std::vector<Layout>(3, Layout::spaced));
      run.step(g.input("gradient", shape, Layout::dense), 1);
    }
    const View nothing{nullptr, {0}, {1}};
    expect_error(ErrorKind::invalid_argument, "an empty tensor comes with step 0",
                 [&] { kind(nothing, {}, 0, nothing, nothing, nothing); });
  });
}

void expect_scalars(const AdamKind& kind) {
  for_each_case(3, [&](Generator& g) {
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1, 1}, Shape{5, 1}, Shape{1, 5}, Shape{2, 1, 3, 1, 2, 1}}) {
      AdamRun run(g, kind, random_adam(g), shape, false, {Layout::spaced, Layout::reversed, Layout::transposed});
      run.step(g.input("gradient", shape, Layout::transposed), 7);
    }
  });
}

void expect_memory_between_kept(const AdamKind& kind) {
  one_case([&](Generator& g) {
    const std::vector<float> gradient = counted(6);
    Sentinels parameter({2, 3}, {-20, 3}), first({2, 3}, {2, 9}), second({2, 3}, {-30, -2});
    for_each_index({2, 3}, [&](const Shape& index) {
      parameter.view()(index[0], index[1]) = 1;
      first.view()(index[0], index[1]) = 0.5f;
      second.view()(index[0], index[1]) = 2;
    });
    oracle::AdamState expected{oracle::Followed(parameter.view()), oracle::Followed(first.view()),
                               oracle::Followed(second.view())};
    const AdamOptions options = random_adam(g);
    kind(dense(gradient, {2, 3}), options, 2, parameter.view(), first.view(), second.view());
    kind.oracle(dense(gradient, {2, 3}), options, 2, expected);
    expect_close(parameter.view(), expected.parameter.expected());
    expect_close(first.view(), expected.first_moment.expected());
    expect_close(second.view(), expected.second_moment.expected());
    for (const Sentinels* memory : {&parameter, &first, &second}) memory->expect_rest_untouched();
  });
}

void expect_moments_alone_at_rate_zero(const AdamKind& kind) {
  for_each_case(3, [&](Generator& g) {
    AdamOptions options = random_adam(g);
    options.learning_rate = 0;
    AdamRun run(g, kind, options, {19}, false);
    const Expected before = exact(run.parameter.values());
    run.step(g.input("gradient", {19}), 4);
    expect_close(run.parameter, before);
  });
}

/// As far as the square of a gradient is a normal float.
void expect_large_and_tiny_gradients(const AdamKind& kind) {
  for_each_case(4, [&](Generator& g) {
    for (const float scale : {1e15f, 1e-12f}) {
      AdamOptions options = random_adam(g);
      options.epsilon = 0;
      options.weight_decay = 0;
      AdamRun run(g, kind, options, {21}, true);
      for (int step = 1; step <= 2; ++step)
        run.step(g.input("gradient", {21}, Layout::dense, 0.5f * scale, scale), step);
    }
  });
}

void expect_long_runs(const AdamKind& kind) {
  for_each_case(3, [&](Generator& g) {
    const std::vector<Layout> layouts{g.writable_layout(), g.writable_layout(), g.writable_layout()};
    AdamRun run(g, kind, random_adam(g), {4, 3}, true, layouts);
    const Operand gradient = g.input("gradient", {4, 3}, Layout::transposed);
    for (int step = 1; step <= 150 && !::testing::Test::HasFailure(); ++step) {
      draw_again(g, gradient);
      run.step(gradient, step);
      if (::testing::Test::HasFailure()) g.note("this was step " + std::to_string(step));
    }
  });
}

void expect_barely_bad_refused(const AdamKind& kind) {
  one_case([&](Generator&) {
    const std::vector<float> gradient{1, 1, 1};
    const std::pair<const char*, AdamOptions> cases[] = {
        {"beta1 is NaN", {.beta1 = kNaN}},
        {"beta2 is NaN", {.beta2 = kNaN}},
        {"beta2 is infinite", {.beta2 = kInfinity}},
        {"epsilon is NaN", {.epsilon = kNaN}},
        {"epsilon is infinite", {.epsilon = kInfinity}},
        {"the weight decay is NaN", {.weight_decay = kNaN}},
        {"the weight decay is infinite", {.weight_decay = kInfinity}},
    };
    std::list<Kept<>> tensors;
    const View parameter = tensors.emplace_back(Shape{3}, 1.0f).view();
    const View first = tensors.emplace_back(Shape{3}, 0.0f).view();
    const View second = tensors.emplace_back(Shape{3}, 0.0f).view();
    for (const auto& [situation, options] : cases)
      expect_refused(std::string(kind.name) + ": " + situation, tensors,
                     [&, options = options] { kind(dense(gradient, {3}), options, 1, parameter, first, second); });
    expect_refused(std::string(kind.name) + ": the step is the lowest there is", tensors, [&] {
      kind(dense(gradient, {3}), {}, std::numeric_limits<std::int64_t>::min(), parameter, first, second);
    });
    kind(dense(gradient, {3}), {.learning_rate = 0.5f, .epsilon = 0}, 1, parameter, first, second);
    expect_close(parameter, {Array64({3}, 0.5), Array64({3}, 1), 8});
  });
}

// ---- adam

TEST(adam, nan_stays_in_its_element) { expect_nan_in_its_element(kAdam); }
TEST(adam, very_late_steps) { expect_very_late_steps(kAdam); }
TEST(adam, betas_of_zero) { expect_betas_of_zero(kAdam); }
TEST(adam, empty_tensors) { expect_empty_tensors(kAdam); }
TEST(adam, scalars_and_extents_of_one) { expect_scalars(kAdam); }
TEST(adam, keeps_memory_between) { expect_memory_between_kept(kAdam); }
TEST(adam, rate_of_zero_moves_the_moments_alone) { expect_moments_alone_at_rate_zero(kAdam); }
TEST(adam, large_and_tiny_gradients) { expect_large_and_tiny_gradients(kAdam); }
TEST(adam, long_runs) { expect_long_runs(kAdam); }
TEST(adam, refuses_what_is_barely_bad) { expect_barely_bad_refused(kAdam); }

// ---- adamw

TEST(adamw, nan_stays_in_its_element) { expect_nan_in_its_element(kAdamW); }
TEST(adamw, very_late_steps) { expect_very_late_steps(kAdamW); }
TEST(adamw, betas_of_zero) { expect_betas_of_zero(kAdamW); }
TEST(adamw, empty_tensors) { expect_empty_tensors(kAdamW); }
TEST(adamw, scalars_and_extents_of_one) { expect_scalars(kAdamW); }
TEST(adamw, keeps_memory_between) { expect_memory_between_kept(kAdamW); }
TEST(adamw, rate_of_zero_moves_the_moments_alone) { expect_moments_alone_at_rate_zero(kAdamW); }
TEST(adamw, large_and_tiny_gradients) { expect_large_and_tiny_gradients(kAdamW); }
TEST(adamw, long_runs) { expect_long_runs(kAdamW); }
TEST(adamw, refuses_what_is_barely_bad) { expect_barely_bad_refused(kAdamW); }

TEST(adamw, nan_in_the_parameter_leaves_the_moments) {
  for_each_case(3, [](Generator& g) {
    AdamRun run(g, kAdamW, random_adam(g), {17}, false);
    run.parameter.view()(3) = kNaN;
    run.expected.parameter = oracle::Followed(run.parameter);
    g.note("parameter[3] is NaN");
    run.step(g.input("gradient", {17}, Layout::dense), 5);
  });
}

}  // namespace
