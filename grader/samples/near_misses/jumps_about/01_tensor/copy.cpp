// copy: goto in place of loops.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("copy: shapes", in.shape == out.shape);
  KILN_REQUIRE("copy: a dense output", out.is_contiguous());
  Shape index = Shape::filled(in.rank(), 0);
  std::int64_t element = 0, offset;
  int d;
next:
  if (element == out.size()) goto done;
  offset = 0;
  d = 0;
sum:
  if (d < in.rank()) {
    offset += index[d] * in.strides[d];
    ++d;
    goto sum;
  }
  out.data[element++] = in.data[offset];
carry:
  if (--d < 0) goto next;
  if (++index[d] < in.shape[d]) goto next;
  index[d] = 0;
  goto carry;
done:;
}
