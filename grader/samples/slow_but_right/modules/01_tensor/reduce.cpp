// reduce: one result after the other, each along its axis.
#include <cmath>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

/// Calls body(first element, result) for every result.
template <class Body>
void for_each_result(ConstView in, int axis, bool keepdims, View out, Body body) {
  KILN_REQUIRE("the axis counts from -rank", axis >= -in.rank());
  KILN_REQUIRE("the axis ends before the rank", axis < in.rank());
  if (axis < 0) axis += in.rank();
  Shape expected;
  Strides strides_in;
  for (int d = 0; d < in.rank(); ++d) {
    if (d != axis || keepdims) expected.push_back(d == axis ? 1 : in.shape[d]);
    if (d != axis || keepdims) strides_in.push_back(d == axis ? 0 : in.strides[d]);
  }
  KILN_REQUIRE("the output's shape does not fit", out.shape == expected);
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, from = 0, to = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      from += rest % out.shape[d] * strides_in[d];
      to += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[to] = body(in.data + from, in.shape[axis], in.strides[axis]);
  }
}

float sum_along(const float* first, std::int64_t n, std::int64_t step) {
  float total = 0;
  for (std::int64_t k = 0; k < n; ++k) total += first[k * step];
  return total;
}

}  // namespace

void impl::sum(ConstView in, int axis, bool keepdims, View out) { for_each_result(in, axis, keepdims, out, sum_along); }

void impl::mean(ConstView in, int axis, bool keepdims, View out) {
  for_each_result(in, axis, keepdims, out, [](const float* first, std::int64_t n, std::int64_t step) {
    return sum_along(first, n, step) / static_cast<float>(n);
  });
}

void impl::max(ConstView in, int axis, bool keepdims, View out) {
  KILN_REQUIRE("max: the axis is out of range", (axis >= -in.rank() && axis < in.rank()));
  KILN_REQUIRE("max: the axis is empty", in.shape[axis < 0 ? axis + in.rank() : axis] > 0);
  for_each_result(in, axis, keepdims, out, [](const float* first, std::int64_t n, std::int64_t step) {
    float best = first[0];
    for (std::int64_t k = 1; k < n; ++k) {
      const float x = first[k * step];
      if (x > best || std::isnan(x)) best = x;
    }
    return best;
  });
}
