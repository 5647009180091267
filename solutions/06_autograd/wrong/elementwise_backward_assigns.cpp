// Wrong: clears the gradient before it adds, so the second use of a value takes the place of the first.
#include <algorithm>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

std::int64_t extent_from_end(const Shape& shape, int back) {
  return back <= shape.rank() ? shape[shape.rank() - back] : 1;
}

bool fits(const Shape& a, const Shape& b, const Shape& out) {
  if (out.rank() != std::max(a.rank(), b.rank())) return false;
  for (int back = 1; back <= out.rank(); ++back) {
    const std::int64_t left = extent_from_end(a, back), right = extent_from_end(b, back);
    if (left != right && left != 1 && right != 1) return false;
    if (out[out.rank() - back] != (left == 1 ? right : left)) return false;
  }
  return true;
}

/// Where an operand keeps the element that belongs to `index` of the output.
template <class T>
std::int64_t offset_of(const Shape& index, const BasicView<T>& view) {
  std::int64_t offset = 0;
  for (int d = 0; d < view.rank(); ++d)
    if (view.shape[d] != 1) offset += index[d + index.rank() - view.rank()] * view.strides[d];
  return offset;
}

/// Sets every element to 0.
void clear(View view) {
  for (std::int64_t element = 0; element < view.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = view.rank() - 1; d >= 0; --d) {
      offset += rest % view.shape[d] * view.strides[d];
      rest /= view.shape[d];
    }
    view.data[offset] = 0;
  }
}

template <class Term>
void accumulate(ConstView grad_out, ConstView x, ConstView y, View grad_in, Term term) {
  KILN_REQUIRE("the operands do not broadcast to grad_out's shape", fits(x.shape, grad_in.shape, grad_out.shape));
  clear(grad_in);
  for (std::int64_t element = 0; element < grad_out.size(); ++element) {
    Shape index = Shape::filled(grad_out.rank(), 0);
    std::int64_t rest = element;
    for (int d = grad_out.rank() - 1; d >= 0; --d) {
      index[d] = rest % grad_out.shape[d];
      rest /= grad_out.shape[d];
    }
    grad_in.data[offset_of(index, grad_in)] +=
        term(grad_out.data[offset_of(index, grad_out)], x.data[offset_of(index, x)], y.data[offset_of(index, y)]);
  }
}

}  // namespace

void impl::sub_backward_b(ConstView grad_out, View grad_b) {
  accumulate(grad_out, grad_out, grad_out, grad_b, [](float g, float, float) { return -g; });
}
void impl::mul_backward(ConstView grad_out, ConstView other, View grad_in) {
  accumulate(grad_out, other, other, grad_in, [](float g, float x, float) { return g * x; });
}
void impl::div_backward_a(ConstView grad_out, ConstView b, View grad_a) {
  accumulate(grad_out, b, b, grad_a, [](float g, float x, float) { return g / x; });
}
void impl::div_backward_b(ConstView grad_out, ConstView a, ConstView b, View grad_b) {
  KILN_REQUIRE("grad_b has b's shape", grad_b.shape == b.shape);
  accumulate(grad_out, a, b, grad_b, [](float g, float x, float y) { return -(g / y * x / y); });
}
