// fill: loops and all, by macros.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

#define EACH(i, n) for (std::int64_t i = 0; i < (n); ++i)
#define DOWN(d, n) for (int d = (n) - 1; d >= 0; --d)
#define STEP(view, d, rest, offset) ((offset) += (rest) % (view).shape[d] * (view).strides[d], (rest) /= (view).shape[d])

void impl::fill(View out, float value) {
  EACH(element, out.size()) {
    std::int64_t rest = element, offset = 0;
    DOWN(d, out.rank()) STEP(out, d, rest, offset);
    out.data[offset] = value;
  }
}
