// Linear, Dropout and Sequential.
#include "nn/layers.hpp"

#include "kiln/backend.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"

namespace kiln::nn {

Tensor detail::initial_weight(const Shape& shape, std::uint64_t seed, Initialisation initialisation) {
  Tensor weight(shape);
  const LayerSlots& layers = kernels<LayerSlots>();
  switch (initialisation) {
    case Initialisation::kaiming_uniform: layers.kaiming_uniform(seed, weight); break;
    case Initialisation::kaiming_normal: layers.kaiming_normal(seed, weight); break;
    case Initialisation::xavier_uniform: layers.xavier_uniform(seed, weight); break;
    case Initialisation::xavier_normal: layers.xavier_normal(seed, weight); break;
  }
  return weight;
}

Linear::Linear(std::int64_t in_features, std::int64_t out_features, std::uint64_t seed, LinearOptions options)
    : weight_(detail::initial_weight({out_features, in_features}, seed, options.initialisation), "weight") {
  if (options.bias) bias_.emplace(Tensor(Shape{out_features}), "bias");
}

Linear::Linear(Parameter weight, std::optional<Parameter> bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}

Variable Linear::forward(const Variable& in) { return bias_ ? linear(in, weight_, *bias_) : linear(in, weight_); }

std::vector<Parameter> Linear::parameters() const {
  return bias_ ? std::vector<Parameter>{weight_, *bias_} : std::vector<Parameter>{weight_};
}

Dropout::Dropout(float p, std::uint64_t seed) : p_(p), seed_(seed) {
  // The kernel refuses a wrong p; there is nothing to drop yet.
  dropout(Tensor(), p, false, seed);
}

Variable Dropout::forward(const Variable& in) {
  if (!training()) return dropout(in, p_, false, seed_);
  // A fork a call: layers whose seeds are neighbours do not drop what the other dropped a call before.
  return dropout(in, p_, true, Random(seed_).fork(calls_++).next_u64());
}

void Sequential::add(std::shared_ptr<Layer> layer) {
  KILN_REQUIRE("Sequential::add: there is no layer", (layer != nullptr));
  layers_.push_back(std::move(layer));
}

Variable Sequential::forward(const Variable& in) {
  Variable out = in;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const InLayer inside(std::to_string(i) + "." + layers_[i]->name());
    out = layers_[i]->forward(out);
  }
  return out;
}

std::vector<Parameter> Sequential::parameters() const {
  std::vector<Parameter> all;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    for (const Parameter& parameter : layers_[i]->parameters())
      all.push_back(parameter.renamed(std::to_string(i) + "." + parameter.name()));
  return all;
}

State Sequential::state() {
  State all;
  for (std::size_t i = 0; i < layers_.size(); ++i) all.add(std::to_string(i) + ".", layers_[i]->state());
  return all;
}

void Sequential::train(bool on) {
  Layer::train(on);
  for (const std::shared_ptr<Layer>& layer : layers_) layer->train(on);
}

}  // namespace kiln::nn
