// copy: count the index up like an odometer until it overflows.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("copy: the shapes differ", in.shape == out.shape);
  KILN_REQUIRE("copy: the output is not dense", out.is_contiguous());
  if (out.size() == 0) return;

  Shape index = Shape::filled(in.rank(), 0);
  bool done = false;
  while (!done) {
    std::int64_t from = 0, to = 0;
    for (int d = 0; d < in.rank(); ++d) {
      from += index[d] * in.strides[d];
      to = to * in.shape[d] + index[d];
    }
    out.data[to] = in.data[from];

    // Raise the last dimension; where it is full, carry into the one before.
    int d = in.rank() - 1;
    while (d >= 0 && ++index[d] == in.shape[d]) index[d] = 0;
    done = d < 0;
  }
}
