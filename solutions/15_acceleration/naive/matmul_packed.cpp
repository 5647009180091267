// matmul_packed by the loops of module 01, a row of b at a time: right, and slow, because every multiply-add loads and
// stores an element of c.
#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

namespace {

void add_scaled_row(float scale, const float* row, float* out, std::int64_t n) {
  for (std::int64_t j = 0; j < n; ++j) out[j] += scale * row[j];
}

}  // namespace

void impl::matmul_packed(float alpha, ConstView a, ConstView b, float beta, View c) {
  KILN_REQUIRE("matmul_packed: matrices", (a.rank() == 2 && b.rank() == 2 && c.rank() == 2));
  KILN_REQUIRE("matmul_packed: the extents fit",
               (a.shape[1] == b.shape[0] && c.shape == Shape{a.shape[0], b.shape[1]}));
  KILN_REQUIRE("matmul_packed: c overlaps no input", (overlap(c, a) || overlap(c, b)) == false);
  const std::int64_t m = c.shape[0], n = c.shape[1], inner = alpha == 0 ? 0 : a.shape[1];
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) c(i, j) = beta == 0 ? 0 : beta * c(i, j);
    for (std::int64_t k = 0; k < inner; ++k) {
      const float scale = alpha * a(i, k);
      if (b.strides[1] == 1 && c.strides[1] == 1) {
        add_scaled_row(scale, b.data + k * b.strides[0], c.data + i * c.strides[0], n);
      } else {
        for (std::int64_t j = 0; j < n; ++j) c(i, j) += scale * b(k, j);
      }
    }
  }
}
