// sgd, as a beginner writes it: a walk over everything for each line of the formula, with an odometer that moves by one
// element at a time.
#include <cmath>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

namespace {

void check(const ConstView& gradient, const SgdOptions& options, const View& parameter, const View& velocity) {
  KILN_REQUIRE("learning_rate is negative", options.learning_rate >= 0.0f);
  KILN_REQUIRE("learning_rate is not finite", options.learning_rate < INFINITY);
  KILN_REQUIRE("weight_decay is negative", options.weight_decay >= 0.0f);
  KILN_REQUIRE("weight_decay is not finite", options.weight_decay < INFINITY);
  KILN_REQUIRE("momentum is negative", options.momentum >= 0.0f);
  KILN_REQUIRE("momentum is not below 1", options.momentum < 1.0f);
  if (options.nesterov) KILN_REQUIRE("nesterov needs momentum", options.momentum > 0.0f);
  KILN_REQUIRE("the gradient has another shape", gradient.shape == parameter.shape);
  if (options.momentum > 0 || velocity.shape != Shape{0})
    KILN_REQUIRE("the velocity has another shape", velocity.shape == parameter.shape);
}

/// Calls line(gradient, parameter, velocity) for every element.
template <class Line>
void for_each_element(const ConstView& gradient, const View& parameter, const View& velocity, Line line) {
  const Shape& shape = parameter.shape;
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t at_g = 0, at_p = 0, at_v = 0;
  for (std::int64_t element = 0; element < parameter.size(); ++element) {
    line(gradient.data[at_g], parameter.data[at_p], velocity.data[at_v]);
    for (int d = shape.rank() - 1; d >= 0; --d) {
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

void impl::sgd_step(ConstView gradient, SgdOptions options, View parameter, View velocity) {
  check(gradient, options, parameter, velocity);
  const float rate = options.learning_rate, decay = options.weight_decay, momentum = options.momentum;
  if (momentum == 0.0f) {
    for_each_element(gradient, parameter, parameter, [=](float g, float& p, float&) { p -= rate * (g + decay * p); });
    return;
  }
  for_each_element(gradient, parameter, velocity,
                   [=](float g, float& p, float& v) { v = momentum * v + (g + decay * p); });
  const bool nesterov = options.nesterov;
  for_each_element(gradient, parameter, velocity,
                   [=](float g, float& p, float& v) { p -= rate * (nesterov ? (g + decay * p) + momentum * v : v); });
}
