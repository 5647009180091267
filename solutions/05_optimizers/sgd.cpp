// sgd: one step of stochastic gradient descent, with momentum, Nesterov's look ahead and weight decay.
// Contract: kiln/kernels/optimizers.hpp. Lesson: modules/05_optimizers/README.md, steps 2 and 3.
#include <limits>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

// Write the formula for one element first, then walk all tensors together: each number is loaded once and stored once,
// and what lies between the lines of the formula never leaves the registers.

// BEGIN SOLUTION
namespace {

void check(const ConstView& gradient, const SgdOptions& options, const View& parameter, const View& velocity) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  // No comparison with NaN is true, so NaN is refused as well.
  KILN_REQUIRE("sgd_step: the learning rate must not be negative", options.learning_rate >= 0.0f);
  KILN_REQUIRE("sgd_step: the learning rate must be finite", options.learning_rate < kInfinity);
  KILN_REQUIRE("sgd_step: the weight decay must not be negative", options.weight_decay >= 0.0f);
  KILN_REQUIRE("sgd_step: the weight decay must be finite", options.weight_decay < kInfinity);
  KILN_REQUIRE("sgd_step: the momentum must not be negative", options.momentum >= 0.0f);
  KILN_REQUIRE("sgd_step: the momentum must be below 1", options.momentum < 1.0f);
  if (options.nesterov) KILN_REQUIRE("sgd_step: nesterov needs momentum", options.momentum > 0.0f);
  KILN_REQUIRE("sgd_step: the gradient must have the parameter's shape", gradient.shape == parameter.shape);
  if (options.momentum > 0.0f || velocity.shape != Shape{0})
    KILN_REQUIRE("sgd_step: the velocity must have the parameter's shape", velocity.shape == parameter.shape);
}

/// The formula without momentum, for one element; the velocity is not touched.
struct Plain {
  float learning_rate, weight_decay;

  void operator()(float gradient, float& parameter, float&) const {
    parameter -= learning_rate * (gradient + weight_decay * parameter);
  }
};

/// The formula with momentum, for one element. The compiler knows `Nesterov`, so the loop over it has no branch.
template <bool Nesterov>
struct Momentum {
  float learning_rate, weight_decay, momentum;

  void operator()(float gradient, float& parameter, float& velocity) const {
    const float g = gradient + weight_decay * parameter;
    const float next = momentum * velocity + g;
    velocity = next;
    parameter -= learning_rate * (Nesterov ? g + momentum * next : next);
  }
};

/// One row of n elements. Steps of 1 that the compiler sees become vector code.
template <class Update>
void update_row(Update update, std::int64_t n, const float* gradient, std::int64_t step_g, float* parameter,
                std::int64_t step_p, float* velocity, std::int64_t step_v) {
  if (step_g == 1 && step_p == 1 && step_v == 1) {
    for (std::int64_t i = 0; i < n; ++i) update(gradient[i], parameter[i], velocity[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) update(gradient[i * step_g], parameter[i * step_p], velocity[i * step_v]);
  }
}

template <class Update>
void update_all(Update update, ConstView gradient, View parameter, View velocity) {
  if (parameter.size() == 0) return;

  // Where all is dense, the whole tensor is one row.
  if (gradient.is_contiguous() && parameter.is_contiguous() && velocity.is_contiguous())
    return update_row(update, parameter.size(), gradient.data, 1, parameter.data, 1, velocity.data, 1);

  // Walk the rows of the last dimension; the outer index counts like an odometer, with three offsets beside it.
  const Shape& shape = parameter.shape;
  const int last = shape.rank() - 1;
  const std::int64_t columns = shape[last], rows = parameter.size() / columns;
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t at_g = 0, at_p = 0, at_v = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    update_row(update, columns, gradient.data + at_g, gradient.strides[last], parameter.data + at_p,
               parameter.strides[last], velocity.data + at_v, velocity.strides[last]);
    for (int d = last - 1; d >= 0; --d) {
      at_g += gradient.strides[d];
      at_p += parameter.strides[d];
      at_v += velocity.strides[d];
      if (++index[d] < shape[d]) break;
      at_g -= shape[d] * gradient.strides[d];
      at_p -= shape[d] * parameter.strides[d];
      at_v -= shape[d] * velocity.strides[d];
      index[d] = 0;
    }
  }
}

}  // namespace
// END SOLUTION

// Example: learning_rate 0.1, momentum 0.5, no decay. Parameter 1, velocity 2, gradient 3: the velocity becomes
// 0.5 * 2 + 3 = 4 and the parameter 1 - 0.1 * 4 = 0.6; with nesterov it becomes 1 - 0.1 * (3 + 0.5 * 4) = 0.5.
void impl::sgd_step(ConstView gradient, SgdOptions options, View parameter, View velocity) {
  // BEGIN SOLUTION
  check(gradient, options, parameter, velocity);
  if (options.momentum == 0.0f) {
    // There may be no velocity at all: the parameter stands in for it, and Plain touches neither twice.
    update_all(Plain{options.learning_rate, options.weight_decay}, gradient, parameter, parameter);
  } else if (options.nesterov) {
    update_all(Momentum<true>{options.learning_rate, options.weight_decay, options.momentum}, gradient, parameter,
               velocity);
  } else {
    update_all(Momentum<false>{options.learning_rate, options.weight_decay, options.momentum}, gradient, parameter,
               velocity);
  }
  // END SOLUTION
}
