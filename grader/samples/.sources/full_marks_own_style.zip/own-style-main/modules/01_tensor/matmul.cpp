// Exercise 6: matmul. i-k-j, four rows of b at a time, so that a row of c is loaded and stored a quarter as often.
#include "kiln/kernels/tensor.hpp"

namespace {

using kiln::ConstView;
using kiln::View;
using Index = std::int64_t;

struct Matrix {
  const float* data;
  Index row, column;
  float at(Index i, Index j) const { return data[i * row + j * column]; }
};

void zero(float* row, Index step, Index n) {
  for (Index j = 0; j < n; ++j) row[j * step] = 0.0f;
}

void dense_row(const Matrix& a, Index i, const Matrix& b, float* c, Index inner, Index n) {
  Index k = 0;
  for (; k + 4 <= inner; k += 4) {
    const float a0 = a.at(i, k), a1 = a.at(i, k + 1), a2 = a.at(i, k + 2), a3 = a.at(i, k + 3);
    const float *b0 = b.data + k * b.row, *b1 = b0 + b.row, *b2 = b1 + b.row, *b3 = b2 + b.row;
    for (Index j = 0; j < n; ++j) c[j] += a0 * b0[j] + a1 * b1[j] + a2 * b2[j] + a3 * b3[j];
  }
  for (; k < inner; ++k) {
    const float x = a.at(i, k);
    for (Index j = 0; j < n; ++j) c[j] += x * b.at(k, j);
  }
}

void product(const Matrix& a, const Matrix& b, float* c, Index row_c, Index column_c, Index m, Index inner, Index n) {
  for (Index i = 0; i < m; ++i, c += row_c) {
    zero(c, column_c, n);
    if (b.column == 1 && column_c == 1) {
      dense_row(a, i, b, c, inner, n);
      continue;
    }
    for (Index k = 0; k < inner; ++k)
      for (Index j = 0; j < n; ++j) c[j * column_c] += a.at(i, k) * b.at(k, j);
  }
}

}  // namespace

void kiln::impl::matmul(ConstView a, ConstView b, View c) {
  KILN_REQUIRE("matmul: three matrices, please", (a.rank() == 2 && b.rank() == 2 && c.rank() == 2));
  KILN_REQUIRE("matmul: inner extents", a.shape[1] == b.shape[0]);
  KILN_REQUIRE("matmul: rows of c", c.shape[0] == a.shape[0]);
  KILN_REQUIRE("matmul: columns of c", c.shape[1] == b.shape[1]);
  product({a.data, a.strides[0], a.strides[1]}, {b.data, b.strides[0], b.strides[1]}, c.data, c.strides[0],
          c.strides[1], a.shape[0], a.shape[1], b.shape[1]);
}

void kiln::impl::batched_matmul(ConstView a, ConstView b, View c) {
  KILN_REQUIRE("batched_matmul: three batches, please", (a.rank() == 3 && b.rank() == 3 && c.rank() == 3));
  const Index batch = c.shape[0];
  KILN_REQUIRE("batched_matmul: batch of a", (a.shape[0] == batch || a.shape[0] == 1));
  KILN_REQUIRE("batched_matmul: batch of b", (b.shape[0] == batch || b.shape[0] == 1));
  KILN_REQUIRE("batched_matmul: inner extents", a.shape[2] == b.shape[1]);
  KILN_REQUIRE("batched_matmul: rows of c", c.shape[1] == a.shape[1]);
  KILN_REQUIRE("batched_matmul: columns of c", c.shape[2] == b.shape[2]);
  const Index next_a = a.shape[0] == 1 ? 0 : a.strides[0], next_b = b.shape[0] == 1 ? 0 : b.strides[0];
  for (Index i = 0; i < batch; ++i)
    product({a.data + i * next_a, a.strides[1], a.strides[2]}, {b.data + i * next_b, b.strides[1], b.strides[2]},
            c.data + i * c.strides[0], c.strides[1], c.strides[2], a.shape[1], a.shape[2], b.shape[2]);
}
