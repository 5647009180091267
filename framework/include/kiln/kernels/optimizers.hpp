// Module 05, optimizers: one step from gradients to better parameters.
// Views are float32, all of one shape and each of any strides of its own; no two overlap. An optimiser's memory
// (velocity, moments) is data that is passed in; it begins as zeros. A step reads the gradient and never changes it. A
// gradient that is NaN makes its own element NaN and no other. A tensor without elements is left alone. Where an
// argument is refused, nothing was written.
#pragma once

#include <vector>

#include "kiln/kernels/contract.hpp"

namespace kiln {

struct SgdOptions {
  float learning_rate = 0.01f;
  float momentum = 0;      ///< in [0, 1)
  float weight_decay = 0;  ///< of the L2 kind: added to the gradient
  bool nesterov = false;   ///< needs momentum
};

/// For Adam and AdamW.
struct AdamOptions {
  float learning_rate = 0.001f;
  float beta1 = 0.9f;     ///< of the first moment, in [0, 1)
  float beta2 = 0.999f;   ///< of the second moment, in [0, 1)
  float epsilon = 1e-8f;  ///< at least 0
  float weight_decay = 0;
};

namespace KILN_IMPL {

// ---- distinct_parameters.cpp

/// The numbers, in rising order, of the first of each tensor among `parameters`: a tensor that is tied to two layers
/// stands there twice and must be updated once. Two are the same where data, shape and strides agree. A tensor without
/// elements is left out. The result is all that is allocated, and memory in proportion to it.
/// Error(invalid_argument), with the numbers of both in its text, where two that differ begin at the same element.
KILN_DECLARE std::vector<std::int64_t> distinct_parameters(const std::vector<ConstView>& parameters);

// ---- sgd.cpp

/// Stochastic gradient descent, with momentum (Polyak, 1964) and Nesterov's look ahead as in Sutskever et al., "On the
/// importance of initialization and momentum in deep learning", 2013:
///   g = gradient + weight_decay * parameter
///   velocity = momentum * velocity + g
///   parameter -= learning_rate * (nesterov ? g + momentum * velocity : velocity)
/// Without momentum the velocity is neither read nor written, parameter -= learning_rate * g, and it may have the shape
/// (0). Error(invalid_argument) where the shapes differ, learning_rate or weight_decay is negative or not finite,
/// momentum lies outside [0, 1), or nesterov comes without momentum.
KILN_DECLARE void sgd_step(ConstView gradient, SgdOptions options, View parameter, View velocity);

// ---- adam.cpp

/// Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1. `step` is t and counts from 1:
///   g = gradient + weight_decay * parameter
///   first_moment = beta1 * first_moment + (1 - beta1) * g
///   second_moment = beta2 * second_moment + (1 - beta2) * g^2
///   m = first_moment / (1 - beta1^t),  v = second_moment / (1 - beta2^t)
///   parameter -= learning_rate * m / (sqrt(v) + epsilon)
/// The powers are taken in double. Error(invalid_argument) where the shapes differ, step is below 1, a beta lies
/// outside [0, 1), or learning_rate, epsilon or weight_decay is negative or not finite.
KILN_DECLARE void adam_step(ConstView gradient, AdamOptions options, std::int64_t step, View parameter,
                            View first_moment, View second_moment);

// ---- adamw.cpp

/// Loshchilov and Hutter, "Decoupled weight decay regularization", 2019: Adam on the gradient alone (g = gradient), and
/// apart from it parameter -= learning_rate * weight_decay * parameter, of the parameter as it came in.
/// Errors as for Adam.
KILN_DECLARE void adamw_step(ConstView gradient, AdamOptions options, std::int64_t step, View parameter,
                             View first_moment, View second_moment);

}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct OptimizerSlots {
  decltype(impl::distinct_parameters)* distinct_parameters;
  decltype(impl::sgd_step)* sgd_step;
  decltype(impl::adam_step)* adam_step;
  decltype(impl::adamw_step)* adamw_step;

  static constexpr const char* kFamily = "optimizers";
  static constexpr auto list() {
    return std::tuple{
        slot<&OptimizerSlots::distinct_parameters>("distinct_parameters", "parameters"),
        slot<&OptimizerSlots::sgd_step>("sgd_step", "gradient", "options", "parameter", "velocity"),
        slot<&OptimizerSlots::adam_step>("adam_step", "gradient", "options", "step", "parameter", "first_moment",
                                         "second_moment"),
        slot<&OptimizerSlots::adamw_step>("adamw_step", "gradient", "options", "step", "parameter", "first_moment",
                                          "second_moment"),
    };
  }
};

static_assert(sizeof(OptimizerSlots) == kSlotCount<OptimizerSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline OptimizerSlots table(const OptimizerSlots*) {
  return {
      .distinct_parameters = distinct_parameters,
      .sgd_step = sgd_step,
      .adam_step = adam_step,
      .adamw_step = adamw_step,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
