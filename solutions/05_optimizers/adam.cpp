// adam: one step of Adam, with weight decay of the L2 kind.
// Contract: kiln/kernels/optimizers.hpp. Lesson: modules/05_optimizers/README.md, step 4.
#include <cmath>
#include <limits>

#include "kiln/kernels/optimizers.hpp"

using namespace kiln;

// What is the same for all elements (both bias corrections, and whatever is made of them) is worked out once, before
// the walk. An element then costs one root and one division.

// BEGIN SOLUTION
namespace {

void check(const ConstView& gradient, const AdamOptions& options, std::int64_t step, const View& parameter,
           const View& first_moment, const View& second_moment) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  // No comparison with NaN is true, so NaN is refused as well.
  KILN_REQUIRE("adam_step: the learning rate must not be negative", options.learning_rate >= 0.0f);
  KILN_REQUIRE("adam_step: the learning rate must be finite", options.learning_rate < kInfinity);
  KILN_REQUIRE("adam_step: beta1 must not be negative", options.beta1 >= 0.0f);
  KILN_REQUIRE("adam_step: beta1 must be below 1", options.beta1 < 1.0f);
  KILN_REQUIRE("adam_step: beta2 must not be negative", options.beta2 >= 0.0f);
  KILN_REQUIRE("adam_step: beta2 must be below 1", options.beta2 < 1.0f);
  KILN_REQUIRE("adam_step: epsilon must not be negative", options.epsilon >= 0.0f);
  KILN_REQUIRE("adam_step: epsilon must be finite", options.epsilon < kInfinity);
  KILN_REQUIRE("adam_step: the weight decay must not be negative", options.weight_decay >= 0.0f);
  KILN_REQUIRE("adam_step: the weight decay must be finite", options.weight_decay < kInfinity);
  KILN_REQUIRE("adam_step: steps count from 1", step >= 1);
  KILN_REQUIRE("adam_step: the gradient must have the parameter's shape", gradient.shape == parameter.shape);
  KILN_REQUIRE("adam_step: the first moment must have the parameter's shape", first_moment.shape == parameter.shape);
  KILN_REQUIRE("adam_step: the second moment must have the parameter's shape", second_moment.shape == parameter.shape);
}

/// The formula for one element, with everything that does not depend on the element worked out beforehand:
///   learning_rate * m / (sqrt(v) + epsilon) = rate * first / (sqrt(second) * root_scale + epsilon)
/// where rate = learning_rate / (1 - beta1^t) and root_scale = 1 / sqrt(1 - beta2^t).
struct Update {
  float beta1, beta2, weight_decay, epsilon, rate, root_scale;

  Update(const AdamOptions& options, std::int64_t step)
      : beta1(options.beta1), beta2(options.beta2), weight_decay(options.weight_decay), epsilon(options.epsilon) {
    // 1 - beta^t loses most digits of a float where beta^t is close to 1: so double.
    const auto t = static_cast<double>(step);
    rate = static_cast<float>(options.learning_rate / (1 - std::pow(static_cast<double>(beta1), t)));
    root_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(static_cast<double>(beta2), t)));
  }

  void operator()(float gradient, float& parameter, float& first_moment, float& second_moment) const {
    const float g = gradient + weight_decay * parameter;
    const float first = beta1 * first_moment + (1 - beta1) * g;
    const float second = beta2 * second_moment + (1 - beta2) * g * g;
    first_moment = first;
    second_moment = second;
    parameter -= rate * first / (std::sqrt(second) * root_scale + epsilon);
  }
};

/// One row of n elements. Steps of 1 that the compiler sees spare it the multiplications.
void update_row(Update update, std::int64_t n, const float* gradient, std::int64_t step_g, float* parameter,
                std::int64_t step_p, float* first, std::int64_t step_1, float* second, std::int64_t step_2) {
  if (step_g == 1 && step_p == 1 && step_1 == 1 && step_2 == 1) {
    for (std::int64_t i = 0; i < n; ++i) update(gradient[i], parameter[i], first[i], second[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i)
      update(gradient[i * step_g], parameter[i * step_p], first[i * step_1], second[i * step_2]);
  }
}

void update_all(Update update, ConstView gradient, View parameter, View first, View second) {
  if (parameter.size() == 0) return;

  // Where all is dense, the whole tensor is one row.
  if (gradient.is_contiguous() && parameter.is_contiguous() && first.is_contiguous() && second.is_contiguous())
    return update_row(update, parameter.size(), gradient.data, 1, parameter.data, 1, first.data, 1, second.data, 1);

  // Walk the rows of the last dimension; the outer index counts like an odometer, with four offsets beside it.
  const Shape& shape = parameter.shape;
  const int last = shape.rank() - 1;
  const std::int64_t columns = shape[last], rows = parameter.size() / columns;
  Shape index = Shape::filled(shape.rank(), 0);
  std::int64_t at_g = 0, at_p = 0, at_1 = 0, at_2 = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    update_row(update, columns, gradient.data + at_g, gradient.strides[last], parameter.data + at_p,
               parameter.strides[last], first.data + at_1, first.strides[last], second.data + at_2,
               second.strides[last]);
    for (int d = last - 1; d >= 0; --d) {
      at_g += gradient.strides[d];
      at_p += parameter.strides[d];
      at_1 += first.strides[d];
      at_2 += second.strides[d];
      if (++index[d] < shape[d]) break;
      at_g -= shape[d] * gradient.strides[d];
      at_p -= shape[d] * parameter.strides[d];
      at_1 -= shape[d] * first.strides[d];
      at_2 -= shape[d] * second.strides[d];
      index[d] = 0;
    }
  }
}

}  // namespace
// END SOLUTION

// Example: the first step, moments 0, gradient 4, beta1 0.9, beta2 0.999. The moments become 0.4 and 0.016, corrected
// by 1 - 0.9 and 1 - 0.999 they are m = 4 and v = 16, and the parameter moves by learning_rate * 4 / (4 + epsilon).
void impl::adam_step(ConstView gradient, AdamOptions options, std::int64_t step, View parameter, View first_moment,
                     View second_moment) {
  // BEGIN SOLUTION
  check(gradient, options, step, parameter, first_moment, second_moment);
  update_all(Update(options, step), gradient, parameter, first_moment, second_moment);
  // END SOLUTION
}
