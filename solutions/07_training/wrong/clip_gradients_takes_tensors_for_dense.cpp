// Wrong: the strides are not asked for.
#include <cmath>

#include "kiln/kernels/training.hpp"

using namespace kiln;

double impl::clip_gradients(const std::vector<View>& gradients, double max_norm) {
  KILN_REQUIRE("max_norm is not positive", max_norm > 0);
  double sum = 0;
  for (const View& gradient : gradients) {
    for (std::int64_t i = 0; i < gradient.size(); ++i) {
      const double value = gradient.data[i];
      sum += value * value;
    }
  }
  const double norm = std::sqrt(sum);
  if (!(norm > max_norm) || std::isinf(norm)) return norm;
  const auto factor = static_cast<float>(max_norm / norm);
  for (const View& gradient : gradients)
    for (std::int64_t i = 0; i < gradient.size(); ++i) gradient.data[i] *= factor;
  return norm;
}
