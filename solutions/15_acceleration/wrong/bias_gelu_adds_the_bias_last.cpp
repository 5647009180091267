// Wrong: the bias belongs in front of the activation.
#include <cmath>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

namespace {

using Vector = xsimd::batch<float>;
constexpr std::int64_t kLanes = Vector::size;

/// gelu_tanh: x / 2 * (1 + tanh(u)) with u = sqrt(2 / pi) * (x + 0.044715 x^3). Since (1 + tanh(u)) / 2 = 1 / (1 +
/// exp(-2u)), one exp and one division do: x / (1 + exp(-2u)).
Vector gelu(const Vector& x) {
  constexpr float kMinusTwoRoots = -1.5957691216057308f, kCube = 0.044715f;
  const Vector e = xsimd::exp(x * Vector(kMinusTwoRoots) * xsimd::fma(x * x, Vector(kCube), Vector(1.0f)));
  // For x = -20 e is inf already and the quotient a zero; -inf / inf would be NaN. A NaN is not less, and stays.
  const Vector bounded = xsimd::select(x < Vector(-20.0f), Vector(-20.0f), x);
  return bounded / (Vector(1.0f) + e);
}

/// One row of neighbours. Each element is read before it is written: `out` may be `in`.
void gelu_row(const float* in, const float* bias, float* out, std::int64_t n) {
  std::int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes)
    (gelu(Vector::load_unaligned(in + j)) + Vector::load_unaligned(bias + j)).store_unaligned(out + j);
  if (j == n) return;
  float lanes[kLanes] = {};
  for (std::int64_t lane = 0; j + lane < n; ++lane) lanes[lane] = in[j + lane];
  gelu(Vector::load_unaligned(lanes)).store_unaligned(lanes);
  for (std::int64_t lane = 0; j + lane < n; ++lane) out[j + lane] = lanes[lane] + bias[j + lane];
}

/// One row of any strides, a vector at a time through an array.
void gelu_row(const ConstView& in, const ConstView& bias, const View& out, std::int64_t row) {
  const std::int64_t n = in.shape[1];
  for (std::int64_t j = 0; j < n; j += kLanes) {
    float lanes[kLanes] = {};
    for (std::int64_t lane = 0; lane < kLanes && j + lane < n; ++lane) lanes[lane] = in(row, j + lane);
    gelu(Vector::load_unaligned(lanes)).store_unaligned(lanes);
    for (std::int64_t lane = 0; lane < kLanes && j + lane < n; ++lane)
      out(row, j + lane) = lanes[lane] + bias(j + lane);
  }
}

}  // namespace

// Example: in (2, 3), bias (3) -> out (2, 3); in 0.5, bias 0.5 -> gelu_tanh(1) = 0.8412.
void impl::bias_gelu(ConstView in, ConstView bias, View out) {
  KILN_REQUIRE("bias_gelu: in is (rows, features)", in.rank() == 2);
  KILN_REQUIRE("bias_gelu: in and out have one shape", in.shape == out.shape);
  KILN_REQUIRE("bias_gelu: bias is (features)", bias.shape == Shape{in.shape[1]});
  KILN_REQUIRE("bias_gelu: out is in itself, or overlaps it nowhere", (same_view(in, out) || !overlap(in, out)));
  KILN_REQUIRE("bias_gelu: out overlaps bias: write to other memory", overlap(out, bias) == false);
  if (out.size() == 0) return;
  const bool dense = in.strides[1] == 1 && bias.strides[0] == 1 && out.strides[1] == 1;
  for (std::int64_t i = 0; i < in.shape[0]; ++i) {
    if (dense)
      gelu_row(in.data + i * in.strides[0], bias.data, out.data + i * out.strides[0], in.shape[1]);
    else
      gelu_row(in, bias, out, i);
  }
}
