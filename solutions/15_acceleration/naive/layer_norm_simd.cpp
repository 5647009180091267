// layer_norm_simd an element at a time, every sum waiting for its last addition: right, and slow.
#include <cmath>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

namespace {

/// Where the element with this number lies.
std::int64_t offset_of(std::int64_t element, const Shape& shape, const Strides& strides) {
  std::int64_t offset = 0;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    offset += element % shape[d] * strides[d];
    element /= shape[d];
  }
  return offset;
}

}  // namespace

void impl::layer_norm_simd(ConstView in, ConstView weight, ConstView bias, float epsilon, View out) {
  KILN_REQUIRE("layer_norm_simd: rows", in.rank() > 0);
  KILN_REQUIRE("layer_norm_simd: one shape", in.shape == out.shape);
  const int last = in.rank() - 1;
  const std::int64_t n = in.shape[last], step = in.strides[last], step_out = out.strides[last];
  KILN_REQUIRE("layer_norm_simd: features", n >= 1);
  KILN_REQUIRE("layer_norm_simd: weight and bias are (features)", (weight.shape == Shape{n} && bias.shape == Shape{n}));
  KILN_REQUIRE("layer_norm_simd: epsilon is positive", epsilon > 0);
  KILN_REQUIRE("layer_norm_simd: out is in, or apart", (same_view(in, out) || !overlap(in, out)));
  KILN_REQUIRE("layer_norm_simd: out lies on weight or bias", (overlap(out, weight) || overlap(out, bias)) == false);
  for (std::int64_t i = 0; i < in.size(); i += n) {
    const float* row = in.data + offset_of(i, in.shape, in.strides);
    float* result = out.data + offset_of(i, out.shape, out.strides);
    double sum = 0, squares = 0;
    for (std::int64_t j = 0; j < n; ++j) sum += row[j * step];
    const double mean = sum / static_cast<double>(n);
    for (std::int64_t j = 0; j < n; ++j) squares += (row[j * step] - mean) * (row[j * step] - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(n) + epsilon);
    for (std::int64_t j = 0; j < n; ++j)
      result[j * step_out] = static_cast<float>((row[j * step] - mean) / deviation * weight(j) + bias(j));
  }
}
