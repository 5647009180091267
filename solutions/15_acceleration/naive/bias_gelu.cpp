// bias_gelu in two walks, and with the tanh of the C library: right, and slow.
#include <cmath>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

void impl::bias_gelu(ConstView in, ConstView bias, View out) {
  KILN_REQUIRE("bias_gelu: in is (rows, features)", in.rank() == 2);
  KILN_REQUIRE("bias_gelu: one shape", in.shape == out.shape);
  KILN_REQUIRE("bias_gelu: bias is (features)", bias.shape == Shape{in.shape[1]});
  KILN_REQUIRE("bias_gelu: out is in, or apart", (same_view(in, out) || !overlap(in, out)));
  KILN_REQUIRE("bias_gelu: out lies on bias", overlap(out, bias) == false);
  for (std::int64_t i = 0; i < in.shape[0]; ++i)
    for (std::int64_t j = 0; j < in.shape[1]; ++j) out(i, j) = in(i, j) + bias(j);
  for (std::int64_t i = 0; i < in.shape[0]; ++i)
    for (std::int64_t j = 0; j < in.shape[1]; ++j) {
      const float x = out(i, j);
      // Far to the left tanh is -1, and -inf times 0 would be NaN.
      out(i, j) = x < -20 ? 0 : x / 2 * (1 + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
    }
}
