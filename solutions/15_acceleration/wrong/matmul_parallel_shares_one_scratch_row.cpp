// Wrong: all threads work out their rows in the same memory and copy them from there.
#include <algorithm>
#include <vector>

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
  const std::int64_t pieces = std::min<std::int64_t>(thread_count(), c.shape[0]);
  std::vector<float> scratch(static_cast<std::size_t>(c.size()));
  const auto rows_of = [&](std::int64_t piece) {
    return c.shape[0] * (piece + 1) / pieces - c.shape[0] * piece / pieces;
  };
  parallel_for(0, pieces, 1, [&](std::int64_t piece, std::int64_t) {
    const std::int64_t i = c.shape[0] * piece / pieces;
    family.matmul_packed(alpha, {a.data + i * a.strides[0], {rows_of(piece), a.shape[1]}, a.strides}, b, 0,
                         {scratch.data(), {rows_of(piece), c.shape[1]}, {c.shape[1], 1}});
  });
  for (std::int64_t piece = 0; piece < pieces; ++piece)
    for (std::int64_t r = 0; r < rows_of(piece); ++r)
      for (std::int64_t j = 0; j < c.shape[1]; ++j) {
        float& at = c(c.shape[0] * piece / pieces + r, j);
        at = (beta == 0 ? 0 : beta * at) + scratch[static_cast<std::size_t>(r * c.shape[1] + j)];
      }
}
