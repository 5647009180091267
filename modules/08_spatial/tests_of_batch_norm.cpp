// Module 08's tests of batch_norm and batch_norm_backward, as students see them: one suite an exercise, one behaviour a
// test; at the end the speed case. The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include <list>
#include <vector>

#include "batches.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::batches;

namespace {

// ---- batch_norm

TEST(batch_norm, by_hand) {
  one_case([](Generator& g) {
    // Channel 0 holds 1, 3, 5, 7: mean 4, variance 5. Channel 1 holds -2, 2, -2, 2: mean 0, variance 4.
    Forward run(g, {2, 2, 2}, false);
    run.in.assign(to_array64(dense({1, 3, -2, 2, 5, 7, -2, 2}, {2, 2, 2})));
    run.weight.assign(to_array64(dense({1, 3}, {2})));
    run.bias.assign(to_array64(dense({0, 10}, {2})));
    run.running_mean.assign(to_array64(dense({0, 8}, {2})));
    run.running_variance.assign(to_array64(dense({1, 2}, {2})));
    g.note("channel 0 holds 1, 3, 5, 7; channel 1 holds -2, 2, -2, 2");
    run.momentum = 0.5f;
    run.epsilon = 1e-12f;
    run.call_train();
    expect_close(run.mean, {to_array64(dense({4, 0}, {2})), Array64({2}, 4), 2});
    expect_close(run.scale, {to_array64(dense({0.4472136f, 0.5f}, {2})), Array64({2}, 1), 4});
    expect_close(run.out,
                 {to_array64(dense({-1.3416408f, -0.4472136f, 7, 13, 0.4472136f, 1.3416408f, 7, 13}, {2, 2, 2})),
                  Array64({2, 2, 2}, 13), 8});
    // Running variances take in 5 * 4/3 and 4 * 4/3.
    expect_close(run.running_mean, {to_array64(dense({2, 4}, {2})), Array64({2}, 8), 4});
    expect_close(run.running_variance, {to_array64(dense({3.8333333f, 3.6666667f}, {2})), Array64({2}, 8), 8});
    // In evaluation: minus 2, divided by the root of 4, and so on.
    run.running_mean.fill(2);
    run.running_variance.fill(4);
    kernel().batch_norm_eval(run.in, run.weight, run.bias, run.running_mean, run.running_variance, 1e-12f, run.out);
    expect_close(run.out,
                 {to_array64(dense({-0.5f, 0.5f, 4, 10, 1.5f, 2.5f, 4, 10}, {2, 2, 2})), Array64({2, 2, 2}, 16), 8});
  });
}

TEST(batch_norm, random_batches) {
  for_each_case(40, [](Generator& g) { Forward(g, random_batch(g), false).expect_train(); });
}

TEST(batch_norm, random_layouts) {
  for_each_case(40, [](Generator& g) { Forward(g, random_batch(g), true).expect_train(); });
}

TEST(batch_norm, images_of_a_network) {
  for (const Shape& shape : {Shape{4, 3, 8, 8}, Shape{2, 4, 13, 13}, Shape{32, 5}, Shape{3, 2, 28, 1}})
    for_each_case(3, [&](Generator& g) { Forward(g, shape, false).expect_train(); });
}

TEST(batch_norm, large_means) {
  for_each_case(20, [](Generator& g) {
    g.note("the mean is 1000 times the deviation");
    Forward(g, {7, 3, 9}, false, 999.0f, 1001.0f).expect_train();
  });
}

TEST(batch_norm, running_statistics) {
  for_each_case(20, [](Generator& g) {
    Forward run(g, {2, 3, 2}, true, -3.0f, 3.0f);
    run.momentum = g.random().uniform(0.0f, 1.0f);
    g.note("each channel has 4 elements: the running variance takes in 4/3 of their variance");
    // The second call goes on from what the first has left.
    run.expect_train();
    run.expect_train();
  });
}

TEST(batch_norm, epsilon_stands_inside_the_root) {
  for_each_case(10, [](Generator& g) {
    Forward run(g, {4, 3, 2}, false);
    run.epsilon = g.random().uniform(0.25f, 1.0f);
    run.expect_train();
    run.expect_eval();
  });
}

TEST(batch_norm, channels_of_one_value) {
  for_each_case(10, [](Generator& g) {
    Forward run(g, {3, 2, 5}, false);
    Array64 values({3, 2, 5});
    for_each_index(values.shape, [&](const Shape& at) { values.at(at) = at[1] == 0 ? 0.1f : -7; });
    run.in.assign(values);
    g.note("channel 0 holds nothing but 0.1, channel 1 nothing but -7: out is the bias");
    run.expect_train();
  });
}

TEST(batch_norm, evaluation) {
  for_each_case(40, [](Generator& g) { Forward(g, random_batch(g), true).expect_eval(); });
}

TEST(batch_norm, one_element_only_in_evaluation) {
  for_each_case(5, [](Generator& g) {
    std::list<Kept<>> tensors;
    const View out = tensors.emplace_back(Shape{1, 3, 1, 1}, -3.0f), mean = tensors.emplace_back(Shape{3}, -3.0f);
    const View scale = tensors.emplace_back(Shape{3}, -3.0f), running = tensors.emplace_back(Shape{3}, 0.5f);
    const View running_variance = tensors.emplace_back(Shape{3}, 0.5f);
    const Forward run(g, {1, 3, 1, 1}, false);
    expect_refused("a channel has one element", tensors, [&] {
      kernel().batch_norm_train(run.in, run.weight, run.bias, 0.1f, 1e-5f, running, running_variance, out, mean, scale);
    });
    run.expect_eval();
  });
}

TEST(batch_norm, refuses_bad_numbers) {
  one_case([](Generator& g) {
    std::list<Kept<>> tensors;
    const View out = tensors.emplace_back(Shape{4, 3}, -3.0f), mean = tensors.emplace_back(Shape{3}, -3.0f);
    const View scale = tensors.emplace_back(Shape{3}, -3.0f), running = tensors.emplace_back(Shape{3}, 0.5f);
    const View running_variance = tensors.emplace_back(Shape{3}, 0.5f);
    const Forward run(g, {4, 3}, false);
    const auto train = [&](float momentum, float epsilon) {
      return [=, &run] {
        kernel().batch_norm_train(run.in, run.weight, run.bias, momentum, epsilon, running, running_variance, out, mean,
                                  scale);
      };
    };
    expect_refused("momentum is -0.1", tensors, train(-0.1f, 1e-5f));
    expect_refused("momentum is 1.1", tensors, train(1.1f, 1e-5f));
    expect_refused("momentum is NaN", tensors, train(kNaN, 1e-5f));
    expect_refused("epsilon is 0", tensors, train(0.1f, 0.0f));
    expect_refused("epsilon is negative", tensors, train(0.1f, -1e-5f));
    for (const float epsilon : {0.0f, kNaN})
      expect_refused("epsilon is 0 or NaN in evaluation", tensors, [&] {
        kernel().batch_norm_eval(run.in, run.weight, run.bias, running, running_variance, epsilon, out);
      });
    run.expect_train();
  });
}

TEST(batch_norm, refuses_other_shapes) {
  one_case([](Generator& g) {
    std::list<Kept<>> tensors;
    const Forward run(g, {4, 3, 2}, false);
    const View out = tensors.emplace_back(Shape{4, 3, 2}, -3.0f), mean = tensors.emplace_back(Shape{3}, -3.0f);
    const View other = tensors.emplace_back(Shape{4, 2, 3}, -3.0f), four = tensors.emplace_back(Shape{4}, -3.0f);
    const View scale = tensors.emplace_back(Shape{3}, -3.0f), running = tensors.emplace_back(Shape{3}, 0.5f);
    const View running_variance = tensors.emplace_back(Shape{3}, 0.5f);
    const ConstView in = run.in.view(), weight = run.weight.view();
    const auto refuse = [&](const char* what, ConstView bias, View moved, View written, View means) {
      expect_refused(what, tensors, [&] {
        kernel().batch_norm_train(in, weight, bias, 0.1f, 1e-5f, moved, running_variance, written, means, scale);
      });
    };
    refuse("out is (4, 2, 3), in is (4, 3, 2)", weight, running, other, mean);
    refuse("bias has 4 elements for 3 channels", ConstView(four), running, out, mean);
    refuse("running_mean has 4 elements for 3 channels", weight, four, out, mean);
    refuse("mean has 4 elements for 3 channels", weight, running, out, four);
    expect_refused("running_variance has 4 elements for 3 channels, in evaluation", tensors,
                   [&] { kernel().batch_norm_eval(in, weight, weight, running, four, 1e-5f, out); });
    expect_refused("in has rank 1", tensors,
                   [&] { kernel().batch_norm_eval(weight, weight, weight, running, running, 1e-5f, mean); });
    run.expect_train();
  });
}

// ---- batch_norm_backward

TEST(batch_norm_backward, by_hand) {
  one_case([](Generator& g) {
    // One channel: 1, 3, 3, 1 are -1, 1, 1, -1 when normalised. The gradient's sum is 8, that with normalised is 4.
    const Backward run(g, {4, 1}, false);
    run.in.assign(to_array64(dense({1, 3, 3, 1}, {4, 1})));
    run.grad_out.assign(to_array64(dense({0, 6, 0, 2}, {4, 1})));
    run.weight.fill(10);
    run.mean.fill(2);
    run.scale.fill(1);
    run.grad_in.fill(100);
    run.grad_weight.fill(100);
    run.grad_bias.fill(100);
    g.note("in is 1, 3, 3, 1, grad_out is 0, 6, 0, 2; mean 2, scale 1, weight 10; 100 stands in every gradient");
    kernel().batch_norm_backward_bias(run.grad_out, run.grad_bias);
    expect_close(run.grad_bias, exact(Array64({1}, 108)));
    kernel().batch_norm_backward_weight(run.grad_out, run.in, run.mean, run.scale, run.grad_weight);
    expect_close(run.grad_weight, exact(Array64({1}, 104)));
    kernel().batch_norm_backward_in(run.grad_out, run.in, run.weight, run.mean, run.scale, run.grad_in);
    expect_close(run.grad_in, exact(to_array64(dense({90, 130, 70, 110}, {4, 1}))));
  });
}

TEST(batch_norm_backward, random_batches) {
  for_each_case(40, [](Generator& g) { Backward(g, random_batch(g), false).expect_all(); });
}

TEST(batch_norm_backward, random_layouts) {
  for_each_case(40, [](Generator& g) { Backward(g, random_batch(g), true).expect_all(); });
}

TEST(batch_norm_backward, images_of_a_network) {
  for (const Shape& shape : {Shape{4, 3, 8, 8}, Shape{2, 4, 13, 13}, Shape{32, 5}, Shape{3, 2, 28, 1}})
    for_each_case(3, [&](Generator& g) { Backward(g, shape, false).expect_all(); });
}

TEST(batch_norm_backward, keeps_what_is_there) {
  for_each_case(5, [](Generator& g) {
    const Backward run(g, {3, 2, 4}, true);
    g.note("every kernel is called twice");
    run.expect_all();
    run.expect_all();
  });
}

TEST(batch_norm_backward, a_shift_of_all_gradients_changes_nothing) {
  for_each_case(5, [](Generator& g) {
    // The mean takes a shift out again; what normalised gives back cannot grow either.
    const Backward run(g, {4, 3, 5}, false);
    run.grad_in.fill(0);
    g.note("grad_out is 1 everywhere: nothing but roundings arrives at in");
    run.grad_out.fill(1);
    run.expect_in();
    run.expect_bias();
  });
}

TEST(batch_norm_backward, refuses_other_shapes) {
  one_case([](Generator& g) {
    std::list<Kept<>> tensors;
    const View grad_in = tensors.emplace_back(Shape{4, 3, 2}, -3.0f), grad = tensors.emplace_back(Shape{3}, -3.0f);
    const View other = tensors.emplace_back(Shape{4, 2, 3}, -3.0f), four = tensors.emplace_back(Shape{4}, -3.0f);
    const Backward run(g, {4, 3, 2}, false);
    const auto refuse = [&](const char* what, const std::function<void()>& call) {
      expect_refused(what, tensors, call);
    };
    refuse("grad_in is (4, 2, 3), in is (4, 3, 2)",
           [&] { kernel().batch_norm_backward_in(run.grad_out, run.in, run.weight, run.mean, run.scale, other); });
    refuse("in is (4, 2, 3), grad_out is (4, 3, 2)",
           [&] { kernel().batch_norm_backward_in(run.grad_out, other, run.weight, run.mean, run.scale, grad_in); });
    refuse("weight has 4 elements for 3 channels",
           [&] { kernel().batch_norm_backward_in(run.grad_out, run.in, four, run.mean, run.scale, grad_in); });
    refuse("scale has 4 elements for 3 channels",
           [&] { kernel().batch_norm_backward_in(run.grad_out, run.in, run.weight, run.mean, four, grad_in); });
    refuse("in is (4, 2, 3), grad_out is (4, 3, 2): by weight",
           [&] { kernel().batch_norm_backward_weight(run.grad_out, other, run.mean, run.scale, grad); });
    refuse("grad_weight has 4 elements for 3 channels",
           [&] { kernel().batch_norm_backward_weight(run.grad_out, run.in, run.mean, run.scale, four); });
    refuse("grad_bias has 4 elements for 3 channels", [&] { kernel().batch_norm_backward_bias(run.grad_out, four); });
    refuse("grad_out has rank 1", [&] { kernel().batch_norm_backward_bias(run.weight, grad); });
    run.expect_all();
  });
}

// ---- speed: what the steps in module.toml are about

// 64 images of 8 x 8 in 16 channels; in and out together take half of a second-level cache of 1 MB.
const speed::SpeedCase batch_norm_train = speed::speed_case<&SpatialSlots::batch_norm_train>(
    "batch_norm.train",
    [](speed::SpeedArguments& s) {
      constexpr std::int64_t kChannels = 16;
      const Shape shape{64, kChannels, 8, 8}, channels{kChannels};
      const View out = s.output(shape), mean = s.output(channels), scale = s.output(channels);
      const View running_mean = s.in_out(channels), running_variance = s.in_out(channels, 0.5f, 2.0f);
      ConstView in = s.input(shape), weight = s.input(channels, 0.5f, 2.0f), bias = s.input(channels);
      return std::tuple<ConstView, ConstView, ConstView, float, float, View, View, View, View, View>(
          in, weight, bias, 0.1f, 1e-5f, running_mean, running_variance, out, mean, scale);
    },
    [](ConstView in, ConstView weight, ConstView bias, float momentum, float epsilon, View running_mean,
       View running_variance, View, View, View) {
      return oracle::batch_norm_train(to_array64(in), to_array64(weight), to_array64(bias), momentum, epsilon,
                                      to_array64(running_mean), to_array64(running_variance))
          .out;
    });

}  // namespace
