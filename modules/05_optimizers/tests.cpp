// Module 05's tests of distinct_parameters and sgd, as students see them: one suite an exercise, one behaviour a test;
// at the end the speed case. The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include "kiln/kernels/optimizers.hpp"

#include <string>
#include <vector>

#include "runs.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const OptimizerSlots& kernel() { return under_test<OptimizerSlots>(); }

using Numbers = std::vector<std::int64_t>;

// ---- distinct_parameters

TEST(distinct_parameters, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    const ConstView weight = dense(memory, {2, 3}), bias{memory.data() + 6, {3}, {1}};
    EXPECT_EQ(kernel().distinct_parameters({weight, bias}), (Numbers{0, 1})) << "{weight, bias}";
    EXPECT_EQ(kernel().distinct_parameters({weight, bias, weight}), (Numbers{0, 1})) << "{weight, bias, weight}";
    EXPECT_EQ(kernel().distinct_parameters({weight, weight, weight, bias}), (Numbers{0, 3}))
        << "{weight, weight, weight, bias}";
  });
}

TEST(distinct_parameters, random_lists) {
  for_each_case(20, [](Generator& g) {
    const int tensor_count = random_rank(g, 1, 6), list_length = random_rank(g, 0, 15);
    std::vector<Operand> tensors;
    for (int i = 0; i < tensor_count; ++i)
      tensors.push_back(g.input("tensor " + std::to_string(i), g.shape(random_rank(g, 0, 3)), Layout::dense));
    std::vector<ConstView> list;
    std::string drawn = "the list holds tensors";
    for (int i = 0; i < list_length; ++i) {
      const std::uint64_t which = g.random().below(tensors.size());
      list.push_back(tensors[which].view());
      drawn += " " + std::to_string(which);
    }
    g.note(drawn);
    EXPECT_EQ(kernel().distinct_parameters(list), oracle::distinct_parameters(list));
  });
}

TEST(distinct_parameters, equal_values_are_not_one_tensor) {
  one_case([](Generator&) {
    const std::vector<float> zeros(4), others(4);
    EXPECT_EQ(kernel().distinct_parameters({dense(zeros, {4}), dense(others, {4}), dense(zeros, {4})}), (Numbers{0, 1}))
        << "two tensors of four zeros, the first of them twice";
  });
}

TEST(distinct_parameters, rising_order) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(8);
    std::vector<ConstView> rising, falling;
    for (int i = 0; i < 4; ++i) rising.push_back({memory.data() + 2 * i, {2}, {1}});
    falling.assign(rising.rbegin(), rising.rend());
    EXPECT_EQ(kernel().distinct_parameters(rising), (Numbers{0, 1, 2, 3})) << "four tensors, their addresses rising";
    EXPECT_EQ(kernel().distinct_parameters(falling), (Numbers{0, 1, 2, 3})) << "four tensors, their addresses falling";
    falling.insert(falling.begin(), falling.back());
    EXPECT_EQ(kernel().distinct_parameters(falling), (Numbers{0, 1, 2, 3}))
        << "the last of four stands in front too: of its two places the first counts";
  });
}

TEST(distinct_parameters, leaves_out_empty_tensors) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(6);
    const ConstView some = dense(memory, {2, 3}), none = dense(memory, {2, 0}), nothing{nullptr, {0}, {1}};
    EXPECT_EQ(kernel().distinct_parameters({nothing, some, none}), (Numbers{1})) << "{nothing, six elements, nothing}";
  });
}

/// Expects an error whose text holds the numbers of both tensors.
void expect_conflict(const std::vector<ConstView>& list, const std::string& situation, const std::string& first,
                     const std::string& second) {
  std::string text;
  expect_error(ErrorKind::invalid_argument, situation, [&] {
    try {
      kernel().distinct_parameters(list);
    } catch (const Error& error) {
      text = error.what();
      throw;
    }
  });
  if (text.empty()) return;
  EXPECT_TRUE(text.find(first) != std::string::npos && text.find(second) != std::string::npos)
      << "where " << situation << ": the error's text holds the numbers " << first << " and " << second
      << "; this one says: " << text;
}

TEST(distinct_parameters, refuses_two_views_of_one_beginning) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(30);
    // Fill the list up, so that the numbers in question occur in no other number of the text.
    std::vector<ConstView> list;
    for (int i = 0; i < 23; ++i) list.push_back({memory.data() + 7 + i, {}, {}});
    const ConstView weight = dense(memory, {2, 3});
    list[17] = weight;
    EXPECT_EQ(kernel().distinct_parameters(list).size(), 23u) << "23 tensors, none of them tied";
    list[19] = dense(memory, {3, 2});
    expect_conflict(list, "numbers 17 and 19 have shapes (2, 3) and (3, 2) on the same memory", "17", "19");
    list[19] = {memory.data(), {2, 3}, {1, 2}};
    expect_conflict(list, "numbers 17 and 19 have strides (3, 1) and (1, 2) on the same memory", "17", "19");
    list[19] = {memory.data(), {}, {}};
    expect_conflict(list, "number 19 is the first element of number 17", "17", "19");
  });
}

