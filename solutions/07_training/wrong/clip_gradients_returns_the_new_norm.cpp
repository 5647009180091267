// Wrong: the norm after clipping says nothing: it is max_norm.
#include <cmath>

#include "kiln/kernels/training.hpp"

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

}  // namespace

double impl::clip_gradients(const std::vector<View>& gradients, double max_norm) {
  KILN_REQUIRE("max_norm is not positive", max_norm > 0);
  double sum = 0;
  for (const View& gradient : gradients) {
    for (std::int64_t i = 0; i < gradient.size(); ++i) {
      const double value = at(gradient, i);
      sum += value * value;
    }
  }
  const double norm = std::sqrt(sum);
  if (!(norm > max_norm) || std::isinf(norm)) return norm;
  const auto factor = static_cast<float>(max_norm / norm);
  for (const View& gradient : gradients)
    for (std::int64_t i = 0; i < gradient.size(); ++i) at(gradient, i) *= factor;
  return max_norm;
}
