// copy. Views can run backwards, so I begin at the lowest address; from there all strides are positive.
#include <cstdlib>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("copy: shapes", in.shape == out.shape);
  KILN_REQUIRE("copy: out must be dense", out.is_contiguous());
  if (out.size() == 0) return;

  const float* lowest = in.data;
  Strides strides = in.strides;
  for (int d = 0; d < in.rank(); ++d) {
    if (in.strides[d] < 0) lowest += in.strides[d] * (in.shape[d] - 1);
    strides[d] = std::abs(in.strides[d]);
  }

  for (std::int64_t i = 0; i < out.size(); ++i) {
    std::int64_t rest = i, offset = 0;
    for (int d = in.rank() - 1; d >= 0; --d) {
      offset += (rest % in.shape[d]) * strides[d];
      rest /= in.shape[d];
    }
    out.data[i] = lowest[offset];
  }
}