// ---- sgd

TEST(sgd, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> gradient{3, -1};
    struct Case {
      SgdOptions options;
      std::vector<float> parameter, velocity;
    };
    // From parameter {1, 2} and velocity {2, 4}; all numbers here are exact in binary.
    const Case cases[] = {
        {{.learning_rate = 0.25f}, {0.25f, 2.25f}, {2, 4}},
        {{.learning_rate = 0.25f, .weight_decay = 0.5f}, {0.125f, 2}, {2, 4}},
        {{.learning_rate = 0.25f, .momentum = 0.5f}, {0, 1.75f}, {4, 1}},
        {{.learning_rate = 0.25f, .momentum = 0.5f, .weight_decay = 0.5f}, {-0.125f, 1.5f}, {4.5f, 2}},
        {{.learning_rate = 0.25f, .momentum = 0.5f, .nesterov = true}, {-0.25f, 2.125f}, {4, 1}},
    };
    for (const Case& wanted : cases) {
      std::vector<float> parameter{1, 2}, velocity{2, 4};
      kernel().sgd_step(dense(gradient, {2}), wanted.options, dense(parameter, {2}), dense(velocity, {2}));
      const std::string from = "gradient {3, -1}, parameter {1, 2}, velocity {2, 4}, " + words(wanted.options);
      EXPECT_EQ(velocity, wanted.velocity) << "the velocity after " << from;
      EXPECT_EQ(parameter, wanted.parameter) << "the parameter after " << from;
    }
  });
}

TEST(sgd, random_shapes) {
  for_each_case(20, [](Generator& g) {
    SgdRun run(g, random_sgd(g, false, false), g.shape(random_rank(g, 0, 4)));
    run.step(g.input("gradient", run.parameter.shape(), Layout::dense));
  });
}

TEST(sgd, momentum) {
  for_each_case(20, [](Generator& g) {
    SgdRun run(g, random_sgd(g, true, false), g.shape(random_rank(g, 0, 4)));
    run.step(g.input("gradient", run.parameter.shape(), Layout::dense));
  });
}

TEST(sgd, nesterov) {
  for_each_case(20, [](Generator& g) {
    SgdRun run(g, random_sgd(g, true, true), g.shape(random_rank(g, 0, 4)));
    run.step(g.input("gradient", run.parameter.shape(), Layout::dense));
  });
}

TEST(sgd, gradients_of_any_layout) {
  for (const Layout layout : {Layout::transposed, Layout::spaced, Layout::reversed, Layout::repeated}) {
    for_each_case(4, [&](Generator& g) {
      SgdRun run(g, random_sgd(g, true, g.random().below(2) == 0), g.shape(random_rank(g, 1, 3)));
      run.step(g.input("gradient", run.parameter.shape(), layout));
    });
  }
}

TEST(sgd, all_layouts) {
  for_each_case(30, [](Generator& g) {
    const bool momentum = g.random().below(3) != 0;
    const SgdOptions options = random_sgd(g, momentum, momentum && g.random().below(2) == 0);
    const Shape shape = g.shape(random_rank(g, 0, 4));
    SgdRun run(g, options, shape, g.writable_layout(), g.writable_layout());
    run.step(g.input("gradient", shape));
  });
}

TEST(sgd, leaves_the_velocity_without_momentum) {
  one_case([](Generator&) {
    const std::vector<float> gradient{2, -2};
    const SgdOptions options{.learning_rate = 0.5f};
    for (const float held : {7.0f, kNaN, kInfinity}) {
      std::vector<float> parameter{1, 1}, velocity{held, held};
      kernel().sgd_step(dense(gradient, {2}), options, dense(parameter, {2}), dense(velocity, {2}));
      expect_close(dense(velocity, {2}), exact(Array64({2}, held)));
      EXPECT_EQ(parameter, (std::vector<float>{0, 2})) << "with a velocity of " << held << " that nobody asked for";
    }
    std::vector<float> parameter{1, 1};
    kernel().sgd_step(dense(gradient, {2}), options, dense(parameter, {2}), View{nullptr, {0}, {1}});
    EXPECT_EQ(parameter, (std::vector<float>{0, 2})) << "with a velocity of shape (0)";
  });
}

