// matmul_blocked in blocks, with the textbook's loops i, j, k in each: right, and slow, because the innermost loop
// walks down a column of b.
#include <algorithm>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

void impl::matmul_blocked(ConstView a, ConstView b, std::int64_t block, View c) {
  KILN_REQUIRE("matmul_blocked: matrices", (a.rank() == 2 && b.rank() == 2 && c.rank() == 2));
  KILN_REQUIRE("matmul_blocked: the extents fit",
               (a.shape[1] == b.shape[0] && c.shape == Shape{a.shape[0], b.shape[1]}));
  KILN_REQUIRE("matmul_blocked: a block has at least one row", block >= 1);
  KILN_REQUIRE("matmul_blocked: c overlaps no input", (overlap(c, a) || overlap(c, b)) == false);
  const std::int64_t m = c.shape[0], n = c.shape[1], inner = a.shape[1];
  block = std::min(block, std::max({m, n, inner, std::int64_t{1}}));  // ib + block must not overflow
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) c(i, j) = 0;
  for (std::int64_t ib = 0; ib < m; ib += block)
    for (std::int64_t jb = 0; jb < n; jb += block)
      for (std::int64_t kb = 0; kb < inner; kb += block)
        for (std::int64_t i = ib; i < std::min(m, ib + block); ++i)
          for (std::int64_t j = jb; j < std::min(n, jb + block); ++j)
            for (std::int64_t k = kb; k < std::min(inner, kb + block); ++k) c(i, j) += a(i, k) * b(k, j);
}
