// matmul: products of matrices, one and a batch of them, with clear loops in cache order.
// Contract: kiln/kernels/tensor.hpp. Lesson: modules/01_tensor/README.md, step 6.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

/// out[j] += scale * row[j]. A loop of its own: the compiler sees two dense rows, and makes vector code with fused
/// multiply-adds of it (8 floats an instruction).
void add_scaled_row(float scale, const float* row, float* out, std::int64_t n) {
  for (std::int64_t j = 0; j < n; ++j) out[j] += scale * row[j];
}

/// c = a b for a (m, k), b (k, n), c (m, n), in the order i, k, j.
/// The innermost loop walks b and c along their rows: a cache line of 16 floats serves 16 steps. With k innermost each
/// step would jump to another row of b, and use one float of every line.
void multiply(ConstView a, ConstView b, View c) {
  const std::int64_t m = c.shape[0], n = c.shape[1], inner = a.shape[1];
  const std::int64_t step_b = b.strides[1], step_c = c.strides[1];
  for (std::int64_t i = 0; i < m; ++i) {
    float* row_c = c.data + i * c.strides[0];
    // Start from zeros; what was in c does not count. With inner == 0 that is the result.
    for (std::int64_t j = 0; j < n; ++j) row_c[j * step_c] = 0.0f;
    // Add every row of b, scaled by its element of a. 2 n operations on 2 n loads and n stores, all in order.
    for (std::int64_t k = 0; k < inner; ++k) {
      const float scale = a.data[i * a.strides[0] + k * a.strides[1]];
      const float* row_b = b.data + k * b.strides[0];
      if (step_b == 1 && step_c == 1) {
        add_scaled_row(scale, row_b, row_c, n);
      } else {
        for (std::int64_t j = 0; j < n; ++j) row_c[j * step_c] += scale * row_b[j * step_b];
      }
    }
  }
}

}  // namespace

// Example: a (2, 3), b (3, 4) -> c (2, 4); c(i, j) = sum over k of a(i, k) * b(k, j).
void impl::matmul(ConstView a, ConstView b, View c) {
  KILN_REQUIRE("matmul: a is a matrix", a.rank() == 2);
  KILN_REQUIRE("matmul: b is a matrix", b.rank() == 2);
  KILN_REQUIRE("matmul: c is a matrix", c.rank() == 2);
  KILN_REQUIRE("matmul: a's columns meet b's rows, a " + to_string(a) + ", b " + to_string(b),
               a.shape[1] == b.shape[0]);
  KILN_REQUIRE("matmul: c has a's rows and b's columns", c.shape == Shape{a.shape[0], b.shape[1]});
  multiply(a, b, c);
}
