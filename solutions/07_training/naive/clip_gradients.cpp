// clip_gradients, as a beginner writes it: the textbook's norm, which divides by the largest element so that no square
// overflows, with an offset worked out for every element; then everything is scaled, by 1 too.
#include <algorithm>
#include <cmath>

#include "kiln/kernels/training.hpp"

using namespace kiln;

namespace {

/// The element of that number in row-major order.
float& at(const View& view, std::int64_t number) {
  std::int64_t offset = 0;
  for (int d = view.rank() - 1; d >= 0; --d) {
    offset += number % view.shape[d] * view.strides[d];
    number /= view.shape[d];
  }
  return view.data[offset];
}

}  // namespace

double impl::clip_gradients(const std::vector<View>& gradients, double max_norm) {
  KILN_REQUIRE("max_norm is not positive", max_norm > 0);
  double largest = 0;
  for (const View& gradient : gradients) {
    for (std::int64_t i = 0; i < gradient.size(); ++i) {
      const double size = std::abs(at(gradient, i));
      if (std::isnan(size)) return size;
      largest = std::max(largest, size);
    }
  }
  if (largest == 0 || std::isinf(largest)) return largest;

  double sum = 0;
  for (const View& gradient : gradients) {
    for (std::int64_t i = 0; i < gradient.size(); ++i) {
      const double part = at(gradient, i) / largest;
      sum += part * part;
    }
  }
  const double norm = largest * std::sqrt(sum);

  const auto factor = static_cast<float>(norm > max_norm ? max_norm / norm : 1.0);
  for (const View& gradient : gradients)
    for (std::int64_t i = 0; i < gradient.size(); ++i) at(gradient, i) *= factor;
  return norm;
}
