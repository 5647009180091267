// Wrong: takes the mean of nothing: 0 / 0 is NaN, where an error is asked for.
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
  float sum = 0;
  for (std::int64_t i = 0; i < prediction.size(); ++i) {
    const float difference = value_at(prediction, i) - value_at(target, i);
    sum += difference * difference;
  }
  *loss.data = sum / static_cast<float>(prediction.size());
}
