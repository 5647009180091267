// The micro-kernel of a product: a tile of c in registers, to which one column of a and one row of b are added at a
// time. Van Zee and van de Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality", 2015.
// Everything here lies in the namespace of one instruction set, so that no two units share a function.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/contract.hpp"
#include "partial.hpp"

namespace kiln::KILN_IMPL::product {

using Vector = xsimd::batch<float>;
inline constexpr int kLanes = static_cast<int>(Vector::size);

/// A tile is kRows x kColumns. A fused multiply-add takes four cycles and two begin in each, so eight sums at least
/// must be under way; beyond that a larger tile reads less for each addition, until registers run out: 32 of AVX-512
/// hold 12 x 2 sums, two vectors of b and one of a; 16 hold 6 x 2.
#ifdef __AVX512F__
inline constexpr int kRows = 14;
#else
inline constexpr int kRows = 6;
#endif
inline constexpr int kVectors = 2;
inline constexpr int kColumns = kVectors * kLanes;

/// a / b, rounded up; neither is negative.
constexpr std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// How many steps before its end a tile asks for its part of c.
inline constexpr std::int64_t kStepsAhead = 48;

/// What becomes of a tile of products: c = alpha * tile + beta * c + bias. c is not read where beta is 0.
struct Update {
  float alpha = 1, beta = 0;
  const float* bias = nullptr;  ///< one a row; null for none
};

/// Where a tile goes: vector v of row r to c + r * row_stride + v * vector_step. Of the last vector the first
/// `last_lanes` lanes are written, of those before it `lanes`.
struct Target {
  float* c;
  std::int64_t row_stride;
  std::int64_t vector_step = kLanes, lanes = kLanes, last_lanes = kLanes;
};

/// Element (row, k) of a lies at a[row * row_stride + k * column_stride].
struct Left {
  const float* a;
  std::int64_t row_stride, column_stride;
};

/// Rows of b that were packed: kColumns floats for each k.
struct Packed {
  const float* b;
  Vector load(std::int64_t k, int vector) const { return Vector::load_unaligned(b + k * kColumns + vector * kLanes); }
};
/// Rows of b as they stand in memory, dense and kColumns long, which are packed on the way: what the first tile to need
/// them does beside its additions costs next to nothing.
struct Packing {
  const float* b;
  std::int64_t row_stride;
  float* packed;
  Vector load(std::int64_t k, int vector) const {
    constexpr std::int64_t kRowsAhead = 16;
    const float* const from = b + k * row_stride + vector * kLanes;
    __builtin_prefetch(from + kRowsAhead * row_stride);
    const Vector row = Vector::load_unaligned(from);
    row.store_aligned(packed + k * kColumns + vector * kLanes);
    return row;
  }
};
/// Rows of b that lie somewhere: row k begins at b[offsets[k]], its second vector vector_step behind the first. So an
/// image serves as the matrix of its windows.
struct Scattered {
  const float* b;
  const std::int64_t* offsets;
  std::int64_t vector_step;
  Vector load(std::int64_t k, int vector) const {
    return Vector::load_unaligned(b + offsets[k] + vector * vector_step);
  }
};

/// The taps of a window over images laid out as lanes: for each k where its weight stands in a's rows, and its pixel.
struct Tap {
  std::int64_t weight, pixel;
};
struct Tapped {
  const float* b;
  const Tap* taps;
  Vector load(std::int64_t k, int vector) const { return Vector::load_aligned(b + taps[k].pixel + vector * kLanes); }
};

/// Writes one vector of a tile.
[[gnu::always_inline]] inline void write(Vector sum, Update update, float bias, float* to, std::int64_t lanes) {
  Vector result = sum * Vector(update.alpha) + Vector(bias);
  if (lanes == kLanes) {
    if (update.beta != 0) result = xsimd::fma(Vector(update.beta), Vector::load_unaligned(to), result);
    return result.store_unaligned(to);
  }
  if (update.beta != 0) result = xsimd::fma(Vector(update.beta), simd::load_part(to, lanes), result);
  simd::store_part(to, result, lanes);
}

/// body(0), ..., body(Count - 1), each with a constant: what an array holds at constants lives in registers.
template <int Count, class Body>
[[gnu::always_inline]] inline void unrolled(Body body) {
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (body(std::integral_constant<int, I>()), ...);
  }
  (std::make_integer_sequence<int, Count>());
}

