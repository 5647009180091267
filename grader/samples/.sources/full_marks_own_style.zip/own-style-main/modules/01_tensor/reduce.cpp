// Exercise 5: sum, mean, max.
// Dense tensors are seen as (outer, n, inner) around the axis; everything else goes the slow, general way.
#include <cmath>
#include <limits>

#include "kiln/kernels/tensor.hpp"

namespace {

using kiln::ConstView;
using kiln::Shape;
using kiln::View;
using Index = std::int64_t;

struct Plus {
  static constexpr float start = 0.0f;
  static float join(float x, float y) { return x + y; }
  static float finish(float total, Index) { return total; }
};
struct Average : Plus {
  static float finish(float total, Index n) { return total / static_cast<float>(n); }
};
struct Most {
  static constexpr float start = -std::numeric_limits<float>::infinity();
  static float join(float x, float y) {
    const float most = y > x ? y : x;
    return y != y ? y : most;
  }
  static float finish(float total, Index) { return total; }
};

template <class Op>
float along_row(const float* row, Index n) {
  constexpr Index width = 32;
  float part[width];
  for (float& p : part) p = Op::start;
  Index i = 0;
  for (; i + width <= n; i += width)
    for (Index lane = 0; lane < width; ++lane) part[lane] = Op::join(part[lane], row[i + lane]);
  float total = Op::start;
  for (float p : part) total = Op::join(total, p);
  for (; i < n; ++i) total = Op::join(total, row[i]);
  return total;
}

template <class Op>
void dense(const float* in, float* out, Index outer, Index n, Index inner) {
  for (Index o = 0; o < outer; ++o, in += n * inner, out += inner) {
    if (inner == 1) {
      *out = Op::finish(along_row<Op>(in, n), n);
      continue;
    }
    for (Index j = 0; j < inner; ++j) out[j] = Op::start;
    for (Index k = 0; k < n; ++k)
      for (Index j = 0; j < inner; ++j) out[j] = Op::join(out[j], in[k * inner + j]);
    for (Index j = 0; j < inner; ++j) out[j] = Op::finish(out[j], n);
  }
}

template <class Op>
void general(const ConstView& in, int axis, int d, const float* from, const View& out, const Shape& to, float* result) {
  if (d == in.rank()) {
    float total = Op::start;
    for (Index k = 0; k < in.shape[axis]; ++k) total = Op::join(total, from[k * in.strides[axis]]);
    *result = Op::finish(total, in.shape[axis]);
  } else if (d == axis) {
    general<Op>(in, axis, d + 1, from, out, to, result);
  } else {
    for (Index i = 0; i < in.shape[d]; ++i)
      general<Op>(in, axis, d + 1, from + i * in.strides[d], out, to, result + i * to[d]);
  }
}

template <class Op>
void reduce(ConstView in, int axis, bool keepdims, View out, bool empty_is_fine) {
  const int rank = in.rank();
  KILN_REQUIRE("reduce: no such axis", (axis < rank && axis >= -rank));
  axis = (axis + rank) % rank;
  Shape wanted, to;
  Index outer = 1, inner = 1;
  for (int d = 0; d < rank; ++d) {
    if (d != axis) (d < axis ? outer : inner) *= in.shape[d];
    if (d != axis || keepdims) wanted.push_back(d == axis ? 1 : in.shape[d]);
  }
  KILN_REQUIRE("reduce: out has a wrong shape", out.shape == wanted);
  KILN_REQUIRE("reduce: the axis is empty", (empty_is_fine || in.shape[axis] > 0));
  if (in.is_contiguous() && out.is_contiguous()) {
    dense<Op>(in.data, out.data, outer, in.shape[axis], inner);
  } else {
    for (int d = 0, o = 0; d < rank; ++d) {
      to.push_back(d == axis ? 0 : out.strides[o]);
      if (d != axis || keepdims) ++o;
    }
    general<Op>(in, axis, 0, in.data, out, to, out.data);
  }
}

}  // namespace

void kiln::impl::sum(ConstView in, int axis, bool keepdims, View out) { reduce<Plus>(in, axis, keepdims, out, true); }

void kiln::impl::mean(ConstView in, int axis, bool keepdims, View out) {
  reduce<Average>(in, axis, keepdims, out, true);
}

void kiln::impl::max(ConstView in, int axis, bool keepdims, View out) { reduce<Most>(in, axis, keepdims, out, false); }
