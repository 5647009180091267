// Module 05's hidden tests of distinct_parameters and sgd: the edges that the visible tests leave out. Each also asks
// for a result that is no edge case, so that a kernel that does nothing passes none.
#include "kiln/kernels/optimizers.hpp"

#include <vector>

#include "runs.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const OptimizerSlots& kernel() { return under_test<OptimizerSlots>(); }

using Numbers = std::vector<std::int64_t>;

// ---- distinct_parameters

TEST(distinct_parameters, overlapping_tensors_are_two) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(12);
    const ConstView whole = dense(memory, {3, 4}), row{memory.data() + 4, {4}, {1}};
    const ConstView reversed{memory.data() + 11, {12}, {-1}};
    EXPECT_EQ(kernel().distinct_parameters({row, whole, reversed, row}), (Numbers{0, 1, 2}))
        << "a matrix, its second row twice, and its elements backwards: three beginnings";
  });
}

TEST(distinct_parameters, an_empty_tensor_begins_nowhere) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(6);
    const ConstView some = dense(memory, {2, 3}), none{memory.data(), {0, 3}, {3, 1}}, less{memory.data(), {0}, {1}};
    EXPECT_EQ(kernel().distinct_parameters({none, less, some, none, some}), (Numbers{2}))
        << "two empty views and one of six elements at the same address";
    const ConstView nothing{nullptr, {0}, {1}}, nothing_else{nullptr, {3, 0}, {1, 1}};
    EXPECT_EQ(kernel().distinct_parameters({nothing, nothing_else}), Numbers{}) << "nothing but empty tensors";
  });
}

TEST(distinct_parameters, an_empty_list) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(1);
    EXPECT_EQ(kernel().distinct_parameters({}), Numbers{}) << "no tensors at all";
    EXPECT_EQ(kernel().distinct_parameters({dense(memory, {1})}), Numbers{0}) << "a list of one";
  });
}

TEST(distinct_parameters, scalars_and_strided_views) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(24);
    const ConstView scalar{memory.data(), {}, {}}, other{memory.data() + 1, {}, {}};
    const ConstView transposed{memory.data() + 2, {3, 2}, {1, 3}}, row{memory.data() + 20, {5}, {0}};
    EXPECT_EQ(kernel().distinct_parameters({row, scalar, other, scalar, transposed, row, transposed, other}),
              (Numbers{0, 1, 2, 4}));
  });
}

TEST(distinct_parameters, refuses_a_transpose_of_the_same) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(9);
    const ConstView square = dense(memory, {3, 3}), transpose{memory.data(), {3, 3}, {1, 3}};
    EXPECT_EQ(kernel().distinct_parameters({square, square}), Numbers{0});
    expect_error(ErrorKind::invalid_argument, "a matrix and its transpose share their memory", [&] {
      kernel().distinct_parameters({square, square, transpose});
    });
  });
}

TEST(distinct_parameters, long_lists) {
  one_case([](Generator&) {
    const std::vector<float> memory = counted(1000);
    std::vector<ConstView> list;
    Numbers expected;
    for (std::int64_t i = 0; i < 600; ++i) {
      // Tensors 0, 7, 14, ... modulo 300: each comes twice, 300 places apart.
      list.push_back({memory.data() + 3 * (i * 7 % 300), {3}, {1}});
      if (i < 300) expected.push_back(i);
    }
    EXPECT_EQ(kernel().distinct_parameters(list), expected) << "300 tensors, each tied once";
  });
}

// ---- sgd

TEST(sgd, nan_stays_in_its_element) {
  for_each_case(6, [](Generator& g) {
    const bool momentum = g.random().below(2) == 0;
    SgdRun run(g, random_sgd(g, momentum, momentum && g.random().below(2) == 0), {3, 11});
    const Operand gradient = g.input("gradient", {3, 11}, Layout::dense);
    gradient.view()(1, 4) = kNaN;
    gradient.view()(2, 10) = kInfinity;
    g.note("gradient[1, 4] is NaN, gradient[2, 10] is infinite");
    run.step(gradient);
  });
}

TEST(sgd, nan_in_parameter_and_velocity) {
  for_each_case(3, [](Generator& g) {
    SgdRun run(g, random_sgd(g, true, false), {17});
    run.parameter.view()(3) = kNaN;
    run.velocity.view()(9) = kNaN;
    run.expected = {oracle::Followed(run.parameter), oracle::Followed(run.velocity)};
    run.step(g.input("gradient", {17}, Layout::dense));
  });
}

