// Layers: what a network is built of. A layer owns its parameters and says how a Variable passes through.
// Sequential runs layers one after the other. Everything computed is an operation of nn/ops.hpp.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "nn/ops.hpp"
#include "nn/state.hpp"

namespace kiln::nn {

class Layer {
 public:
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  virtual Variable forward(const Variable& in) = 0;
  Variable operator()(const Variable& in) { return forward(in); }

  /// The kind of layer, for people: "Linear".
  virtual std::string name() const { return "Layer"; }

  /// Handles to what is trained, with names; a tensor that is used twice stands there twice.
  virtual std::vector<Parameter> parameters() const { return {}; }

  /// What else forward() depends on and changes; valid as long as the layer.
  virtual State state() { return {}; }

  /// Training, as at first, or evaluation: dropout tells them apart.
  virtual void train(bool on = true) { training_ = on; }
  void eval() { train(false); }
  bool training() const { return training_; }

 protected:
  Layer() = default;
  Layer(Layer&&) = default;

 private:
  bool training_ = true;
};

/// How weights begin; biases begin as zeros. Kaiming's suit a relu behind the layer, Xavier's a tanh or a sigmoid.
enum class Initialisation { kaiming_uniform, kaiming_normal, xavier_uniform, xavier_normal };

namespace detail {
/// A weight of (out_features, in_features), or (out_channels, in_channels, height, width).
Tensor initial_weight(const Shape& shape, std::uint64_t seed, Initialisation initialisation);
}  // namespace detail

struct LinearOptions {
  bool bias = true;
  Initialisation initialisation = Initialisation::kaiming_uniform;
};

/// (batch, in_features) to (batch, out_features): in weight^T + bias.
class Linear : public Layer {
 public:
  /// Parameters "weight" (out_features, in_features), drawn from `seed`, and "bias" (out_features).
  Linear(std::int64_t in_features, std::int64_t out_features, std::uint64_t seed, LinearOptions options = {});
  /// On given parameters: to tie a weight to another layer's.
  explicit Linear(Parameter weight, std::optional<Parameter> bias = std::nullopt);

  Variable forward(const Variable& in) override;
  std::string name() const override { return "Linear"; }
  std::vector<Parameter> parameters() const override;

  const Parameter& weight() const { return weight_; }

 private:
  Parameter weight_;
  std::optional<Parameter> bias_;
};

/// Drops elements in training; call n of two layers with the same seed drops the same ones.
class Dropout : public Layer {
 public:
  /// Error(invalid_argument) where p lies outside [0, 1).
  Dropout(float p, std::uint64_t seed);
  Variable forward(const Variable& in) override;
  std::string name() const override { return "Dropout"; }
  State state() override { return {.numbers = {{"calls", &calls_}}}; }

 private:
  float p_;
  std::uint64_t seed_;
  std::uint64_t calls_ = 0;
};

class Flatten : public Layer {
 public:
  explicit Flatten(int first = 1, int last = -1) : first_(first), last_(last) {}
  Variable forward(const Variable& in) override { return flatten(in, first_, last_); }
  std::string name() const override { return "Flatten"; }

 private:
  int first_, last_;
};

class Relu : public Layer {
 public:
  Variable forward(const Variable& in) override { return relu(in); }
  std::string name() const override { return "Relu"; }
};
class Sigmoid : public Layer {
 public:
  Variable forward(const Variable& in) override { return sigmoid(in); }
  std::string name() const override { return "Sigmoid"; }
};
class Tanh : public Layer {
 public:
  Variable forward(const Variable& in) override { return tanh(in); }
  std::string name() const override { return "Tanh"; }
};
class Gelu : public Layer {
 public:
  Variable forward(const Variable& in) override { return gelu(in); }
  std::string name() const override { return "Gelu"; }
};

/// Sequential model(Linear(784, 128, 1), Relu(), Linear(128, 10, 2));
class Sequential : public Layer {
 public:
  template <class... Layers>
  requires(std::is_base_of_v<Layer, Layers>&&...) explicit Sequential(Layers... layers) {
    (add(std::make_shared<Layers>(std::move(layers))), ...);
  }

  /// Puts a layer at the end. The same layer may stand there twice: its weights are tied then.
  void add(std::shared_ptr<Layer> layer);

  Variable forward(const Variable& in) override;
  std::string name() const override { return "Sequential"; }
  /// Names begin with the layer's number: "0.weight".
  std::vector<Parameter> parameters() const override;
  State state() override;
  void train(bool on = true) override;

 private:
  std::vector<std::shared_ptr<Layer>> layers_;
};

}  // namespace kiln::nn
