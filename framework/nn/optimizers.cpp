// Sgd, Adam and AdamW: which parameters to step, and the memory of each.
#include "nn/optimizers.hpp"

#include <utility>

#include "kiln/backend.hpp"

namespace kiln::nn {
namespace {

/// The first of each tensor; a tensor that is tied to two layers must not be stepped twice.
std::vector<Parameter> distinct(const std::vector<Parameter>& parameters) {
  std::vector<ConstView> views;
  for (const Parameter& parameter : parameters) views.push_back(parameter.data());
  std::vector<Parameter> result;
  for (const std::int64_t number : kernels<OptimizerSlots>().distinct_parameters(views))
    result.push_back(parameters[static_cast<std::size_t>(number)]);
  return result;
}

std::vector<Tensor> zeros_like(const std::vector<Parameter>& parameters) {
  std::vector<Tensor> result;
  for (const Parameter& parameter : parameters) result.emplace_back(parameter.shape());
  return result;
}

// A kernel leaves a tensor without elements alone, and still refuses wrong options.

SgdOptions checked(SgdOptions options) {
  Tensor none, velocity;
  kernels<OptimizerSlots>().sgd_step(Tensor(), options, none, velocity);
  return options;
}

AdamOptions checked(AdamOptions options, decltype(OptimizerSlots::adam_step) kernel) {
  Tensor none, first_moment, second_moment;
  kernel(Tensor(), options, 1, none, first_moment, second_moment);
  return options;
}

}  // namespace

Optimizer::Optimizer(const std::vector<Parameter>& parameters) : parameters_(distinct(parameters)) {
  KILN_REQUIRE("an optimizer got no parameter that has elements", !parameters_.empty());
}

void Optimizer::step() {
  bool any = false;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Parameter& parameter = parameters_[i];
    if (!parameter.has_gradient()) continue;
    any = true;
    update(i, std::as_const(parameter).gradient(), parameter.data());
  }
  KILN_REQUIRE("step: no parameter has a gradient; call backward() on a loss that depends on them", (any));
}

void Optimizer::zero_grad() {
  for (Parameter& parameter : parameters_) parameter.zero_grad();
}

Sgd::Sgd(const std::vector<Parameter>& parameters, SgdOptions options)
    : Optimizer(parameters), options_(checked(options)), velocities_(this->parameters().size()) {}

void Sgd::set_options(SgdOptions options) { options_ = checked(options); }

void Sgd::set_learning_rate(float rate) {
  SgdOptions options = options_;
  options.learning_rate = rate;
  set_options(options);
}

State Sgd::state() {
  State state;
  if (options_.momentum == 0) return state;
  for (std::size_t i = 0; i < velocities_.size(); ++i) {
    const Parameter& parameter = parameters()[i];
    state.tensors.push_back({parameter.name() + ".velocity", velocity_of(i, parameter.shape())});
  }
  return state;
}

Tensor& Sgd::velocity_of(std::size_t index, const Shape& shape) {
  Tensor& velocity = velocities_[index];
  if (velocity.size() == 0) velocity = Tensor(shape);
  return velocity;
}

void Sgd::update(std::size_t index, ConstView gradient, View parameter) {
  Tensor& velocity = options_.momentum == 0 ? velocities_[index] : velocity_of(index, parameter.shape);
  kernels<OptimizerSlots>().sgd_step(gradient, options_, parameter, velocity);
}

AdamBase::AdamBase(const std::vector<Parameter>& parameters, AdamOptions options, Kernel kernel)
    : Optimizer(parameters),
      options_(checked(options, kernels<OptimizerSlots>().*kernel)),
      kernel_(kernel),
      first_moments_(zeros_like(this->parameters())),
      second_moments_(first_moments_),
      steps_(this->parameters().size(), 0) {}

void AdamBase::set_options(AdamOptions options) { options_ = checked(options, kernels<OptimizerSlots>().*kernel_); }

void AdamBase::set_learning_rate(float rate) {
  AdamOptions options = options_;
  options.learning_rate = rate;
  set_options(options);
}

State AdamBase::state() {
  State state;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const std::string& name = parameters()[i].name();
    state.tensors.push_back({name + ".first_moment", first_moments_[i]});
    state.tensors.push_back({name + ".second_moment", second_moments_[i]});
    state.numbers.push_back({name + ".steps", &steps_[i]});
  }
  return state;
}

void AdamBase::update(std::size_t index, ConstView gradient, View parameter) {
  const auto step = static_cast<std::int64_t>(++steps_[index]);
  (kernels<OptimizerSlots>().*kernel_)(gradient, options_, step, parameter, first_moments_[index],
                                       second_moments_[index]);
}

Adam::Adam(const std::vector<Parameter>& parameters, AdamOptions options)
    : AdamBase(parameters, options, &OptimizerSlots::adam_step) {}

AdamW::AdamW(const std::vector<Parameter>& parameters, AdamOptions options)
    : AdamBase(parameters, options, &OptimizerSlots::adamw_step) {}

}  // namespace kiln::nn
