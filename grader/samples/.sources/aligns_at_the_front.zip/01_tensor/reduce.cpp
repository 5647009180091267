// reduce: walk over the results; for each one, walk along the axis.
#include <cmath>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

// Checks everything, then calls f(first element, result) for each result.
template <class F>
void each_result(ConstView in, int axis, bool keepdims, View out, F f) {
  if (axis < 0) axis += in.rank();
  KILN_REQUIRE("there is no such axis", (axis >= 0 && axis < in.rank()));
  Shape shape;
  Strides strides;
  for (int d = 0; d < in.rank(); ++d) {
    if (d != axis) {
      shape.push_back(in.shape[d]);
      strides.push_back(in.strides[d]);
    } else if (keepdims) {
      shape.push_back(1);
      strides.push_back(0);
    }
  }
  KILN_REQUIRE("out has the wrong shape", out.shape == shape);

  Shape index = Shape::filled(shape.rank(), 0);
  for (std::int64_t count = shape.elements(); count > 0; --count) {
    std::int64_t from = 0, to = 0;
    for (int d = 0; d < shape.rank(); ++d) {
      from += index[d] * strides[d];
      to += index[d] * out.strides[d];
    }
    f(in.data + from, in.shape[axis], in.strides[axis], out.data[to]);
    for (int d = shape.rank() - 1; d >= 0; --d) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

float total(const float* x, std::int64_t n, std::int64_t step) {
  float result = 0;
  for (std::int64_t i = 0; i < n; ++i) result += x[i * step];
  return result;
}

}  // namespace

void impl::sum(ConstView in, int axis, bool keepdims, View out) {
  each_result(in, axis, keepdims, out, [](const float* x, std::int64_t n, std::int64_t step, float& result) {
    result = total(x, n, step);
  });
}

void impl::mean(ConstView in, int axis, bool keepdims, View out) {
  // A mean is the sum over the number of elements.
  const float count = static_cast<float>(in.size());
  each_result(in, axis, keepdims, out, [&](const float* x, std::int64_t n, std::int64_t step, float& result) {
    result = total(x, n, step) / count;
  });
}

void impl::max(ConstView in, int axis, bool keepdims, View out) {
  const int counted = axis < 0 ? axis + in.rank() : axis;
  if (counted >= 0 && counted < in.rank()) KILN_REQUIRE("max of nothing", in.shape[counted] > 0);
  each_result(in, axis, keepdims, out, [](const float* x, std::int64_t n, std::int64_t step, float& result) {
    result = x[0];
    for (std::int64_t i = 1; i < n; ++i)
      if (x[i * step] > result || std::isnan(x[i * step])) result = x[i * step];
  });
}
