// Wrong: k is cut, and what stood in c is scaled once a piece.

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
  const std::int64_t half = a.shape[1] / 2;
  for (const auto& [first, last] : {std::pair{std::int64_t{0}, half}, {half, a.shape[1]}})
    family.matmul_packed(alpha, {a.data + first * a.strides[1], {a.shape[0], last - first}, a.strides},
                         {b.data + first * b.strides[0], {last - first, b.shape[1]}, b.strides},
                         first > 0 && beta == 0 ? 1 : beta, c);
}
