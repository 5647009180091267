// fill: a recursion of std::function and lambdas that capture each other.
#include <functional>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  std::function<void(std::int64_t)> act = [&](std::int64_t offset) { out.data[offset] = value; };
  for (int d = out.rank() - 1; d >= 0; --d)
    act = [&out, d, inner = std::move(act)](std::int64_t offset) {
      for (std::int64_t i = 0; i < out.shape[d]; ++i) inner(offset + i * out.strides[d]);
    };
  act(0);
}
