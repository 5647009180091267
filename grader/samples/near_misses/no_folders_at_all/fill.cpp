// fill: one call a dimension.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

void down(const View& view, int d, float* at, float value) {
  if (d == view.rank()) {
    *at = value;
    return;
  }
  for (std::int64_t i = 0; i < view.shape[d]; ++i) down(view, d + 1, at + i * view.strides[d], value);
}

}  // namespace

void impl::fill(View out, float value) { down(out, 0, out.data, value); }
