// Module 08's hidden tests of batch_norm and batch_norm_backward: the edges that the visible tests leave out. Each also
// asks for a result that is no edge case, so that a kernel that does nothing passes none.
#include <cmath>
#include <vector>

#include "batches.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::batches;

namespace {

/// A channel in which this one element is what no arithmetic gets rid of.
void spoil(const Operand& operand, std::int64_t channel, float value) {
  Array64 values = operand.values();
  bool done = false;
  for_each_index(values.shape, [&](const Shape& at) {
    if (at[1] != channel || done) return;
    values.at(at) = value;
    done = true;
  });
  operand.assign(values);
}

TEST(batch_norm, momentum_0_and_1) {
  for_each_case(10, [](Generator& g) {
    Forward run(g, {5, 3, 4}, true);
    run.momentum = 0;
    run.expect_train();
    run.momentum = 1;
    run.expect_train();
    run.momentum = 0.25f;
    run.expect_train();
  });
}

TEST(batch_norm, many_elements_of_a_large_mean) {
  // 28,800 of about 1000: a running sum of floats has lost its last digits long before the end.
  for_each_case(2, [](Generator& g) { Forward(g, {8, 1, 60, 60}, false, 999.0f, 1001.0f).expect_train(); });
}

TEST(batch_norm, a_first_element_far_from_the_others) {
  for_each_case(5, [](Generator& g) {
    Forward run(g, {20, 2, 9}, false);
    spoil(run.in, 0, 1e5f);
    g.note("the first element of channel 0 is 100000");
    run.expect_train();
  });
}

TEST(batch_norm, two_elements) {
  for (const Shape& shape :
       {Shape{2, 3}, Shape{1, 3, 2}, Shape{1, 2, 1, 2}, Shape{1, 2, 1, 1, 2}, Shape{2, 1, 1, 1, 1, 1}})
    for_each_case(3, [&](Generator& g) {
      g.note("two elements a channel");
      Forward(g, shape, true).expect_train();
    });
}

TEST(batch_norm, small_and_large_deviations) {
  for_each_case(5, [](Generator& g) {
    Forward tiny(g, {4, 2, 6}, false, -1e-4f, 1e-4f);
    g.note("the variance is far below epsilon");
    tiny.expect_train();
    g.note("then all is a million times as large");
    Forward(g, {4, 2, 6}, false, -1e6f, 1e6f).expect_train();
  });
}

TEST(batch_norm, nan_stays_in_its_channel) {
  for (const float bad : {kNaN, kInfinity, -kInfinity})
    for_each_case(3, [&](Generator& g) {
      const Forward run(g, {3, 3, 4}, false), same(g, {3, 3, 4}, false);
      spoil(run.in, 1, bad);
      g.note("one element of channel 1 is " + std::to_string(bad) + ": its scale and all its results are NaN");
      oracle::BatchNorm expected =
          oracle::batch_norm_train(run.in.values(), run.weight.values(), run.bias.values(), run.momentum, run.epsilon,
                                   run.running_mean.values(), run.running_variance.values());
      run.call_train();
      expect_close(run.out, expected.out);
      expect_close(run.scale, expected.scale);
      expect_close(run.running_variance, expected.running_variance);
      // In evaluation the element stands alone.
      spoil(same.in, 1, bad);
      same.expect_eval();
    });
}

TEST(batch_norm, no_channels_and_no_batch) {
  for_each_case(2, [](Generator& g) {
    Forward(g, {3, 0, 4}, false).call_train();
    Forward(g, {0, 3, 4}, false).expect_eval();
    Forward(g, {2, 3, 0}, true).expect_eval();
    expect_error(ErrorKind::invalid_argument, "a channel has no elements at all", [&] {
      Forward(g, {0, 3, 4}, false).call_train();
    });
    Forward(g, {3, 3, 4}, false).expect_train();
  });
}

TEST(batch_norm, writes_its_elements_only) {
  one_case([](Generator&) {
    const std::vector<float> values{1, 3, -2, 2}, ones(2, 1.0f), zeros(2);
    Sentinels out({2, 2}, {-30, 3}), mean({2}, {-4}), scale({2}, {5}), running_mean({2}, {3}), running({2}, {-2});
    for (std::int64_t c = 0; c < 2; ++c) running_mean.view()(c) = running.view()(c) = 0;
    kernel().batch_norm_train(dense(values, {2, 2}), dense(ones, {2}), dense(zeros, {2}), 0.5f, 1e-12f,
                              running_mean.view(), running.view(), out.view(), mean.view(), scale.view());
    for (const Sentinels* tensor : {&out, &mean, &scale, &running_mean, &running}) tensor->expect_rest_untouched();
    // Channels (1, -2) and (3, 2).
    expect_close(mean.view(), exact(to_array64(dense({-0.5f, 2.5f}, {2}))));
    expect_close(out.view(), {to_array64(dense({1, 1, -1, -1}, {2, 2})), Array64({2, 2}, 1), 8});
    expect_close(running.view(), {to_array64(dense({2.25f, 0.25f}, {2})), Array64({2}, 3), 4});
  });
}

// ---- batch_norm_backward

TEST(batch_norm_backward, large_means) {
  for_each_case(10, [](Generator& g) {
    g.note("the mean is 1000 times the deviation");
    Backward(g, {7, 3, 9}, false, 999.0f, 1001.0f).expect_all();
  });
}

TEST(batch_norm_backward, two_elements_and_one) {
  for (const Shape& shape : {Shape{2, 3}, Shape{1, 3, 2}, Shape{1, 2, 1, 1, 2}, Shape{2, 1, 1, 1, 1, 1}})
    for_each_case(3, [&](Generator& g) { Backward(g, shape, true).expect_all(); });
  for_each_case(3, [](Generator& g) {
    g.note("one element a channel, as in evaluation");
    Backward run(g, {1, 3}, false);
    run.mean.fill(0.5f);
    run.scale.fill(2);
    run.expect_weight();
    run.expect_bias();
  });
}

TEST(batch_norm_backward, statistics_of_evaluation) {
  for_each_case(10, [](Generator& g) {
    const Backward run(g, {4, 3, 5}, true);
    Array64 values({3});
    for (double& value : values.values) value = g.random().uniform(0.5f, 3.0f);
    run.mean.assign(values);
    run.scale.assign(values);
    g.note("mean and scale are not the batch's");
    run.expect_weight();
    run.expect_bias();
  });
}

TEST(batch_norm_backward, nan_stays_in_its_channel) {
  for_each_case(3, [](Generator& g) {
    const Backward run(g, {3, 3, 4}, false);
    spoil(run.grad_out, 1, kNaN);
    g.note("one gradient of channel 1 is NaN");
    run.expect_all();
  });
}

TEST(batch_norm_backward, no_channels_and_no_batch) {
  for_each_case(2, [](Generator& g) {
    g.note("nothing arrives, and what stands there stays");
    for (const Shape& shape : {Shape{3, 0, 4}, Shape{0, 3, 4}, Shape{2, 3, 0}, Shape{3, 3, 4}}) {
      const Backward run(g, shape, false);
      if (shape.elements() == 0) {
        run.mean.fill(0);
        run.scale.fill(1);
      }
      run.expect_all();
    }
  });
}

TEST(batch_norm_backward, writes_its_elements_only) {
  one_case([](Generator&) {
    const std::vector<float> values{1, 3, 3, 1}, flowing{0, 6, 0, 2}, ten{10}, two{2}, one{1};
    Sentinels grad_in({4, 1}, {-9, 50}), grad_weight({1}, {1}), grad_bias({1}, {1});
    for (std::int64_t i = 0; i < 4; ++i) grad_in.view()(i, 0) = 100;
    grad_weight.view()(0) = grad_bias.view()(0) = 100;
    const ConstView grad_out = dense(flowing, {4, 1}), in = dense(values, {4, 1}), mean = dense(two, {1});
    const ConstView scale = dense(one, {1});
    kernel().batch_norm_backward_in(grad_out, in, dense(ten, {1}), mean, scale, grad_in.view());
    kernel().batch_norm_backward_weight(grad_out, in, mean, scale, grad_weight.view());
    kernel().batch_norm_backward_bias(grad_out, grad_bias.view());
    for (const Sentinels* tensor : {&grad_in, &grad_weight, &grad_bias}) tensor->expect_rest_untouched();
    expect_close(grad_in.view(), exact(to_array64(dense({90, 130, 70, 110}, {4, 1}))));
    EXPECT_EQ(grad_weight.view()(0), 104.0f);
    EXPECT_EQ(grad_bias.view()(0), 108.0f);
  });
}

}  // namespace
