// Wrong: max starts at the lowest finite float, which is above -infinity.
#include <cmath>
#include <limits>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

/// Calls body(result, first element) for every result; returns the axis counted from the front.
template <class Body>
int for_each_result(ConstView in, int axis, bool keepdims, View out, Body body) {
  KILN_REQUIRE("the axis is out of range", (axis >= -in.rank() && axis < in.rank()));
  if (axis < 0) axis += in.rank();
  Shape expected;
  Strides strides;
  for (int d = 0; d < in.rank(); ++d) {
    if (d == axis && !keepdims) continue;
    expected.push_back(d == axis ? 1 : in.shape[d]);
    strides.push_back(d == axis ? 0 : in.strides[d]);
  }
  KILN_REQUIRE("the output's shape does not fit", out.shape == expected);
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, from = 0, to = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      from += rest % out.shape[d] * strides[d];
      to += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    body(out.data[to], in.data + from, in.shape[axis], in.strides[axis]);
  }
  return axis;
}

void add_up(float& result, const float* first, std::int64_t n, std::int64_t step) {
  result = 0;
  for (std::int64_t k = 0; k < n; ++k) result += first[k * step];
}

}  // namespace

void impl::sum(ConstView in, int axis, bool keepdims, View out) { for_each_result(in, axis, keepdims, out, add_up); }

void impl::mean(ConstView in, int axis, bool keepdims, View out) {
  for_each_result(in, axis, keepdims, out, [&](float& result, const float* first, std::int64_t n, std::int64_t step) {
    add_up(result, first, n, step);
    result /= static_cast<float>(n);
  });
}

void impl::max(ConstView in, int axis, bool keepdims, View out) {
  const bool axis_fits = axis >= -in.rank() && axis < in.rank();
  KILN_REQUIRE("the axis is empty", (axis_fits && in.shape[axis < 0 ? axis + in.rank() : axis] > 0));
  for_each_result(in, axis, keepdims, out, [](float& result, const float* first, std::int64_t n, std::int64_t step) {
    result = std::numeric_limits<float>::lowest();
    for (std::int64_t k = 0; k < n; ++k) {
      const float x = first[k * step];
      if (x > result || std::isnan(x)) result = x;
    }
  });
}
