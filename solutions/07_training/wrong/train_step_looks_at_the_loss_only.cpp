// Wrong: the loss can be finite where the gradient is not.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/kernels/training.hpp"

using namespace kiln;

namespace {

struct Tensor {
  std::vector<float> values;
  Shape shape;
  explicit Tensor(const Shape& extents) : values(static_cast<std::size_t>(extents.elements())), shape(extents) {}
  View view() { return {values.data(), shape, kernels<TensorSlots>().contiguous_strides(shape)}; }
};

/// A gradient a parameter; places that are tied share one.
std::vector<View> gradients_of(const std::vector<View>& parameters, std::vector<Tensor>& memory) {
  std::vector<View> views;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    memory.emplace_back(parameters[i].shape);
    views.push_back(memory.back().view());
    for (std::size_t j = 0; j < i; ++j)
      if (parameters[i].size() > 0 && parameters[j].data == parameters[i].data) views[i] = views[j];
  }
  return views;
}

std::vector<View> pick(const std::vector<View>& views, const std::vector<std::int64_t>& numbers) {
  std::vector<View> picked;
  for (const std::int64_t number : numbers) picked.push_back(views[static_cast<std::size_t>(number)]);
  return picked;
}

/// Adds the gradients of the mean loss of these examples; returns the loss.
float forward_backward(ConstView x, std::span<const std::int32_t> labels, const std::vector<View>& parameters,
                       const std::vector<View>& gradients) {
  const AutogradSlots& back = kernels<AutogradSlots>();
  const std::size_t layers = parameters.size() / 2;
  std::vector<Tensor> out;
  std::vector<ConstView> in{x};
  for (std::size_t l = 0; l < layers; ++l) {
    out.emplace_back(Shape{x.shape[0], parameters[2 * l].shape[0]});
    const View here = out.back().view();
    kernels<LayerSlots>().linear(in[l], parameters[2 * l], parameters[2 * l + 1], here);
    if (l + 1 < layers) kernels<ActivationSlots>().relu(here, here);
    in.push_back(here);
  }
  float loss = 0;
  const float one = 1;
  kernels<LossSlots>().cross_entropy(in[layers], labels, -1, {&loss, {}, {}});
  Tensor grad(in[layers].shape);
  back.cross_entropy_backward({&one, {}, {}}, in[layers], labels, -1, grad.view());
  for (std::size_t l = layers; l-- > 0;) {
    back.linear_backward_weight(grad.view(), in[l], gradients[2 * l]);
    back.linear_backward_bias(grad.view(), gradients[2 * l + 1]);
    if (l == 0) break;
    Tensor after(in[l].shape), before(in[l].shape);
    back.linear_backward_in(grad.view(), parameters[2 * l], after.view());
    back.relu_backward(after.view(), in[l], before.view());
    grad = before;
  }
  return loss;
}

void check(ConstView x, std::span<const std::int32_t> labels, const TrainOptions& options,
           const std::vector<View>& parameters, const std::vector<View>& velocities) {
  KILN_REQUIRE("x", (x.rank() == 2 && x.shape[0] > 0 && static_cast<std::int64_t>(labels.size()) == x.shape[0]));
  KILN_REQUIRE("parameters", (!parameters.empty() && parameters.size() % 2 == 0));
  KILN_REQUIRE("velocities", velocities.size() == parameters.size());
  KILN_REQUIRE("micro_batch", options.micro_batch >= 0);
  std::int64_t in = x.shape[1];
  for (std::size_t i = 0; i < parameters.size(); i += 2) {
    KILN_REQUIRE("weight", (parameters[i].rank() == 2 && parameters[i].shape[1] == in));
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
  const TrainingSlots& training = kernels<TrainingSlots>();
  const OptimizerSlots& optimizer = kernels<OptimizerSlots>();
  check(x, labels, options, parameters, velocities);
  TrainResult result;
  options.sgd.learning_rate = result.learning_rate = training.learning_rate(step, options.schedule);
  const View nothing{nullptr, {0}, {1}};
  optimizer.sgd_step(nothing, options.sgd, nothing, nothing);
  const auto stepped = optimizer.distinct_parameters({parameters.begin(), parameters.end()});

  std::vector<Tensor> memory;
  const std::vector<View> sums = pick(gradients_of(parameters, memory), stepped);
  const std::int64_t examples = x.shape[0], most = options.micro_batch == 0 ? examples : options.micro_batch;
  for (std::int64_t first = 0, count = 0; first < examples; first += count) {
    count = std::min(most, examples - first);
    const auto labels_here = labels.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    const ConstView rows{x.data + first * x.strides[0], {count, x.shape[1]}, x.strides};
    std::vector<Tensor> memory_of_part;
    const std::vector<View> gradients = gradients_of(parameters, memory_of_part);
    const double loss = forward_backward(rows, labels_here, parameters, gradients);
    result.loss += loss * static_cast<double>(count) / static_cast<double>(examples);
    const std::vector<View> part = pick(gradients, stepped);
    training.accumulate_gradients({part.begin(), part.end()}, count, examples, sums);
  }

  result.gradient_norm = training.clip_gradients(sums, options.max_norm);
  if (!std::isfinite(result.loss)) return result;
  for (std::size_t i = 0; i < stepped.size(); ++i) {
    const auto number = static_cast<std::size_t>(stepped[i]);
    optimizer.sgd_step(sums[i], options.sgd, parameters[number], velocities[number]);
  }
  return result;
}
