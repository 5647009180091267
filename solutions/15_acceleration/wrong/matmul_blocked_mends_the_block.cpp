// Wrong: a block of 0 is taken for 1 instead of refused.
#include <algorithm>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

namespace {

/// Rows of b that are added to a row of c in one walk: c is loaded and stored once for so many multiply-adds. Once a
/// block of b is in the cache, these loads and stores are what costs most.
constexpr std::int64_t kAtOnce = 4;

/// out[j] += sum over r of scales[r] * rows[r * step + j]: dense rows, of which the compiler makes vector code. `out`
/// overlaps none of them, which it is told, so that it need not ask before each row.
void add_scaled_rows(const float* scales, const float* rows, std::int64_t step, float* __restrict out, std::int64_t n) {
  const float *row0 = rows, *row1 = rows + step, *row2 = rows + 2 * step, *row3 = rows + 3 * step;
  const float scale0 = scales[0], scale1 = scales[1], scale2 = scales[2], scale3 = scales[3];
  for (std::int64_t j = 0; j < n; ++j)
    out[j] = out[j] + scale0 * row0[j] + scale1 * row1[j] + scale2 * row2[j] + scale3 * row3[j];
}

/// c += a b for blocks of them, in the order i, k, j: along the rows of b and c.
void add_product(const ConstView& a, const ConstView& b, const View& c) {
  const std::int64_t n = c.shape[1], inner = a.shape[1], step_b = b.strides[1], step_c = c.strides[1];
  const bool dense = step_b == 1 && step_c == 1;
  for (std::int64_t i = 0; i < c.shape[0]; ++i) {
    float* row_c = c.data + i * c.strides[0];
    std::int64_t k = 0;
    for (; dense && k + kAtOnce <= inner; k += kAtOnce) {
      const float scales[kAtOnce] = {a(i, k), a(i, k + 1), a(i, k + 2), a(i, k + 3)};
      add_scaled_rows(scales, b.data + k * b.strides[0], b.strides[0], row_c, n);
    }
    for (; k < inner; ++k) {
      const float* row_b = b.data + k * b.strides[0];
      for (std::int64_t j = 0; j < n; ++j) row_c[j * step_c] += a(i, k) * row_b[j * step_b];
    }
  }
}

/// The block of `matrix` that starts at (row, column); at an edge it is smaller.
template <class AnyView>
AnyView block_of(const AnyView& matrix, std::int64_t row, std::int64_t column, std::int64_t block) {
  return {matrix.data + row * matrix.strides[0] + column * matrix.strides[1],
          {std::min(block, matrix.shape[0] - row), std::min(block, matrix.shape[1] - column)},
          matrix.strides};
}

}  // namespace

// Example: a (100, 300), b (300, 200), block 64 -> c (100, 200) from 2 x 4 blocks, each the sum of 5 products.
void impl::matmul_blocked(ConstView a, ConstView b, std::int64_t block, View c) {
  KILN_REQUIRE(
      "matmul_blocked: a, b and c are matrices, a " + to_string(a) + ", b " + to_string(b) + ", c " + to_string(c),
      (a.rank() == 2 && b.rank() == 2 && c.rank() == 2));
  KILN_REQUIRE("matmul_blocked: a's columns meet b's rows, a " + to_string(a) + ", b " + to_string(b),
               a.shape[1] == b.shape[0]);
  KILN_REQUIRE("matmul_blocked: c has a's rows and b's columns", c.shape == Shape{a.shape[0], b.shape[1]});
  KILN_REQUIRE("matmul_blocked: c overlaps neither a nor b: copy what is read, or write to other memory",
               (overlap(c, a) || overlap(c, b)) == false);
  block = std::max<std::int64_t>(block, 1);
  const std::int64_t m = c.shape[0], n = c.shape[1], inner = a.shape[1];
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) c(i, j) = 0;
  // A block of b is read from memory once; every block of a passes by while it is in the cache.
  for (std::int64_t k = 0; k < inner; k += block)
    for (std::int64_t j = 0; j < n; j += block)
      for (std::int64_t i = 0; i < m; i += block)
        add_product(block_of(a, i, k, block), block_of(b, k, j, block), block_of(c, i, j, block));
}
