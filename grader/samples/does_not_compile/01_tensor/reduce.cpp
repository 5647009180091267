// reduce. sum works, mean and max are next.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

Shape without_axis(Shape shape, int axis, bool keepdims) {
  Shape result;
  for (int d = 0; d < shape.rank(); ++d)
    if (d != axis || keepdims) result.push_back(d == axis ? 1 : shape[d]);
  return result;
}

}  // namespace

void impl::sum(ConstView in, int axis, bool keepdims, View out) {
  if (axis < 0) axis += in.rank();
  KILN_REQUIRE("sum: shape", out.shape == without_axis(in.shape, axis, keepdims))
  float total = 0;
  for (std::int64_t i = 0; i < in.shape[axis]; ++i) total += in.data[i * in.stride[axis]];
  out.data[0] = total;
}

void impl::mean(ConstView in, int axis, bool keepdims, View out) {
  sum(in, axis, keepdims, out);
  // TODO divide by n

void impl::max(ConstView in, int axis, bool keepdims, View out) { STUB(); }
