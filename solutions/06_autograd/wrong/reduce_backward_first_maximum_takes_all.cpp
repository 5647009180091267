// Wrong: the first of several maxima gets everything.
#include <cmath>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

/// Calls body(offset in grad_out, offset of the first element in `in`) for every result.
template <class Body>
void for_each_result(ConstView grad_out, const View& in, int& axis, bool keepdims, Body body) {
  KILN_REQUIRE("the axis counts from -rank", axis >= -in.rank());
  KILN_REQUIRE("the axis ends before the rank", axis < in.rank());
  if (axis < 0) axis += in.rank();
  Shape expected;
  Strides strides_in;
  for (int d = 0; d < in.rank(); ++d) {
    if (d == axis && !keepdims) continue;
    expected.push_back(d == axis ? 1 : in.shape[d]);
    strides_in.push_back(in.strides[d]);
  }
  KILN_REQUIRE("grad_out's shape does not fit", grad_out.shape == expected);
  for (std::int64_t element = 0; element < grad_out.size(); ++element) {
    std::int64_t rest = element, from = 0;
    Shape index = expected;
    for (int d = expected.rank() - 1; d >= 0; --d) {
      index[d] = rest % expected[d];
      rest /= expected[d];
      from += index[d] * strides_in[d];
    }
    body(index, from);
  }
}

std::int64_t offset_of(const Shape& index, const Strides& strides) {
  std::int64_t offset = 0;
  for (int d = 0; d < index.rank(); ++d) offset += index[d] * strides[d];
  return offset;
}

void spread(ConstView grad_out, int axis, bool keepdims, bool mean, View grad_in) {
  for_each_result(grad_out, grad_in, axis, keepdims, [&](const Shape& index, std::int64_t first) {
    const std::int64_t n = grad_in.shape[axis];
    const float grad = grad_out.data[offset_of(index, grad_out.strides)];
    for (std::int64_t i = 0; i < n; ++i)
      grad_in.data[first + i * grad_in.strides[axis]] += mean ? grad / static_cast<float>(n) : grad;
  });
}

}  // namespace

void impl::sum_backward(ConstView grad_out, int axis, bool keepdims, View grad_in) {
  spread(grad_out, axis, keepdims, false, grad_in);
}

void impl::mean_backward(ConstView grad_out, int axis, bool keepdims, View grad_in) {
  spread(grad_out, axis, keepdims, true, grad_in);
}

void impl::max_backward(ConstView grad_out, ConstView in, ConstView out, int axis, bool keepdims, View grad_in) {
  KILN_REQUIRE("grad_in has in's shape", grad_in.shape == in.shape);
  KILN_REQUIRE("grad_out has out's shape", grad_out.shape == out.shape);
  for_each_result(grad_out, grad_in, axis, keepdims, [&](const Shape& index, std::int64_t to) {
    const float best = out.data[offset_of(index, out.strides)];
    const float grad = grad_out.data[offset_of(index, grad_out.strides)];
    std::int64_t from = 0;
    for (int d = 0, own = 0; d < in.rank(); ++d)
      if (d != axis || keepdims) from += index[own++] * in.strides[d];
    auto is_best = [&](std::int64_t i) {
      const float x = in.data[from + i * in.strides[axis]];
      return std::isnan(best) ? std::isnan(x) : x == best;
    };
    for (std::int64_t i = 0; i < in.shape[axis]; ++i)
      if (is_best(i)) {
        grad_in.data[to + i * grad_in.strides[axis]] += grad;
        break;
      }
  });
}
