// Wrong: without momentum, decays what is left after the step, and not the parameter that came in.
#include <cmath>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

namespace {

/// The element of that number in row-major order.
template <class T>
T& at(const BasicView<T>& view, std::int64_t number) {
  std::int64_t offset = 0;
  for (int d = view.rank() - 1; d >= 0; --d) {
    offset += number % view.shape[d] * view.strides[d];
    number /= view.shape[d];
  }
  return view.data[offset];
}

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

}  // namespace

void impl::sgd_step(ConstView gradient, SgdOptions options, View parameter, View velocity) {
  check(gradient, options, parameter, velocity);
  for (std::int64_t i = 0; i < parameter.size(); ++i) {
    float& p = at(parameter, i);
    const float g = at(gradient, i) + options.weight_decay * p;
    if (options.momentum == 0.0f) {
      p -= options.learning_rate * at(gradient, i);
      p -= options.learning_rate * options.weight_decay * p;
      continue;
    }
    float& v = at(velocity, i);
    v = options.momentum * v + g;
    p -= options.learning_rate * (options.nesterov ? g + options.momentum * v : v);
  }
}
