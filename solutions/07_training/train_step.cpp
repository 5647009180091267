// train_step: one step of training, composed of what the modules before have built.
// Contract: kiln/kernels/training.hpp. Lesson: modules/07_training/README.md, step 7.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/kernels/training.hpp"

using namespace kiln;

// Nothing is computed here any more: every sum and product is done by a kernel that you have written, for example
// kernels<LayerSlots>().linear(in, weight, bias, out). Here stands who gets what, and in which order.

// BEGIN SOLUTION
namespace {

/// A dense tensor that owns its memory and begins as zeros: what backward kernels add to has to.
struct Tensor {
  std::vector<float> values;
  Shape shape;

  explicit Tensor(const Shape& extents) : values(static_cast<std::size_t>(extents.elements())), shape(extents) {}
  View view() { return {values.data(), shape, kernels<TensorSlots>().contiguous_strides(shape)}; }
};

/// Rows [first, first + count) of a matrix.
ConstView rows_of(ConstView x, std::int64_t first, std::int64_t count) {
  return {x.data + first * x.strides[0], {count, x.shape[1]}, x.strides};
}

/// The network: layer i has weight (out_i, in_i) and bias (out_i).
struct Network {
  const std::vector<View>& parameters;

  std::size_t layers() const { return parameters.size() / 2; }
  const View& weight(std::size_t layer) const { return parameters[2 * layer]; }
  const View& bias(std::size_t layer) const { return parameters[2 * layer + 1]; }
};

/// A gradient for each tensor that is stepped. Of places that are tied, the later ones add to the first one's.
class Gradients {
 public:
  /// `stepped` are the numbers of the distinct parameters.
  Gradients(const std::vector<View>& parameters, const std::vector<std::int64_t>& stepped) {
    for (const std::int64_t number : stepped) tensors_.emplace_back(parameters[static_cast<std::size_t>(number)].shape);
    for (Tensor& tensor : tensors_) stepped_.push_back(tensor.view());
    for (const View& parameter : parameters) {
      places_.push_back({nullptr, parameter.shape, parameter.strides});
      for (std::size_t i = 0; i < stepped.size(); ++i)
        if (parameters[static_cast<std::size_t>(stepped[i])].data == parameter.data && parameter.size() > 0)
          places_.back() = stepped_[i];
    }
  }
  Gradients(const Gradients&) = delete;
  Gradients& operator=(const Gradients&) = delete;

  const std::vector<View>& stepped() const { return stepped_; }
  const View& of_weight(std::size_t layer) const { return places_[2 * layer]; }
  const View& of_bias(std::size_t layer) const { return places_[2 * layer + 1]; }

