// One step of SGD, Adam and AdamW: each number is loaded once and stored once.
#include "kiln/kernels/optimizers.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "elementwise.hpp"

using namespace kiln;

namespace {

using impl::simd::kInfinity;
using impl::simd::Vector;

/// No comparison with NaN is true, so NaN is refused as well.
void require_finite(const std::string& what, float value) {
  KILN_REQUIRE(what + " must not be negative", value >= 0.0f);
  KILN_REQUIRE(what + " must be finite", value < kInfinity);
}
void require_fraction(const std::string& what, float value) {
  KILN_REQUIRE(what + " must not be negative", value >= 0.0f);
  KILN_REQUIRE(what + " must be below 1", value < 1.0f);
}

void check(const char* name, const ConstView& gradient, const AdamOptions& options, std::int64_t step,
           const View& parameter, const View& first_moment, const View& second_moment) {
  const std::string kernel(name);
  require_finite(kernel + ": the learning rate", options.learning_rate);
  require_fraction(kernel + ": beta1", options.beta1);
  require_fraction(kernel + ": beta2", options.beta2);
  require_finite(kernel + ": epsilon", options.epsilon);
  require_finite(kernel + ": the weight decay", options.weight_decay);
  KILN_REQUIRE(kernel + ": steps count from 1", step >= 1);
  KILN_REQUIRE(kernel + ": the gradient must have the parameter's shape", gradient.shape == parameter.shape);
  KILN_REQUIRE(kernel + ": the first moment must have the parameter's shape", first_moment.shape == parameter.shape);
  KILN_REQUIRE(kernel + ": the second moment must have the parameter's shape", second_moment.shape == parameter.shape);
}

/// Adam's formula with all that is the same for every element worked out beforehand:
///   learning_rate * m / (sqrt(v) + epsilon) = rate * first / (sqrt(second) * root_scale + epsilon)
/// `coupled` decay enters the gradient; the other is taken from the parameter.
template <bool kCoupled>
void adam(const ConstView& gradient, const AdamOptions& options, std::int64_t step, const View& parameter,
          const View& first_moment, const View& second_moment) {
  // 1 - beta^t loses most digits of a float where beta^t is close to 1: so double.
  const auto t = static_cast<double>(step);
  const double correction1 = 1 - std::pow(static_cast<double>(options.beta1), t);
  const double correction2 = 1 - std::pow(static_cast<double>(options.beta2), t);
  const Vector rate(static_cast<float>(options.learning_rate / correction1));
  const Vector root_scale(static_cast<float>(1 / std::sqrt(correction2)));
  const Vector beta1(options.beta1), beta2(options.beta2), rest1(1 - options.beta1), rest2(1 - options.beta2);
  const Vector epsilon(options.epsilon);
  const Vector decay(kCoupled ? options.weight_decay : options.learning_rate * options.weight_decay);
  impl::map<4, 3>({gradient, parameter, first_moment, second_moment}, {parameter, first_moment, second_moment},
                  [=](const Vector* x, Vector* y) {
                    const Vector g = kCoupled ? x[0] + decay * x[1] : x[0];
                    const Vector first = beta1 * x[2] + rest1 * g;
                    const Vector second = beta2 * x[3] + rest2 * g * g;
                    const Vector moved = rate * first / (xsimd::sqrt(second) * root_scale + epsilon);
                    y[0] = x[1] - (kCoupled ? moved : decay * x[1] + moved);
                    y[1] = first;
                    y[2] = second;
                  });
}

}  // namespace

void impl::sgd_step(ConstView gradient, SgdOptions options, View parameter, View velocity) {
  require_finite("sgd_step: the learning rate", options.learning_rate);
  require_finite("sgd_step: the weight decay", options.weight_decay);
  require_fraction("sgd_step: the momentum", options.momentum);
  if (options.nesterov) KILN_REQUIRE("sgd_step: nesterov needs momentum", options.momentum > 0.0f);
  KILN_REQUIRE("sgd_step: the gradient must have the parameter's shape", gradient.shape == parameter.shape);
  if (options.momentum > 0.0f || velocity.shape != Shape{0})
    KILN_REQUIRE("sgd_step: the velocity must have the parameter's shape", velocity.shape == parameter.shape);

  const Vector rate(options.learning_rate), decay(options.weight_decay), momentum(options.momentum);
  if (options.momentum == 0.0f)
    return map<2, 1>({gradient, parameter}, {parameter},
                     [=](const Vector* x, Vector* y) { y[0] = x[1] - rate * (x[0] + decay * x[1]); });
  const auto step = [&](auto nesterov) {
    map<3, 2>({gradient, parameter, velocity}, {parameter, velocity}, [=](const Vector* x, Vector* y) {
      const Vector g = x[0] + decay * x[1], next = momentum * x[2] + g;
      y[0] = x[1] - rate * (nesterov ? g + momentum * next : next);
      y[1] = next;
    });
  };
  if (options.nesterov)
    step(std::true_type());
  else
    step(std::false_type());
}

void impl::adam_step(ConstView gradient, AdamOptions options, std::int64_t step, View parameter, View first_moment,
                     View second_moment) {
  check("adam_step", gradient, options, step, parameter, first_moment, second_moment);
  adam<true>(gradient, options, step, parameter, first_moment, second_moment);
}

void impl::adamw_step(ConstView gradient, AdamOptions options, std::int64_t step, View parameter, View first_moment,
                      View second_moment) {
  check("adamw_step", gradient, options, step, parameter, first_moment, second_moment);
  adam<false>(gradient, options, step, parameter, first_moment, second_moment);
}
