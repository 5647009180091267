// Wrong: takes targets that are no probabilities.
#include <algorithm>
#include <cmath>

#include "kiln/kernels/losses.hpp"

using namespace kiln;

namespace {

float value_at(ConstView view, std::int64_t element) {
  std::int64_t offset = 0;
  for (int d = view.rank() - 1; d >= 0; --d) {
    offset += element % view.shape[d] * view.strides[d];
    element /= view.shape[d];
  }
  return view.data[offset];
}

}  // namespace

void impl::binary_cross_entropy(ConstView logits, ConstView target, View loss) {
  KILN_REQUIRE("the shapes differ", logits.shape == target.shape);
  KILN_REQUIRE("there is no element", logits.size() > 0);
  float sum = 0;
  for (std::int64_t i = 0; i < logits.size(); ++i) {
    const float x = value_at(logits, i), t = value_at(target, i);
    sum += std::max(x, 0.0f) - x * t + std::log1p(std::exp(-std::abs(x)));
  }
  *loss.data = sum / static_cast<float>(logits.size());
}
