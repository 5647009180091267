// softmax_simd with the exp of the C library, an element at a time: right, and slow.
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

void impl::softmax_simd(ConstView in, View out) {
  KILN_REQUIRE("softmax_simd: one shape", in.shape == out.shape);
  KILN_REQUIRE("softmax_simd: rows", in.rank() > 0);
  KILN_REQUIRE("softmax_simd: out is in, or apart", (same_view(in, out) || !overlap(in, out)));
  if (out.size() == 0) return;
  const int last = in.rank() - 1;
  const std::int64_t n = in.shape[last], step = in.strides[last], step_out = out.strides[last];
  for (std::int64_t i = 0; i < in.size(); i += n) {
    const float* row = in.data + offset_of(i, in.shape, in.strides);
    float* result = out.data + offset_of(i, out.shape, out.strides);
    float most = -INFINITY, sum = 0;
    for (std::int64_t j = 0; j < n; ++j) most = row[j * step] > most ? row[j * step] : most;
    if (most == -INFINITY) most = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      result[j * step_out] = std::exp(row[j * step] - most);
      sum += result[j * step_out];
    }
    for (std::int64_t j = 0; j < n; ++j) result[j * step_out] = sum == 0 ? 0 : result[j * step_out] / sum;
  }
}
