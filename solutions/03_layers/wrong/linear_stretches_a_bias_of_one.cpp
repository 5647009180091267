// Wrong: a bias of (1) is broadcast, which the contract does not offer.
#include "kiln/kernels/layers.hpp"

using namespace kiln;

void impl::linear(ConstView in, ConstView weight, ConstView bias, View out) {
  KILN_REQUIRE("linear: ranks", (in.rank() == 2 && weight.rank() == 2 && bias.rank() == 1));
  KILN_REQUIRE("linear: the features differ", in.shape[1] == weight.shape[1]);
  KILN_REQUIRE("linear: bias does not fit", (bias.shape[0] == weight.shape[0] || bias.shape[0] <= 1));
  KILN_REQUIRE("linear: the output does not fit", out.shape == Shape{in.shape[0], weight.shape[0]});
  for (std::int64_t i = 0; i < out.shape[0]; ++i) {
    for (std::int64_t j = 0; j < out.shape[1]; ++j) {
      float total = bias.shape[0] > 0 ? bias(j % bias.shape[0]) : 0;
      for (std::int64_t k = 0; k < in.shape[1]; ++k) total += in(i, k) * weight(j, k);
      out(i, j) = total;
    }
  }
}
