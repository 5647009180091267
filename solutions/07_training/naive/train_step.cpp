// train_step, as a beginner writes it: examples go through the network one by one, in loops over elements; only what
// this module and the optimizers have is called. The mean over the batch needs no parts.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/training.hpp"

using namespace kiln;

namespace {

using Vector = std::vector<float>;

/// One example: forward, backward, and its share of the gradient added to `gradients`, one vector a parameter. Returns
/// its loss.
double one_example(const Vector& x, std::int32_t label, float share, const std::vector<View>& parameters,
                   std::vector<Vector>& gradients) {
  const std::size_t layers = parameters.size() / 2;
  std::vector<Vector> in{x};
  for (std::size_t l = 0; l < layers; ++l) {
    const View &weight = parameters[2 * l], &bias = parameters[2 * l + 1];
    Vector out;
    for (std::int64_t o = 0; o < weight.shape[0]; ++o) {
      float sum = 0;
      for (std::int64_t i = 0; i < weight.shape[1]; ++i) sum += weight(o, i) * in[l][static_cast<std::size_t>(i)];
      sum += bias(o);
      out.push_back(l + 1 < layers && sum <= 0 ? 0 : sum);
    }
    in.push_back(out);
  }

  Vector grad = in[layers];
  const float best = *std::max_element(grad.begin(), grad.end());
  float sum = 0;
  for (const float logit : grad) sum += std::exp(logit - best);
  const auto at = static_cast<std::size_t>(label);
  const double loss = std::log(sum) - (grad[at] - best);
  for (float& logit : grad) logit = std::exp(logit - best) / sum;
  grad[at] -= 1;
  for (float& logit : grad) logit *= share;

  for (std::size_t l = layers; l-- > 0;) {
    const View& weight = parameters[2 * l];
    const auto columns = static_cast<std::size_t>(weight.shape[1]);
    Vector grad_in(columns);
    for (std::size_t o = 0; o < grad.size(); ++o) {
      gradients[2 * l + 1][o] += grad[o];
      for (std::size_t i = 0; i < columns; ++i) {
        gradients[2 * l][o * columns + i] += grad[o] * in[l][i];
        if (l > 0 && !(in[l][i] <= 0)) grad_in[i] += grad[o] * weight(o, i);
      }
    }
    grad = grad_in;
  }
  return loss;
}

void check(ConstView x, std::span<const std::int32_t> labels, const TrainOptions& options,
           const std::vector<View>& parameters, const std::vector<View>& velocities) {
  KILN_REQUIRE("x", x.rank() == 2);
  KILN_REQUIRE("no example", x.shape[0] > 0);
  KILN_REQUIRE("labels", static_cast<std::int64_t>(labels.size()) == x.shape[0]);
  KILN_REQUIRE("micro_batch", options.micro_batch >= 0);
  KILN_REQUIRE("parameters", (parameters.size() > 0 && parameters.size() % 2 == 0));
  KILN_REQUIRE("velocities", velocities.size() == parameters.size());
  std::int64_t in = x.shape[1];
  for (std::size_t i = 0; i < parameters.size(); i += 2) {
    KILN_REQUIRE("weight", parameters[i].rank() == 2);
    KILN_REQUIRE("weight", parameters[i].shape[1] == in);
    in = parameters[i].shape[0];
    KILN_REQUIRE("bias", parameters[i + 1].shape == Shape{in});
  }
  for (const std::int32_t label : labels) KILN_REQUIRE("label", (label >= 0 && label < in));
  for (std::size_t i = 0; i < parameters.size(); ++i)
    KILN_REQUIRE("velocity", (velocities[i].shape == parameters[i].shape ||
                              (options.sgd.momentum == 0.0f && velocities[i].shape == Shape{0})));
}

}  // namespace

TrainResult impl::train_step(ConstView x, std::span<const std::int32_t> labels, std::int64_t step, TrainOptions options,
                             const std::vector<View>& parameters, const std::vector<View>& velocities) {
  check(x, labels, options, parameters, velocities);
  TrainResult result;
  result.learning_rate = options.sgd.learning_rate = kernels<TrainingSlots>().learning_rate(step, options.schedule);
  const View nothing{nullptr, {0}, {1}};
  kernels<OptimizerSlots>().sgd_step(nothing, options.sgd, nothing, nothing);
  const auto stepped = kernels<OptimizerSlots>().distinct_parameters({parameters.begin(), parameters.end()});

  // The whole batch, example by example.
  std::vector<Vector> sums;
  for (const View& parameter : parameters) sums.emplace_back(static_cast<std::size_t>(parameter.size()));
  const float share = 1 / static_cast<float>(x.shape[0]);
  for (std::int64_t i = 0; i < x.shape[0]; ++i) {
    Vector row;
    for (std::int64_t j = 0; j < x.shape[1]; ++j) row.push_back(x(i, j));
    result.loss += one_example(row, labels[static_cast<std::size_t>(i)], share, parameters, sums);
  }
  result.loss /= static_cast<double>(x.shape[0]);

  // What is tied to an earlier place goes there.
  std::vector<View> gradients;
  for (const std::int64_t number : stepped) {
    const auto first = static_cast<std::size_t>(number);
    for (std::size_t i = first + 1; i < parameters.size(); ++i)
      if (parameters[i].data == parameters[first].data)
        for (std::size_t j = 0; j < sums[i].size(); ++j) sums[first][j] += sums[i][j];
    gradients.push_back({sums[first].data(), parameters[first].shape, parameters[first].strides});
  }

  result.gradient_norm = kernels<TrainingSlots>().clip_gradients(gradients, options.max_norm);
  if (!std::isfinite(result.loss) || !std::isfinite(result.gradient_norm)) return result;
  for (std::size_t i = 0; i < stepped.size(); ++i) {
    const auto number = static_cast<std::size_t>(stepped[i]);
    kernels<OptimizerSlots>().sgd_step(gradients[i], options.sgd, parameters[number], velocities[number]);
  }
  return result;
}
