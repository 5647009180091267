// Wrong: threads share the sum of each element, so that its bits depend on how many there are.
#include <algorithm>
#include <mutex>
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
  const std::int64_t inner = a.shape[1], pieces = std::min<std::int64_t>(thread_count(), inner);
  family.matmul_packed(0, a, b, beta, c);
  std::mutex mutex;
  parallel_for(0, pieces, 1, [&](std::int64_t piece, std::int64_t) {
    const std::int64_t first = inner * piece / pieces, last = inner * (piece + 1) / pieces;
    std::vector<float> own(static_cast<std::size_t>(c.size()));
    const View part{own.data(), c.shape, {c.shape[1], 1}};
    family.matmul_packed(alpha, {a.data + first * a.strides[1], {a.shape[0], last - first}, a.strides},
                         {b.data + first * b.strides[0], {last - first, b.shape[1]}, b.strides}, 0, part);
    const std::lock_guard lock(mutex);
    for (std::int64_t i = 0; i < c.shape[0]; ++i)
      for (std::int64_t j = 0; j < c.shape[1]; ++j) c(i, j) += part(i, j);
  });
}
