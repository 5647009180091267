// The oracles of module 05: each formula once, element by element, in double, and beside it a bound on the error of
// floats. A rounding adds at most eps times what was added up; every error that a number already has is carried on by
// the derivative of what is made of it.
#include "oracle.hpp"

#include <cmath>

namespace kiln::oracle {
namespace {

/// A number, the sum of the magnitudes that it was made of, and how far floats may be from it, in units of eps.
/// Magnitudes bound the roundings of any order of the operations: (a + b) - c rounds otherwise than a + (b - c).
struct Number {
  double value, magnitude, error;
};

/// The gradient with decay of the L2 kind: gradient + decay * parameter, a product and a sum.
Number decayed(double gradient, double decay, const Number& parameter) {
  const double magnitude = std::abs(gradient) + decay * std::abs(parameter.value);
  return {gradient + decay * parameter.value, magnitude, decay * parameter.error + 2 * magnitude};
}

/// beta * old + weight * fresh; two products, a sum, and the rounding of the weight.
Number blend(double beta, const Number& old, double weight, const Number& fresh) {
  const double magnitude = beta * std::abs(old.value) + weight * fresh.magnitude;
  return {beta * old.value + weight * fresh.value, magnitude, beta * old.error + weight * fresh.error + 4 * magnitude};
}

Number squared(const Number& g) {
  return {g.value * g.value, g.magnitude * g.magnitude, 2 * g.magnitude * g.error + g.magnitude * g.magnitude};
}

/// parameter - change; a product may be folded in.
Number moved(const Number& parameter, const Number& change) {
  return {parameter.value - change.value, std::abs(parameter.value) + change.magnitude,
          parameter.error + change.error + std::abs(parameter.value) + 2 * change.magnitude};
}

Number scaled(double factor, const Number& x) { return {factor * x.value, factor * x.magnitude, factor * x.error}; }

/// learning_rate * m / (sqrt(v) + epsilon), with both moments corrected for their start at zero.
Number adam_change(const AdamOptions& options, std::int64_t step, const Number& first, const Number& second) {
  const auto t = static_cast<double>(step);
  const double correction1 = 1 - std::pow(static_cast<double>(options.beta1), t);
  const double correction2 = 1 - std::pow(static_cast<double>(options.beta2), t);
  const double root = std::sqrt(second.value / correction2);
  const double below = root + static_cast<double>(options.epsilon);
  const double scale = options.learning_rate / (correction1 * below);
  // Both corrections, two quotients by them, the root, a sum, a product and the last quotient: eight roundings at most.
  // An error d of v moves the root by d / (2 root).
  const double of_root = second.value > 0 ? second.error / (2 * correction2 * root * below) : 0;
  const double magnitude = scale * first.magnitude;
  return {options.learning_rate * (first.value / correction1) / below, magnitude,
          scale * first.error + magnitude * (8 + of_root)};
}

Number take(const Followed& from, std::size_t i) {
  return {from.value.values[i], std::abs(from.value.values[i]), from.error.values[i]};
}

void put(Followed& to, std::size_t i, const Number& number) {
  to.value.values[i] = number.value;
  to.error.values[i] = number.error;
}

/// Adam of either kind; they differ in where the decay goes.
void any_adam_step(ConstView gradient, const AdamOptions& options, std::int64_t step, bool decoupled,
                   AdamState& state) {
  const Array64 gradients = testing::to_array64(gradient);
  const double beta1 = options.beta1, beta2 = options.beta2;
  for (std::size_t i = 0; i < gradients.values.size(); ++i) {
    const Number parameter = take(state.parameter, i);
    const double gradient_here = gradients.values[i];
    const Number g = decoupled ? Number{gradient_here, std::abs(gradient_here), 0}
                               : decayed(gradient_here, options.weight_decay, parameter);
    const Number first = blend(beta1, take(state.first_moment, i), 1 - beta1, g);
    const Number second = blend(beta2, take(state.second_moment, i), 1 - beta2, squared(g));
    Number change = adam_change(options, step, first, second);
    if (decoupled) {
      const double decay = static_cast<double>(options.learning_rate) * options.weight_decay;
      const double size = decay * std::abs(parameter.value);
      change = {change.value + decay * parameter.value, change.magnitude + size,
                change.error + decay * parameter.error + 2 * size};
    }
    put(state.first_moment, i, first);
    put(state.second_moment, i, second);
    put(state.parameter, i, moved(parameter, change));
  }
}

}  // namespace

std::vector<std::int64_t> distinct_parameters(const std::vector<ConstView>& parameters) {
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    bool seen = parameters[i].shape.elements() == 0;
    for (std::size_t j = 0; j < i; ++j)
      if (parameters[j].shape.elements() > 0 && parameters[j].data == parameters[i].data) seen = true;
    if (!seen) numbers.push_back(static_cast<std::int64_t>(i));
  }
  return numbers;
}

Followed::Followed(ConstView view) : value(testing::to_array64(view)), error(view.shape) {}

Expected Followed::expected() const { return {value, error, 1}; }

void sgd_step(ConstView gradient, const SgdOptions& options, SgdState& state) {
  const Array64 gradients = testing::to_array64(gradient);
  for (std::size_t i = 0; i < gradients.values.size(); ++i) {
    const Number parameter = take(state.parameter, i);
    const Number g = decayed(gradients.values[i], options.weight_decay, parameter);
    Number change = g;
    if (options.momentum > 0) {
      const Number velocity = blend(options.momentum, take(state.velocity, i), 1, g);
      change = options.nesterov ? blend(options.momentum, velocity, 1, g) : velocity;
      put(state.velocity, i, velocity);
    }
    put(state.parameter, i, moved(parameter, scaled(options.learning_rate, change)));
  }
}

void adam_step(ConstView gradient, const AdamOptions& options, std::int64_t step, AdamState& state) {
  any_adam_step(gradient, options, step, false, state);
}

void adamw_step(ConstView gradient, const AdamOptions& options, std::int64_t step, AdamState& state) {
  any_adam_step(gradient, options, step, true, state);
}

}  // namespace kiln::oracle