TEST(sgd, empty_tensors) {
  one_case([](Generator& g) {
    for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{0, 3}, Shape{2, 0, 4}, Shape{2, 1, 4}}) {
      SgdRun run(g, {.learning_rate = 0.5f, .momentum = 0.5f}, shape);
      run.step(g.input("gradient", shape, Layout::dense));
    }
    expect_error(ErrorKind::invalid_argument, "an empty tensor comes with a momentum of 1", [] {
      kernel().sgd_step({nullptr, {0}, {1}}, {.momentum = 1}, {nullptr, {0}, {1}}, {nullptr, {0}, {1}});
    });
  });
}

TEST(sgd, scalars_and_extents_of_one) {
  for_each_case(3, [](Generator& g) {
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1, 1}, Shape{5, 1}, Shape{1, 5}, Shape{2, 1, 3, 1, 2, 1}}) {
      SgdRun run(g, random_sgd(g, true, true), shape, Layout::spaced, Layout::reversed);
      run.step(g.input("gradient", shape, Layout::transposed));
    }
  });
}

TEST(sgd, keeps_memory_between) {
  one_case([](Generator&) {
    const std::vector<float> gradient = counted(6);
    Sentinels parameter({2, 3}, {-20, 3}), velocity({2, 3}, {2, 9});
    for_each_index({2, 3}, [&](const Shape& index) {
      parameter.view()(index[0], index[1]) = 1;
      velocity.view()(index[0], index[1]) = 2;
    });
    oracle::SgdState expected{oracle::Followed(parameter.view()), oracle::Followed(velocity.view())};
    const SgdOptions options{.learning_rate = 0.5f, .momentum = 0.5f};
    kernel().sgd_step(dense(gradient, {2, 3}), options, parameter.view(), velocity.view());
    oracle::sgd_step(dense(gradient, {2, 3}), options, expected);
    expect_close(parameter.view(), expected.parameter.expected());
    expect_close(velocity.view(), expected.velocity.expected());
    parameter.expect_rest_untouched();
    velocity.expect_rest_untouched();
  });
}

TEST(sgd, rate_of_zero_moves_the_velocity_alone) {
  for_each_case(3, [](Generator& g) {
    SgdRun run(g, {.learning_rate = 0, .momentum = 0.9f}, {19});
    const Expected before = exact(run.parameter.values());
    run.step(g.input("gradient", {19}));
    expect_close(run.parameter, before);
  });
}

TEST(sgd, large_and_tiny_numbers) {
  for_each_case(5, [](Generator& g) {
    for (const float scale : {1e30f, 1e-30f}) {
      SgdRun run(g, random_sgd(g, true, false), {23});
      run.step(g.input("gradient", {23}, Layout::dense, -scale, scale));
    }
  });
}

TEST(sgd, many_steps_of_any_layout) {
  for_each_case(4, [](Generator& g) {
    SgdRun run(g, random_sgd(g, true, g.random().below(2) == 0), {4, 3, 2}, g.writable_layout(), g.writable_layout());
    const Operand gradient = g.input("gradient", {4, 3, 2}, Layout::transposed);
    for (int step = 1; step <= 100 && !::testing::Test::HasFailure(); ++step) {
      draw_again(g, gradient);
      run.step(gradient);
      if (::testing::Test::HasFailure()) g.note("this was step " + std::to_string(step));
    }
  });
}

TEST(sgd, refuses_what_is_barely_bad) {
  one_case([](Generator&) {
    const std::vector<float> gradient{1, 1, 1};
    const std::pair<const char*, SgdOptions> cases[] = {
        {"the momentum is NaN", {.momentum = kNaN}},
        {"the momentum is infinite", {.momentum = kInfinity}},
        {"the weight decay is NaN", {.weight_decay = kNaN}},
        {"the weight decay is infinite", {.weight_decay = kInfinity}},
        {"the learning rate is -infinity", {.learning_rate = -kInfinity}},
    };
    std::list<Kept<>> tensors;
    const View parameter = tensors.emplace_back(Shape{3}, 1.0f).view();
    const View velocity = tensors.emplace_back(Shape{3}, 2.0f).view();
    const View shorter = tensors.emplace_back(Shape{2}, 2.0f).view();
    for (const auto& [situation, options] : cases)
      expect_refused(situation, tensors,
                     [&, options = options] { kernel().sgd_step(dense(gradient, {3}), options, parameter, velocity); });
    expect_refused("without momentum, the velocity is neither (3) nor (0)", tensors,
                   [&] { kernel().sgd_step(dense(gradient, {3}), {.learning_rate = 0.5f}, parameter, shorter); });
    kernel().sgd_step(dense(gradient, {3}), {.learning_rate = 0.5f, .momentum = 0.5f}, parameter, velocity);
    expect_close(parameter, exact(Array64({3}, 0)));
  });
}

}  // namespace
