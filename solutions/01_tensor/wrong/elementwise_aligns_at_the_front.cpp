// Wrong: an operand of lower rank is aligned at the first dimension.
#include <algorithm>

#include "kiln/kernels/tensor.hpp"

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
std::int64_t offset_of(const Shape& index, const Shape& shape, const Strides& strides) {
  std::int64_t offset = 0;
  for (int d = 0; d < shape.rank(); ++d)
    if (shape[d] != 1) offset += index[d] * strides[d];
  return offset;
}

template <class Operation>
void apply(ConstView a, ConstView b, View out, Operation op) {
  KILN_REQUIRE("the operands do not broadcast to the output's shape", fits(a.shape, b.shape, out.shape));
  for (std::int64_t element = 0; element < out.size(); ++element) {
    Shape index = Shape::filled(out.rank(), 0);
    std::int64_t rest = element;
    for (int d = out.rank() - 1; d >= 0; --d) {
      index[d] = rest % out.shape[d];
      rest /= out.shape[d];
    }
    const float left = a.data[offset_of(index, a.shape, a.strides)];
    const float right = b.data[offset_of(index, b.shape, b.strides)];
    out.data[offset_of(index, out.shape, out.strides)] = op(left, right);
  }
}

}  // namespace

void impl::add(ConstView a, ConstView b, View out) {
  apply(a, b, out, [](float x, float y) { return x + y; });
}
void impl::sub(ConstView a, ConstView b, View out) {
  apply(a, b, out, [](float x, float y) { return x - y; });
}
void impl::mul(ConstView a, ConstView b, View out) {
  apply(a, b, out, [](float x, float y) { return x * y; });
}
void impl::div(ConstView a, ConstView b, View out) {
  apply(a, b, out, [](float x, float y) { return x / y; });
}
