// Wrong: takes both operands for dense.
#include "kiln/kernels/losses.hpp"

using namespace kiln;

void impl::mean_squared_error(ConstView prediction, ConstView target, View loss) {
  KILN_REQUIRE("the shapes differ", prediction.shape == target.shape);
  KILN_REQUIRE("there is no element", prediction.size() > 0);
  float sum = 0;
  for (std::int64_t i = 0; i < prediction.size(); ++i) {
    const float difference = prediction.data[i] - target.data[i];
    sum += difference * difference;
  }
  *loss.data = sum / static_cast<float>(prediction.size());
}
