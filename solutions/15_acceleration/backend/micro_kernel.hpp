// The micro-kernel of a product: a tile of c in registers, to which one column of a and one row of b are added at a
// time. Van Zee and van de Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality", 2015.
// Everything here lies in the namespace of one instruction set, so that no two units share a function.
#pragma once

#include <cstdint>
#include <utility>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/contract.hpp"

namespace kiln::KILN_IMPL::product {

using Vector = xsimd::batch<float>;
inline constexpr int kLanes = static_cast<int>(Vector::size);

/// A tile is kRows x kColumns. A fused multiply-add takes four cycles and two begin in each, so eight sums at least
/// must be under way; beyond that a larger tile reads less for each addition, until registers run out: 32 of AVX-512
/// hold 12 x 2 sums, two vectors of b and one of a; 16 hold 6 x 2.
#ifdef __AVX512F__
inline constexpr int kRows = 12;
#else
inline constexpr int kRows = 6;
#endif
inline constexpr int kVectors = 2;
inline constexpr int kColumns = kVectors * kLanes;

/// How many steps before its end a tile asks for its part of c.
inline constexpr std::int64_t kStepsAhead = 48;

/// What becomes of a tile of products: c = alpha * tile + beta * c. c is not read where beta is 0.
struct Update {
  float alpha = 1, beta = 0;
};

/// Element (row, k) of a lies at a[row * row_stride + k * column_stride].
struct Left {
  const float* a;
  std::int64_t row_stride, column_stride;
};

/// Rows of b that were packed: kColumns floats for each k.
struct Packed {
  const float* b;
  const float* row(std::int64_t k) const { return b + k * kColumns; }
};
/// Rows of b that lie somewhere: row k begins at b[offsets[k]]. So an image serves as the matrix of its windows.
struct Scattered {
  const float* b;
  const std::int64_t* offsets;
  const float* row(std::int64_t k) const { return b + offsets[k]; }
};

/// The first `Rows` rows and `Vectors` vectors of a tile. c's rows are c_stride apart and dense.
template <int Rows, int Vectors, class RowsOfB>
[[gnu::always_inline]] inline void tile(std::int64_t depth, Left left, RowsOfB b, Update update, float* c,
                                        std::int64_t c_stride) {
  Vector sums[Rows][Vectors];
  for (int row = 0; row < Rows; ++row)
    for (int v = 0; v < Vectors; ++v) sums[row][v] = Vector(0.0f);
  const auto add = [&](std::int64_t first, std::int64_t last) {
    const float* a = left.a + first * left.column_stride;
    for (std::int64_t k = first; k < last; ++k) {
      const float* const row_k = b.row(k);
      Vector row_of_b[Vectors];
      for (int v = 0; v < Vectors; ++v) row_of_b[v] = Vector::load_unaligned(row_k + v * kLanes);
      for (int row = 0; row < Rows; ++row) {
        const Vector value(a[row * left.row_stride]);
        for (int v = 0; v < Vectors; ++v) sums[row][v] = xsimd::fma(value, row_of_b[v], sums[row][v]);
      }
      a += left.column_stride;
    }
  };
  // c's lines are asked for shortly before they are needed: earlier, and the panels would have driven them out again.
  const std::int64_t before = depth < kStepsAhead ? 0 : depth - kStepsAhead;
  add(0, before);
  for (int row = 0; row < Rows; ++row)
    for (int at = 0; at < Vectors * kLanes; at += 16) __builtin_prefetch(c + row * c_stride + at, 1);
  add(before, depth);

  for (int row = 0; row < Rows; ++row) {
    for (int v = 0; v < Vectors; ++v) {
      float* const at = c + row * c_stride + v * kLanes;
      Vector result = sums[row][v] * Vector(update.alpha);
      if (update.beta != 0) result = xsimd::fma(Vector(update.beta), Vector::load_unaligned(at), result);
      result.store_unaligned(at);
    }
  }
}

/// A kernel for each number of rows, so that the last tile of a matrix computes nothing in vain, and each of vectors.
template <class RowsOfB>
using Tile = void (*)(std::int64_t depth, Left left, RowsOfB b, Update update, float* c, std::int64_t c_stride);
template <int Rows, int Vectors, class RowsOfB>
void tile_of(std::int64_t depth, Left left, RowsOfB b, Update update, float* c, std::int64_t c_stride) {
  tile<Rows, Vectors>(depth, left, b, update, c, c_stride);
}
template <class RowsOfB, int Vectors, int... Row>
Tile<RowsOfB> pick_tile(std::int64_t rows, std::integer_sequence<int, Row...>) {
  static constexpr Tile<RowsOfB> kTiles[] = {tile_of<Row + 1, Vectors, RowsOfB>...};
  return kTiles[rows - 1];
}
/// rows in [1, kRows], columns in [1, kColumns]: up to whole vectors are computed and written.
template <class RowsOfB>
Tile<RowsOfB> tile_with(std::int64_t rows, std::int64_t columns) {
  constexpr auto kAllRows = std::make_integer_sequence<int, kRows>();
  return columns <= kLanes ? pick_tile<RowsOfB, 1>(rows, kAllRows) : pick_tile<RowsOfB, kVectors>(rows, kAllRows);
}

}  // namespace kiln::KILN_IMPL::product
