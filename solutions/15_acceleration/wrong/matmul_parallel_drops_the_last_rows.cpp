// Wrong: a number of rows that the threads do not divide leaves some to nobody.
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
  const std::int64_t pieces = std::min<std::int64_t>(thread_count(), c.shape[0]), height = c.shape[0] / pieces;
  parallel_for(0, pieces, 1, [&](std::int64_t piece, std::int64_t) {
    const std::int64_t i = piece * height;
    family.matmul_packed(alpha, {a.data + i * a.strides[0], {height, a.shape[1]}, a.strides}, b, beta,
                         {c.data + i * c.strides[0], {height, c.shape[1]}, c.strides});
  });
}