TEST(sgd, leaves_the_gradient) {
  for_each_case(5, [](Generator& g) {
    SgdRun run(g, random_sgd(g, true, true), {5, 7});
    run.options.weight_decay = 0.25f;
    const Operand gradient = g.input("gradient", {5, 7});
    const Expected before = exact(gradient.values());
    run.step(gradient);
    expect_close(gradient, before);
  });
}

TEST(sgd, many_steps) {
  for_each_case(6, [](Generator& g) {
    const bool momentum = g.random().below(4) != 0;
    SgdRun run(g, random_sgd(g, momentum, momentum && g.random().below(2) == 0), {3, 5});
    const Operand gradient = g.input("gradient", {3, 5}, Layout::dense);
    for (int step = 1; step <= 50 && !::testing::Test::HasFailure(); ++step) {
      draw_again(g, gradient);
      run.step(gradient);
      if (::testing::Test::HasFailure()) g.note("this was step " + std::to_string(step));
    }
  });
}

TEST(sgd, refuses_bad_options) {
  one_case([](Generator&) {
    const std::vector<float> gradient{1, 1, 1};
    const std::pair<const char*, SgdOptions> cases[] = {
        {"the learning rate is negative", {.learning_rate = -0.1f}},
        {"the learning rate is infinite", {.learning_rate = kInfinity}},
        {"the learning rate is NaN", {.learning_rate = kNaN}},
        {"the momentum is 1", {.momentum = 1}},
        {"the momentum is negative", {.momentum = -0.5f}},
        {"the weight decay is negative", {.weight_decay = -0.1f}},
        {"nesterov comes without momentum", {.nesterov = true}},
    };
    std::list<Kept<>> tensors;
    const View parameter = tensors.emplace_back(Shape{3}, 1.0f).view();
    const View velocity = tensors.emplace_back(Shape{3}, 2.0f).view();
    for (const auto& [situation, options] : cases)
      expect_refused(situation, tensors,
                     [&, options = options] { kernel().sgd_step(dense(gradient, {3}), options, parameter, velocity); });
    kernel().sgd_step(dense(gradient, {3}), {.learning_rate = 0.5f}, parameter, velocity);
    expect_close(parameter, exact(Array64({3}, 0.5)));
  });
}

TEST(sgd, refuses_other_shapes) {
  one_case([](Generator&) {
    const std::vector<float> gradient(6, 1.0f);
    const SgdOptions options{.learning_rate = 0.5f, .momentum = 0.5f};
    std::list<Kept<>> tensors;
    const View parameter = tensors.emplace_back(Shape{2, 3}, 1.0f).view();
    const View velocity = tensors.emplace_back(Shape{2, 3}, 2.0f).view();
    const View longer = tensors.emplace_back(Shape{3, 2}, 2.0f).view();
    for (const Shape& shape : {Shape{3, 2}, Shape{6}, Shape{3}, Shape{1, 2, 3}, Shape{1, 3}})
      expect_refused("a gradient " + to_string(shape) + " meets a parameter (2, 3)", tensors,
                     [&] { kernel().sgd_step(dense(gradient, shape), options, parameter, velocity); });
    expect_refused("a velocity (3, 2) meets a parameter (2, 3)", tensors, [&] {
      kernel().sgd_step(dense(gradient, {2, 3}), options, parameter, longer);
    });
    expect_refused("a velocity (0) comes with momentum", tensors, [&] {
      kernel().sgd_step(dense(gradient, {2, 3}), options, parameter, View{nullptr, {0}, {1}});
    });
    kernel().sgd_step(dense(gradient, {2, 3}), options, parameter, velocity);
    expect_close(velocity, exact(Array64({2, 3}, 2)));
    expect_close(parameter, exact(Array64({2, 3}, 0)));
  });
}

// ---- speed: what the steps in module.toml are about

const speed::SpeedCase nesterov_dense = speed::speed_case<&OptimizerSlots::sgd_step>(
    "sgd.nesterov",
    [](speed::SpeedArguments& s) {
      constexpr SgdOptions kOptions{.learning_rate = 0.01f, .momentum = 0.9f, .weight_decay = 0.001f, .nesterov = true};
      ConstView gradient = s.input({256, 256});
      const View parameter = s.in_out({256, 256}), velocity = s.in_out({256, 256});
      return std::tuple<ConstView, SgdOptions, View, View>(gradient, kOptions, parameter, velocity);
    },
    [](ConstView gradient, SgdOptions options, View parameter, View velocity) {
      oracle::SgdState state{oracle::Followed(parameter), oracle::Followed(velocity)};
      oracle::sgd_step(gradient, options, state);
      return state.parameter.expected();
    });

}  // namespace
