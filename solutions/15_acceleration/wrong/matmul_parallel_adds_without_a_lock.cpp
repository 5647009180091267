// Wrong: threads share the sums of k and add to the same c at the same time.
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
  const std::int64_t inner = a.shape[1], pieces = std::min<std::int64_t>(thread_count(), inner);
  family.matmul_packed(0, a, b, beta, c);
  parallel_for(0, pieces, 1, [&](std::int64_t piece, std::int64_t) {
    const std::int64_t first = inner * piece / pieces, last = inner * (piece + 1) / pieces;
    family.matmul_packed(alpha, {a.data + first * a.strides[1], {a.shape[0], last - first}, a.strides},
                         {b.data + first * b.strides[0], {last - first, b.shape[1]}, b.strides}, 1, c);
  });
}
