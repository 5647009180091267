// elementwise: the shorter shape gets ones until both have the same length, then extents must agree or be 1.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

// Ones go behind the extents that are there: a row of 3 is the first dimension.
ConstView pad(ConstView v, int rank) {
  while (v.rank() < rank) {
    v.shape.push_back(1);
    v.strides.push_back(0);
  }
  for (int d = 0; d < rank; ++d)
    if (v.shape[d] == 1) v.strides[d] = 0;
  return v;
}

template <class Op>
void elementwise(ConstView a, ConstView b, View out, Op op) {
  const int rank = out.rank();
  KILN_REQUIRE("out has too few dimensions", (rank == a.rank() || rank == b.rank()));
  KILN_REQUIRE("a has too many dimensions", a.rank() <= rank);
  KILN_REQUIRE("b has too many dimensions", b.rank() <= rank);
  a = pad(a, rank);
  b = pad(b, rank);
  for (int d = 0; d < rank; ++d) {
    KILN_REQUIRE("a and b do not broadcast", (a.shape[d] == b.shape[d] || a.shape[d] == 1 || b.shape[d] == 1));
    KILN_REQUIRE("out does not fit", out.shape[d] == (a.shape[d] == 1 ? b.shape[d] : a.shape[d]));
  }

  Shape index = Shape::filled(rank, 0);
  for (std::int64_t count = out.size(); count > 0; --count) {
    std::int64_t x = 0, y = 0, z = 0;
    for (int d = 0; d < rank; ++d) {
      x += index[d] * a.strides[d];
      y += index[d] * b.strides[d];
      z += index[d] * out.strides[d];
    }
    out.data[z] = op(a.data[x], b.data[y]);
    for (int d = rank - 1; d >= 0; --d) {
      if (++index[d] < out.shape[d]) break;
      index[d] = 0;
    }
  }
}

}  // namespace

void impl::add(ConstView a, ConstView b, View out) {
  elementwise(a, b, out, [](float x, float y) { return x + y; });
}

void impl::sub(ConstView a, ConstView b, View out) {
  elementwise(a, b, out, [](float x, float y) { return x - y; });
}

void impl::mul(ConstView a, ConstView b, View out) {
  elementwise(a, b, out, [](float x, float y) { return x * y; });
}

void impl::div(ConstView a, ConstView b, View out) {
  elementwise(a, b, out, [](float x, float y) { return x / y; });
}