 private:
  std::vector<Tensor> tensors_;
  std::vector<View> stepped_;  ///< one a distinct tensor
  std::vector<View> places_;   ///< one a parameter
};

void check_network(ConstView x, const Network& network) {
  KILN_REQUIRE("train_step: parameters are a weight and a bias for each layer", network.parameters.size() % 2 == 0u);
  KILN_REQUIRE("train_step: there is no layer", network.layers() > 0u);
  std::int64_t features = x.shape[1];
  for (std::size_t layer = 0; layer < network.layers(); ++layer) {
    const std::string where = "train_step: of layer " + std::to_string(layer);
    const View &weight = network.weight(layer), &bias = network.bias(layer);
    KILN_REQUIRE(where + " the weight is no matrix", weight.rank() == 2);
    KILN_REQUIRE(where + " the weight's columns are not what comes in", weight.shape[1] == features);
    KILN_REQUIRE(where + " the bias does not fit the weight's rows", bias.shape == Shape{weight.shape[0]});
    features = weight.shape[0];
  }
}

void check(ConstView x, std::span<const std::int32_t> labels, const TrainOptions& options, const Network& network,
           const std::vector<View>& velocities) {
  KILN_REQUIRE("train_step: x is no matrix", x.rank() == 2);
  KILN_REQUIRE("train_step: there is no example", x.shape[0] > 0);
  KILN_REQUIRE("train_step: there is a label for each row of x",
               static_cast<std::int64_t>(labels.size()) == x.shape[0]);
  KILN_REQUIRE("train_step: micro_batch is negative", options.micro_batch >= 0);
  check_network(x, network);

  // No label is ignored here, not even one that is negative.
  const std::int64_t classes = network.weight(network.layers() - 1).shape[0];
  for (const std::int32_t label : labels) {
    KILN_REQUIRE("train_step: a label is negative", label >= 0);
    KILN_REQUIRE("train_step: a label is beyond the last class", label < classes);
  }

  KILN_REQUIRE("train_step: there is a velocity for each parameter", velocities.size() == network.parameters.size());
  for (std::size_t i = 0; i < velocities.size(); ++i)
    if (options.sgd.momentum != 0.0f || !(velocities[i].shape == Shape{0}))
      KILN_REQUIRE("train_step: velocity " + std::to_string(i) + " has its parameter's shape",
                   velocities[i].shape == network.parameters[i].shape);
}

/// A step of nothing: sgd_step says here what it does not like of the options, before there is anything to undo.
void check_options(const SgdOptions& options) {
  const View nothing{nullptr, {0}, {1}};
  kernels<OptimizerSlots>().sgd_step(nothing, options, nothing, nothing);
}

/// What comes out of each layer, relu included: (batch, out_i). The last are the logits.
std::vector<Tensor> forward(ConstView x, const Network& network) {
  std::vector<Tensor> out;
  ConstView in = x;
  for (std::size_t layer = 0; layer < network.layers(); ++layer) {
    out.emplace_back(Shape{x.shape[0], network.weight(layer).shape[0]});
    const View here = out.back().view();
    kernels<LayerSlots>().linear(in, network.weight(layer), network.bias(layer), here);
    if (layer + 1 < network.layers()) kernels<ActivationSlots>().relu(here, here);
    in = here;
  }
  return out;
}

/// From the last layer to the first: each adds to the gradients of its weight and bias, and hands on the gradient of
/// what came in, (batch, in_i). Where relu's output is above 0 its input was, so the output serves as relu_backward's
/// `in`.
void backward(ConstView x, std::vector<Tensor>& out, const Network& network, Tensor grad_out,
              const Gradients& gradients) {
  const AutogradSlots& kernel = kernels<AutogradSlots>();
  for (std::size_t layer = network.layers(); layer-- > 0;) {
    const ConstView in = layer == 0 ? x : out[layer - 1].view();
    kernel.linear_backward_weight(grad_out.view(), in, gradients.of_weight(layer));
    kernel.linear_backward_bias(grad_out.view(), gradients.of_bias(layer));
    if (layer == 0) return;

    Tensor after_relu(in.shape), before_relu(in.shape);
    kernel.linear_backward_in(grad_out.view(), network.weight(layer), after_relu.view());
    kernel.relu_backward(after_relu.view(), in, before_relu.view());
    grad_out = std::move(before_relu);
  }
}

/// The mean loss of these examples, whose gradient is added to `gradients`.
float forward_backward(ConstView x, std::span<const std::int32_t> labels, const Network& network,
                       const Gradients& gradients) {
  constexpr std::int32_t kNothingIgnored = -1;  // no label is negative
  std::vector<Tensor> out = forward(x, network);
  const ConstView logits = out.back().view();
  float loss = 0;
  kernels<LossSlots>().cross_entropy(logits, labels, kNothingIgnored, {&loss, {}, {}});

  const float one = 1;  // the gradient of the loss by itself
  Tensor grad_logits(logits.shape);
  kernels<AutogradSlots>().cross_entropy_backward({&one, {}, {}}, logits, labels, kNothingIgnored, grad_logits.view());
  backward(x, out, network, std::move(grad_logits), gradients);
  return loss;
}

}  // namespace
// END SOLUTION

// Example: x (4, 2) and labels {0, 1, 1, 0}, parameters {(8, 2), (8), (2, 8), (2)}, micro_batch 3: parts of 3 examples
// and of 1, their gradients times 3/4 and 1/4, one clipping, one rate, four calls of sgd_step.
TrainResult impl::train_step(ConstView x, std::span<const std::int32_t> labels, std::int64_t step, TrainOptions options,
                             const std::vector<View>& parameters, const std::vector<View>& velocities) {
  // BEGIN SOLUTION
  const TrainingSlots& training = kernels<TrainingSlots>();
  const OptimizerSlots& optimizer = kernels<OptimizerSlots>();

  // Refuse what does not fit, while nothing is written.
  const Network network{parameters};
  check(x, labels, options, network, velocities);
  TrainResult result;
  result.learning_rate = options.sgd.learning_rate = training.learning_rate(step, options.schedule);
  check_options(options.sgd);
  const auto stepped = optimizer.distinct_parameters({parameters.begin(), parameters.end()});

  // Part by part: the mean loss and its gradient, each times the part's share of the batch.
  const Gradients batch(parameters, stepped);
  const std::int64_t examples = x.shape[0];
  const std::int64_t most = options.micro_batch == 0 ? examples : options.micro_batch;
  for (std::int64_t first = 0; first < examples;) {
    const std::int64_t count = std::min(most, examples - first);
    const auto labels_of_part = labels.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    const Gradients part(parameters, stepped);
    const double loss = forward_backward(rows_of(x, first, count), labels_of_part, network, part);
    result.loss += loss * static_cast<double>(count) / static_cast<double>(examples);
    training.accumulate_gradients({part.stepped().begin(), part.stepped().end()}, count, examples, batch.stepped());
    first += count;
  }

  // Clip the whole; a step that is not finite is none.
  result.gradient_norm = training.clip_gradients(batch.stepped(), options.max_norm);
  if (!std::isfinite(result.loss) || !std::isfinite(result.gradient_norm)) return result;

  // Each distinct tensor takes one step.
  for (std::size_t i = 0; i < stepped.size(); ++i) {
    const auto number = static_cast<std::size_t>(stepped[i]);
    optimizer.sgd_step(batch.stepped()[i], options.sgd, parameters[number], velocities[number]);
  }
  return result;
  // END SOLUTION
}
