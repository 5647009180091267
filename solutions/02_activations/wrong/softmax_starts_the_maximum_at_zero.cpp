// Wrong: the maximum of a negative row comes out as 0, and every exp(x - 0) may vanish.
#include <cmath>

#include "kiln/kernels/activations.hpp"

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

float row_maximum(const float* row, std::int64_t step, std::int64_t n) {
  float best = 0;
  for (std::int64_t j = 0; j < n; ++j)
    if (row[j * step] > best) best = row[j * step];
  return best;
}

}  // namespace

void impl::softmax(ConstView in, View out) {
  KILN_REQUIRE("the shapes differ", in.shape == out.shape);
  KILN_REQUIRE("there are no rows", in.rank() > 0);
  if (out.size() == 0) return;
  const int last = in.rank() - 1;
  const std::int64_t n = in.shape[last], step = in.strides[last], step_out = out.strides[last];
  for (std::int64_t i = 0; i < in.size(); i += n) {
    const float* row = in.data + offset_of(i, in.shape, in.strides);
    float* result = out.data + offset_of(i, out.shape, out.strides);
    const float shift = row_maximum(row, step, n);
    float sum = 0;
    for (std::int64_t j = 0; j < n; ++j) sum += std::exp(row[j * step] - shift);
    for (std::int64_t j = 0; j < n; ++j) result[j * step_out] = sum == 0 ? 0 : std::exp(row[j * step] - shift) / sum;
  }
}
