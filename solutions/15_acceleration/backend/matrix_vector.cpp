// Rows that are dense are multiplied with x; columns that are dense are added up, several in one walk.
#include "matrix_vector.hpp"

#include <algorithm>
#include <xsimd/xsimd.hpp>

#include "kiln/parallel.hpp"
#include "scratch.hpp"

namespace kiln::KILN_IMPL {
namespace {

using Vector = xsimd::batch<float>;
constexpr std::int64_t kLanes = Vector::size;

/// Rows or elements of y that one piece of a loop covers: enough that the pool's call does not count.
constexpr std::int64_t kRowsAtOnce = 256, kElementsAtOnce = 1024;

void finish(float alpha, float sum, float beta, float& y) { y = beta == 0 ? alpha * sum : alpha * sum + beta * y; }

/// x side by side, so that vectors can be loaded from it.
const float* dense(ConstView x, Scratch& scratch) {
  if (x.strides[0] == 1) return x.data;
  float* const copy = scratch.floats(x.shape[0]);
  for (std::int64_t i = 0; i < x.shape[0]; ++i) copy[i] = x.data[i * x.strides[0]];
  return copy;
}

/// Four sums for each row: additions of one would wait for each other.
float dot(const float* row, const float* x, std::int64_t depth) {
  constexpr int kSums = 4;
  Vector sums[kSums];
  for (Vector& sum : sums) sum = Vector(0.0f);
  std::int64_t k = 0;
  for (; k + kSums * kLanes <= depth; k += kSums * kLanes)
    for (int i = 0; i < kSums; ++i) {
      __builtin_prefetch(row + k + i * kLanes + 1024);
      sums[i] =
          xsimd::fma(Vector::load_unaligned(row + k + i * kLanes), Vector::load_unaligned(x + k + i * kLanes), sums[i]);
    }
  float rest = 0;
  for (; k < depth; ++k) rest += row[k] * x[k];
  return xsimd::hadd((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
}

/// sums[i] += the sum over `Columns` columns of x[column] * column[i].
template <int Columns>
void add_columns(const float* matrix, std::int64_t stride, const float* x, std::int64_t rows, float* sums) {
  std::int64_t i = 0;
  for (; i + kLanes <= rows; i += kLanes) {
    Vector sum = Vector::load_unaligned(sums + i);
    for (int column = 0; column < Columns; ++column) {
      __builtin_prefetch(matrix + column * stride + i + 256);
      sum = xsimd::fma(Vector(x[column]), Vector::load_unaligned(matrix + column * stride + i), sum);
    }
    sum.store_unaligned(sums + i);
  }
  for (; i < rows; ++i)
    for (int column = 0; column < Columns; ++column) sums[i] += x[column] * matrix[column * stride + i];
}

}  // namespace

void matrix_vector(float alpha, ConstView matrix, ConstView x, float beta, View y) {
  const std::int64_t rows = matrix.shape[0], depth = matrix.shape[1];
  thread_local Scratch scratch_x;
  const float* const vector = dense(x, scratch_x);
  if (matrix.strides[1] == 1) {
    parallel_for(0, rows, kRowsAtOnce, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row)
        finish(alpha, dot(matrix.data + row * matrix.strides[0], vector, depth), beta, y.data[row * y.strides[0]]);
    });
    return;
  }
  parallel_for(0, rows, kElementsAtOnce, [&](std::int64_t first, std::int64_t last) {
    float sums[kElementsAtOnce] = {};
    constexpr int kColumns = 8;
    const float* const start = matrix.data + first;
    const std::int64_t stride = matrix.strides[1];
    std::int64_t column = 0;
    for (; column + kColumns <= depth; column += kColumns)
      add_columns<kColumns>(start + column * stride, stride, vector + column, last - first, sums);
    for (; column < depth; ++column)
      add_columns<1>(start + column * stride, stride, vector + column, last - first, sums);
    for (std::int64_t row = first; row < last; ++row)
      finish(alpha, sums[row - first], beta, y.data[row * y.strides[0]]);
  });
}

}  // namespace kiln::KILN_IMPL
