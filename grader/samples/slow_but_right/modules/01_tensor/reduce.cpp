// reduce: one result after the other; for every element that goes into it, its index and its place in memory.
#include <cmath>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

Shape index_of(std::int64_t number, const Shape& shape) {
  Shape index = shape;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    index[d] = number % shape[d];
    number /= shape[d];
  }
  return index;
}

std::int64_t place(const Shape& index, const Strides& strides) {
  std::int64_t offset = 0;
  for (int d = 0; d < index.rank(); ++d) offset += index[d] * strides[d];
  return offset;
}

/// The walk that all three share: start(), step(result so far, next element), finish(result, count).
template <class Start, class Step, class Finish>
void reduce(ConstView in, int axis, bool keepdims, View out, Start start, Step step, Finish finish) {
  KILN_REQUIRE("the axis is out of range", (axis >= -in.rank() && axis < in.rank()));
  if (axis < 0) axis += in.rank();
  Shape expected;
  for (int d = 0; d < in.rank(); ++d) {
    if (d != axis) expected.push_back(in.shape[d]);
    if (d == axis && keepdims) expected.push_back(1);
  }
  KILN_REQUIRE("the output does not fit", out.shape == expected);

  // One element of `results` for each result, with extent 1 along the axis.
  Shape results = in.shape;
  results[axis] = 1;
  for (std::int64_t number = 0; number < results.elements(); ++number) {
    float result = start();
    for (std::int64_t k = 0; k < in.shape[axis]; ++k) {
      Shape index = index_of(number, results);
      index[axis] = k;
      result = step(result, in.data[place(index, in.strides)]);
    }
    out.data[place(index_of(number, out.shape), out.strides)] = finish(result, in.shape[axis]);
  }
}

float zero() { return 0; }
float plus(float total, float x) { return total + x; }
float keep(float result, std::int64_t) { return result; }

}  // namespace

void impl::sum(ConstView in, int axis, bool keepdims, View out) { reduce(in, axis, keepdims, out, zero, plus, keep); }

void impl::mean(ConstView in, int axis, bool keepdims, View out) {
  reduce(in, axis, keepdims, out, zero, plus, [](float total, std::int64_t n) { return total / static_cast<float>(n); });
}

void impl::max(ConstView in, int axis, bool keepdims, View out) {
  const int from_front = axis < 0 ? axis + in.rank() : axis;
  if (from_front >= 0 && from_front < in.rank()) KILN_REQUIRE("max: the axis is empty", in.shape[from_front] > 0);
  reduce(
      in, axis, keepdims, out, [] { return -INFINITY; },
      [](float best, float x) { return x > best || std::isnan(x) ? x : best; }, keep);
}
