// Wrong: adds p^2 - 2 p t + t^2, three large numbers that cancel where p is close to t.
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

void impl::mean_squared_error(ConstView prediction, ConstView target, View loss) {
  KILN_REQUIRE("the shapes differ", prediction.shape == target.shape);
  KILN_REQUIRE("there is no element", prediction.size() > 0);
  float sum = 0;
  for (std::int64_t i = 0; i < prediction.size(); ++i) {
    const float p = value_at(prediction, i), t = value_at(target, i);
    sum += p * p - 2 * p * t + t * t;
  }
  *loss.data = sum / static_cast<float>(prediction.size());
}
