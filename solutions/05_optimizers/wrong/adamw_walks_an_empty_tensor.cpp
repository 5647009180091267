// Wrong: does the first element before it asks whether there is one.
#include <cmath>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

namespace {

/// The element of that number in row-major order.
template <class T>
T& at(const BasicView<T>& view, std::int64_t number) {
  std::int64_t offset = 0;
  for (int d = view.rank() - 1; d >= 0; --d) {
    const std::int64_t extent = view.shape[d] > 0 ? view.shape[d] : 1;
    offset += number % extent * view.strides[d];
    number /= extent;
  }
  return view.data[offset];
}

void check(const ConstView& gradient, const AdamOptions& options, std::int64_t step, const View& parameter,
           const View& first, const View& second) {
  KILN_REQUIRE("learning_rate is negative", options.learning_rate >= 0.0f);
  KILN_REQUIRE("learning_rate is not finite", options.learning_rate < INFINITY);
  KILN_REQUIRE("beta1 is out of range", (options.beta1 >= 0.0f && options.beta1 < 1.0f));
  KILN_REQUIRE("beta2 is out of range", (options.beta2 >= 0.0f && options.beta2 < 1.0f));
  KILN_REQUIRE("epsilon is negative or not finite", (options.epsilon >= 0.0f && options.epsilon < INFINITY));
  KILN_REQUIRE("weight_decay is negative", options.weight_decay >= 0.0f);
  KILN_REQUIRE("weight_decay is not finite", options.weight_decay < INFINITY);
  KILN_REQUIRE("steps count from 1", step >= 1);
  KILN_REQUIRE("the gradient has another shape", gradient.shape == parameter.shape);
  KILN_REQUIRE("a moment has another shape", (first.shape == parameter.shape && second.shape == parameter.shape));
}

}  // namespace

void impl::adamw_step(ConstView gradient, AdamOptions options, std::int64_t step, View parameter, View first_moment,
                      View second_moment) {
  check(gradient, options, step, parameter, first_moment, second_moment);
  const double t = static_cast<double>(step);
  const float correction1 = static_cast<float>(1 - std::pow(static_cast<double>(options.beta1), t));
  const float correction2 = static_cast<float>(1 - std::pow(static_cast<double>(options.beta2), t));
  std::int64_t i = 0;
  do {
    float &p = at(parameter, i), &first = at(first_moment, i), &second = at(second_moment, i);
    const float g = at(gradient, i);
    first = options.beta1 * first + (1 - options.beta1) * g;
    second = options.beta2 * second + (1 - options.beta2) * g * g;
    const float m = first / correction1, v = second / correction2;
    p -= options.learning_rate * (options.weight_decay * p + m / (std::sqrt(v) + options.epsilon));
  } while (++i < parameter.size());
}
