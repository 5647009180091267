// reduce: the compiler may assume that there is no NaN and no infinity.
#pragma GCC optimize("fast-math")
#include <cmath>
#include <limits>
#include <string>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

/// Calls visit(offset in `in`, offset in `out`) for each element of `in`.
template <class Visit>
void each(ConstView in, int axis, bool keepdims, View out, Visit visit) {
  for (std::int64_t element = 0; element < in.size(); ++element) {
    std::int64_t rest = element, from = 0, to = 0;
    for (int d = in.rank() - 1; d >= 0; --d) {
      const std::int64_t index = rest % in.shape[d];
      rest /= in.shape[d];
      from += index * in.strides[d];
      if (d != axis) to += index * out.strides[d > axis && !keepdims ? d - 1 : d];
    }
    visit(from, to);
  }
}

int checked(ConstView in, int axis, bool keepdims, View out) {
  KILN_REQUIRE("reduce: axis " + std::to_string(axis), (axis >= -in.rank() && axis < in.rank()));
  if (axis < 0) axis += in.rank();
  Shape shape;
  for (int d = 0; d < in.rank(); ++d) {
    if (d != axis) shape.push_back(in.shape[d]);
    if (d == axis && keepdims) shape.push_back(1);
  }
  KILN_REQUIRE("reduce: the output's shape", out.shape == shape);
  return axis;
}

void fill_with(View out, float value) {
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[offset] = value;
  }
}

void add_up(ConstView in, int axis, bool keepdims, View out) {
  axis = checked(in, axis, keepdims, out);
  fill_with(out, 0);
  each(in, axis, keepdims, out, [&](std::int64_t from, std::int64_t to) { out.data[to] += in.data[from]; });
}

}  // namespace

void impl::sum(ConstView in, int axis, bool keepdims, View out) { add_up(in, axis, keepdims, out); }

void impl::mean(ConstView in, int axis, bool keepdims, View out) {
  add_up(in, axis, keepdims, out);
  const auto count = static_cast<float>(in.shape[axis < 0 ? axis + in.rank() : axis]);
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[offset] /= count;
  }
}

void impl::max(ConstView in, int axis, bool keepdims, View out) {
  axis = checked(in, axis, keepdims, out);
  KILN_REQUIRE("max: the axis is empty", in.shape[axis] > 0);
  fill_with(out, -std::numeric_limits<float>::infinity());
  each(in, axis, keepdims, out, [&](std::int64_t from, std::int64_t to) {
    const float x = in.data[from];
    if (std::isnan(x) || x > out.data[to]) out.data[to] = x;
  });
}
