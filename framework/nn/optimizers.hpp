// Optimizers: from the gradients of parameters to better parameters. They hold what a step remembers (velocity,
// moments), one for each parameter; the arithmetic is a kernel's.
#pragma once

#include <cstdint>
#include <vector>

#include "kiln/kernels/optimizers.hpp"
#include "nn/state.hpp"
#include "nn/variable.hpp"

namespace kiln::nn {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Updates every parameter that has a gradient; one that has none stays as it is, and its memory too.
  /// Error(invalid_argument) where none has: backward() was not called.
  void step();
  void zero_grad();

  /// For a schedule. Error(invalid_argument) where the rate is negative or not finite.
  virtual float learning_rate() const = 0;
  virtual void set_learning_rate(float rate) = 0;

  /// What steps remember, named after the parameters; valid until the options change.
  virtual State state() = 0;

  /// Each tensor once, although it may have been given twice.
  const std::vector<Parameter>& parameters() const { return parameters_; }

 protected:
  /// Error(invalid_argument) where there is nothing to optimise.
  explicit Optimizer(const std::vector<Parameter>& parameters);

  /// One step of parameter `index`, which has a gradient.
  virtual void update(std::size_t index, ConstView gradient, View parameter) = 0;

 private:
  std::vector<Parameter> parameters_;
};

/// Stochastic gradient descent with momentum, Nesterov's look ahead and weight decay.
/// Options that the kernel refuses (a negative learning rate) throw Error(invalid_argument) at once, here and below.
class Sgd : public Optimizer {
 public:
  explicit Sgd(const std::vector<Parameter>& parameters, SgdOptions options = {});

  const SgdOptions& options() const { return options_; }
  void set_options(SgdOptions options);
  float learning_rate() const override { return options_.learning_rate; }
  void set_learning_rate(float rate) override;
  State state() override;

 protected:
  void update(std::size_t index, ConstView gradient, View parameter) override;

 private:
  Tensor& velocity_of(std::size_t index, const Shape& shape);

  SgdOptions options_;
  std::vector<Tensor> velocities_;  ///< empty until there is momentum
};

/// What Adam and AdamW share: two moments and a count of steps for each parameter.
class AdamBase : public Optimizer {
 public:
  const AdamOptions& options() const { return options_; }
  void set_options(AdamOptions options);
  float learning_rate() const override { return options_.learning_rate; }
  void set_learning_rate(float rate) override;
  State state() override;

 protected:
  using Kernel = decltype(OptimizerSlots::adam_step) OptimizerSlots::*;
  AdamBase(const std::vector<Parameter>& parameters, AdamOptions options, Kernel kernel);
  void update(std::size_t index, ConstView gradient, View parameter) override;

 private:
  AdamOptions options_;
  Kernel kernel_;
  std::vector<Tensor> first_moments_, second_moments_;
  std::vector<std::uint64_t> steps_;
};

class Adam : public AdamBase {
 public:
  explicit Adam(const std::vector<Parameter>& parameters, AdamOptions options = {});
};

/// Adam with decoupled weight decay.
class AdamW : public AdamBase {
 public:
  explicit AdamW(const std::vector<Parameter>& parameters, AdamOptions options = {});
};

}  // namespace kiln::nn
