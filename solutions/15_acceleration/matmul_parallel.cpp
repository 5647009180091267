// matmul_parallel: one product, cut into pieces of c that threads work out side by side.
// Contract: kiln/kernels/acceleration.hpp. Lesson: modules/15_acceleration/README.md, step 4.
#include <algorithm>

#include "kiln/kernels/acceleration.hpp"
#include "kiln/parallel.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// Into how many pieces c is cut: `rows` times `columns` of them, each of at most `height` by `width`.
struct Grid {
  std::int64_t rows = 1, columns = 1, height = 1, width = 1;
};

/// A piece is not worth a thread below this many multiply-adds: to wake one takes some microseconds.
constexpr std::int64_t kLeastWork = 1 << 20;
/// Pieces a thread, so that one that is held up leaves less behind for the others to wait for.
constexpr std::int64_t kPiecesPerThread = 2;
/// Extents of pieces are multiples of this, so that few tiles of the micro-kernel stand at an edge.
constexpr std::int64_t kStep = 32;

std::int64_t divide_up(std::int64_t size, std::int64_t parts) { return (size + parts - 1) / parts; }

/// Whichever side is longer is cut in two until there are pieces enough: a piece that is nearly square packs least.
/// Only c is cut, never k: each element is one thread's, which sums it in matmul_packed's order however c is cut.
Grid cut(std::int64_t m, std::int64_t n, std::int64_t inner, std::int64_t threads) {
  Grid grid{1, 1, m, n};
  const auto work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(inner);
  while (grid.rows * grid.columns < threads * kPiecesPerThread &&
         work >= 2.0 * static_cast<double>(grid.rows * grid.columns * kLeastWork) &&
         std::max(grid.height, grid.width) > kStep) {
    std::int64_t& parts = grid.height > grid.width ? grid.rows : grid.columns;
    std::int64_t& extent = grid.height > grid.width ? grid.height : grid.width;
    parts *= 2;
    extent = divide_up(divide_up(grid.height > grid.width ? m : n, parts), kStep) * kStep;
  }
  grid.rows = divide_up(m, grid.height);
  grid.columns = divide_up(n, grid.width);
  return grid;
}

}  // namespace
// END SOLUTION

// Example: (512, 512) on two threads is four pieces of (256, 256), each a matmul_packed of its own.
void impl::matmul_parallel(float alpha, ConstView a, ConstView b, float beta, View c) {
  // BEGIN SOLUTION
  const AccelerationSlots& family = kernels<AccelerationSlots>();
  const bool fits = a.rank() == 2 && b.rank() == 2 && c.rank() == 2 && a.shape[1] == b.shape[0] &&
                    c.shape == Shape{a.shape[0], b.shape[1]} && !overlap(c, a) && !overlap(c, b);
  // What does not fit, or is nothing, is no matter for threads: matmul_packed has the words for it.
  if (!fits || c.size() == 0) {
    family.matmul_packed(alpha, a, b, beta, c);
    return;
  }
  const Grid grid = cut(c.shape[0], c.shape[1], a.shape[1], thread_count());
  parallel_for(0, grid.rows * grid.columns, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t piece = first; piece < last; ++piece) {
      const std::int64_t i = piece / grid.columns * grid.height, j = piece % grid.columns * grid.width;
      const std::int64_t rows = std::min(grid.height, c.shape[0] - i), columns = std::min(grid.width, c.shape[1] - j);
      family.matmul_packed(alpha, {a.data + i * a.strides[0], {rows, a.shape[1]}, a.strides},
                           {b.data + j * b.strides[1], {b.shape[0], columns}, b.strides}, beta,
                           {c.data + i * c.strides[0] + j * c.strides[1], {rows, columns}, c.strides});
    }
  });
  // END SOLUTION
}