/// The same pointer, of which the compiler forgets where it comes from: it would keep one for each row, more than there
/// are registers for, and spill what the loop needs.
template <class T>
[[gnu::always_inline]] inline T* forgotten(T* pointer) {
  asm("" : "+r"(pointer));
  return pointer;
}

/// The first `Rows` rows and `Vectors` vectors of a tile.
template <int Rows, int Vectors, class RowsOfB>
[[gnu::always_inline]] inline void tile(std::int64_t depth, Left left, RowsOfB b, Update update, Target target) {
  Vector sums[Rows * Vectors];
  unrolled<Rows * Vectors>([&](auto i) __attribute__((always_inline)) { sums[i] = Vector(0.0f); });
  const std::int64_t three_rows = 3 * left.row_stride;
  const float* a = left.a;
  const auto add = [&](std::int64_t first, std::int64_t last) __attribute__((always_inline)) {
    for (std::int64_t k = first; k < last; ++k, a += left.column_stride) {
      Vector row_of_b[Vectors];
      unrolled<Vectors>([&](auto v) __attribute__((always_inline)) { row_of_b[v] = b.load(k, v); });
      const float* rows = a;
      if constexpr (std::is_same_v<RowsOfB, Tapped>) rows = left.a + b.taps[k].weight;
      unrolled<Rows>([&](auto row) __attribute__((always_inline)) {
        // An address takes a stride once or twice, so a pointer serves three rows.
        if constexpr (row > 0 && row % 3 == 0) rows = forgotten(rows + three_rows);
        const Vector value(rows[row % 3 * left.row_stride]);
        unrolled<Vectors>([&](auto v) __attribute__((always_inline)) {
          sums[row * Vectors + v] = xsimd::fma(value, row_of_b[v], sums[row * Vectors + v]);
        });
      });
    }
  };
  // c's lines are asked for shortly before they are needed: earlier, and the panels would have driven them out again.
  const std::int64_t before = depth < kStepsAhead ? 0 : depth - kStepsAhead;
  add(0, before);
  const float* lines = target.c;
  for (int row = 0; row < Rows; ++row, lines = forgotten(lines + target.row_stride))
    for (int v = 0; v < Vectors; ++v) __builtin_prefetch(lines + v * target.vector_step, 1);
  add(before, depth);

  float* to = forgotten(target.c);
  unrolled<Rows>([&](auto row) __attribute__((always_inline)) {
    const float bias = update.bias == nullptr ? 0.0f : update.bias[row];
    unrolled<Vectors>([&](auto v) __attribute__((always_inline)) {
      write(sums[row * Vectors + v], update, bias, to + v * target.vector_step,
            v + 1 < Vectors ? target.lanes : target.last_lanes);
    });
    to = forgotten(to + target.row_stride);
  });
}

/// Where a tile of dense columns, [1, kColumns] of them, goes, and how many vectors that takes.
inline Target dense_target(float* c, std::int64_t row_stride, std::int64_t columns) {
  return {.c = c, .row_stride = row_stride, .last_lanes = columns - (columns - 1) / kLanes * kLanes};
}
inline std::int64_t vectors_for(std::int64_t columns) { return (columns + kLanes - 1) / kLanes; }

/// A kernel for each number of rows, so that the last tile of a matrix computes nothing in vain, and each of vectors.
template <class RowsOfB>
using Tile = void (*)(std::int64_t depth, Left left, RowsOfB b, Update update, Target target);
template <int Rows, int Vectors, class RowsOfB>
void tile_of(std::int64_t depth, Left left, RowsOfB b, Update update, Target target) {
  tile<Rows, Vectors>(depth, left, b, update, target);
}
template <class RowsOfB, int Vectors, int... Row>
Tile<RowsOfB> pick_tile(std::int64_t rows, std::integer_sequence<int, Row...>) {
  static constexpr Tile<RowsOfB> kTiles[] = {tile_of<Row + 1, Vectors, RowsOfB>...};
  return kTiles[rows - 1];
}
/// rows in [1, kRows], vectors in [1, kVectors]; a group of images is always kVectors wide.
template <class RowsOfB>
Tile<RowsOfB> tile_with(std::int64_t rows, std::int64_t vectors) {
  constexpr auto kAllRows = std::make_integer_sequence<int, kRows>();
  if constexpr (std::is_same_v<RowsOfB, Tapped>) return pick_tile<Tapped, kVectors>(rows, kAllRows);
  return vectors == 1 ? pick_tile<RowsOfB, 1>(rows, kAllRows) : pick_tile<RowsOfB, kVectors>(rows, kAllRows);
}

}  // namespace kiln::KILN_IMPL::product
