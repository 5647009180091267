// Wrong: 0 times the NaN that stood in c is NaN.
#include <algorithm>

#include "kiln/kernels/acceleration.hpp"
#include "kiln/parallel.hpp"

using namespace kiln;

void impl::matmul_parallel(float alpha, ConstView a, ConstView b, float beta, View c) {
  const AccelerationSlots& family = kernels<AccelerationSlots>();
  const bool fits = a.rank() == 2 && b.rank() == 2 && c.rank() == 2 && a.shape[1] == b.shape[0] &&
                    c.shape == Shape{a.shape[0], b.shape[1]} && !overlap(c, a) && !overlap(c, b);
  if (!fits || c.size() == 0 || a.shape[1] < 2) {
    family.matmul_packed(alpha, a, b, beta, c);
    return;
  }
  const std::int64_t pieces = std::min<std::int64_t>(4, c.shape[0]);
  parallel_for(0, pieces, 1, [&](std::int64_t piece, std::int64_t) {
    const std::int64_t i = c.shape[0] * piece / pieces, end = c.shape[0] * (piece + 1) / pieces;
    const View part{c.data + i * c.strides[0], {end - i, c.shape[1]}, c.strides};
    for (std::int64_t r = 0; r < end - i; ++r)
      for (std::int64_t j = 0; j < c.shape[1]; ++j) part(r, j) *= beta;
    family.matmul_packed(alpha, {a.data + i * a.strides[0], {end - i, a.shape[1]}, a.strides}, b, 1, part);
  });
}
