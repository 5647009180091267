// gemm as OpenBLAS computes it: what the products of the backend `library` stand on.
#include "../gemm.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // its header uses C's _Complex
#include <cblas.h>
#pragma GCC diagnostic pop

#include <limits>

#include "../scratch.hpp"
#include "kiln/parallel.hpp"

namespace kiln::KILN_IMPL {
namespace {

/// BLAS counts in int, and knows matrices whose rows or columns are dense and no further apart than that.
bool is_plain(const ConstView& m) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  const std::int64_t rows = m.shape[0], columns = m.shape[1];
  const bool in_rows = m.strides[1] == 1 && m.strides[0] >= columns && m.strides[0] <= kMost;
  const bool in_columns = m.strides[0] == 1 && m.strides[1] >= rows && m.strides[1] <= kMost;
  return (in_rows || in_columns) && rows <= kMost && columns <= kMost;
}

/// The matrix itself, or its dense copy.
ConstView plain(const ConstView& m, Scratch& scratch) {
  if (is_plain(m)) return m;
  const std::int64_t rows = m.shape[0], columns = m.shape[1];
  float* const copy = scratch.floats(rows * columns);
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column)
      copy[row * columns + column] = m.data[row * m.strides[0] + column * m.strides[1]];
  return {copy, m.shape, {columns, 1}};
}

struct Operand {
  CBLAS_TRANSPOSE transpose;
  int distance;
};
Operand operand(const ConstView& m) {
  const bool in_rows = m.strides[1] == 1 && m.strides[0] >= m.shape[1];
  return {in_rows ? CblasNoTrans : CblasTrans, static_cast<int>(in_rows ? m.strides[0] : m.strides[1])};
}

}  // namespace

void gemm(float alpha, ConstView a, ConstView b, float beta, View c) {
  const std::int64_t rows = c.shape[0], columns = c.shape[1];
  if (rows == 0 || columns == 0) return;
  if (!is_plain(c) || c.strides[1] != 1 || c.strides[0] < columns) {
    // Through a dense matrix. NaN that beta = 0 forgets must not be read.
    thread_local Scratch scratch;
    float* const dense = scratch.floats(rows * columns);
    gemm(alpha, a, b, 0, {dense, c.shape, {columns, 1}});
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t column = 0; column < columns; ++column) {
        float& at = c.data[row * c.strides[0] + column * c.strides[1]];
        at = dense[row * columns + column] + (beta == 0 ? 0 : beta * at);
      }
    return;
  }
  thread_local Scratch scratch_a, scratch_b;
  a = plain(a, scratch_a);
  b = plain(b, scratch_b);
  const Operand left = operand(a), right = operand(b);
  if (openblas_get_num_threads() != thread_count()) openblas_set_num_threads(thread_count());
  cblas_sgemm(CblasRowMajor, left.transpose, right.transpose, static_cast<int>(rows), static_cast<int>(columns),
              static_cast<int>(a.shape[1]), alpha, a.data, left.distance, b.data, right.distance, beta, c.data,
              static_cast<int>(c.strides[0]));
}

}  // namespace kiln::KILN_IMPL
