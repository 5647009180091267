// The oracles of batch_norm_backward are derivatives of batch_norm_train's, by central differences through mean and
// variance. No kernel takes part.
#include <gtest/gtest.h>

#include <vector>

#include "oracle_of_batch_norm.hpp"
#include "testing/gradient.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

constexpr double kEpsilon = 0.01;

/// Of {in, weight, bias}.
oracle::BatchNorm train(const std::vector<Array64>& inputs) {
  const Array64 nothing(inputs[1].shape);
  return oracle::batch_norm_train(inputs[0], inputs[1], inputs[2], 0.1, kEpsilon, nothing, nothing);
}
Array64 forward(const std::vector<Array64>& inputs) { return train(inputs).out.value; }

TEST(batch_norm_oracles, backward_is_the_derivative) {
  Random random(1);
  for (const Shape& shape : {Shape{7, 3}, Shape{2, 3}, Shape{3, 2, 5}, Shape{2, 3, 3, 2}, Shape{2, 2, 2, 1, 3}}) {
    const Shape channels{shape[1]};
    const std::vector<Array64> inputs{random_array64(shape, random), random_array64(channels, random),
                                      random_array64(channels, random)};
    const oracle::BatchNorm out = train(inputs);
    const Array64 &mean = out.mean.value, &scale = out.scale.value, nothing(channels);
    const Array64 cotangent = random_array64(shape, random);
    expect_gradient("batch_norm_backward_in", forward, inputs, 0, cotangent,
                    oracle::batch_norm_backward_in(cotangent, inputs[0], inputs[1], mean, scale, Array64(shape)).value);
    expect_gradient("batch_norm_backward_weight", forward, inputs, 1, cotangent,
                    oracle::batch_norm_backward_weight(cotangent, inputs[0], mean, scale, nothing).value);
    expect_gradient("batch_norm_backward_bias", forward, inputs, 2, cotangent,
                    oracle::batch_norm_backward_bias(cotangent, nothing).value);
  }
}

TEST(batch_norm_oracles, evaluation_with_the_batch_statistics_is_training) {
  Random random(2);
  const Array64 in = random_array64({3, 2, 4}, random), weight = random_array64({2}, random), bias = weight;
  const Array64 nothing(weight.shape);
  const oracle::BatchNorm out = oracle::batch_norm_train(in, weight, bias, 1, kEpsilon, nothing, nothing);
  // What the running variance holds is 12 / 11 of the batch's.
  Array64 variance = out.running_variance.value;
  for (double& value : variance.values) value *= 11.0 / 12;
  const Array64 again = oracle::batch_norm_eval(in, weight, bias, out.running_mean.value, variance, kEpsilon).value;
  for (std::size_t i = 0; i < again.values.size(); ++i) EXPECT_NEAR(again.values[i], out.out.value.values[i], 1e-12);
}

TEST(batch_norm_oracles, gradients_are_added) {
  Random random(3);
  const Array64 in = random_array64({3, 2}, random), grad_out = random_array64({3, 2}, random);
  const Array64 weight(Shape{2}, 2), mean(Shape{2}, 0.5), scale(Shape{2}, 3), nothing(Shape{2}), some(Shape{2}, 7);
  const auto differ_by_seven = [](const Array64& with, const Array64& without) {
    for (std::size_t i = 0; i < with.values.size(); ++i) EXPECT_NEAR(with.values[i], without.values[i] + 7, 1e-12);
  };
  differ_by_seven(oracle::batch_norm_backward_in(grad_out, in, weight, mean, scale, Array64({3, 2}, 7)).value,
                  oracle::batch_norm_backward_in(grad_out, in, weight, mean, scale, Array64({3, 2})).value);
  differ_by_seven(oracle::batch_norm_backward_weight(grad_out, in, mean, scale, some).value,
                  oracle::batch_norm_backward_weight(grad_out, in, mean, scale, nothing).value);
  differ_by_seven(oracle::batch_norm_backward_bias(grad_out, some).value,
                  oracle::batch_norm_backward_bias(grad_out, nothing).value);
}

}  // namespace
