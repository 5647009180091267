// Blocks of a product: kDepth values of k at a time are packed, then tiles of c take them in.
#include "gemm.hpp"

#include <algorithm>

#include "kiln/parallel.hpp"
#include "matrix_vector.hpp"
#include "micro_kernel.hpp"
#include "packing.hpp"
#include "scratch.hpp"

namespace kiln::KILN_IMPL {
namespace {

using namespace product;

/// The panel of a (kRows x kDepth, 56 KiB with AVX-512) stays in the second-level cache while the panels of b pass by,
/// and those come from the third. So a tile's neighbour in c is the next one in memory, which costs less than what b
/// costs; and a deep block takes c from memory and back less often, which costs most where others use the memory, too.
constexpr std::int64_t kDepth = 1024;
/// Of b at most 8 MiB are packed at once.
constexpr std::int64_t kPackedColumns = 2048;
/// What a thread takes at once.
constexpr std::int64_t kBlockRows = 20 * kRows;
/// Below this many columns a row of a is not read often enough to be worth packing.
constexpr std::int64_t kFewColumns = 16 * kColumns;

/// A product that is added to c.
struct Block {
  Lines a, b;
  bool packs_a;     ///< panels of a are worth a copy
  bool packs_b;     ///< the first row of tiles packs b; otherwise that is done
  float* packed_b;  ///< panels of kColumns columns
  std::int64_t rows, columns, depth;
  Update update;
  float* c;
  std::int64_t c_row_stride, c_column_stride;
};

/// Takes the tile through memory of its own, for where c's columns are no neighbours.
void scattered_tile(const Block& block, Left left, const float* b, std::int64_t rows, std::int64_t columns, float* c) {
  alignas(64) float part[kRows * kColumns];
  tile_with<Packed>(rows, kVectors)(block.depth, left, {b}, {block.update.alpha, 0}, {part, kColumns});
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column) {
      float& at = c[row * block.c_row_stride + column * block.c_column_stride];
      at = block.update.beta == 0 ? part[row * kColumns + column]
                                  : block.update.beta * at + part[row * kColumns + column];
    }
}

/// One tile, whose column of b may have to be packed.
void run_tile(const Block& block, Left left, bool packs_b, std::int64_t row, std::int64_t rows, std::int64_t column,
              std::int64_t columns) {
  float* const b = block.packed_b + column * block.depth;
  float* const c = block.c + row * block.c_row_stride + column * block.c_column_stride;
  const Lines from{block.b.at(column, 0), block.b.line_stride, block.b.depth_stride};
  const bool dense = block.c_column_stride == 1;
  if (packs_b && dense && columns == kColumns)
    return tile_with<Packing>(rows, kVectors)(block.depth, left, {from.data, from.depth_stride, b}, block.update,
                                              {c, block.c_row_stride});
  if (packs_b) pack<kColumns>(from, columns, block.depth, b);
  if (!dense) return scattered_tile(block, left, b, rows, columns, c);
  tile_with<Packed>(rows, vectors_for(columns))(block.depth, left, {b}, block.update,
                                                dense_target(c, block.c_row_stride, columns));
}

/// Tiles of rows [first_row, last_row), all about as high, and columns [first_column, last_column), which begin at
/// whole panels.
void run_tiles(const Block& block, std::int64_t first_row, std::int64_t last_row, std::int64_t first_column,
               std::int64_t last_column) {
  thread_local Scratch scratch;
  const std::int64_t high = ceil_divide(last_row - first_row, ceil_divide(last_row - first_row, kRows));
  float* const packed_a = block.packs_a ? scratch.floats(kRows * block.depth) : nullptr;
  for (std::int64_t row = first_row; row < last_row; row += high) {
    const std::int64_t rows = std::min(high, last_row - row);
    Left left{block.a.at(row, 0), block.a.line_stride, block.a.depth_stride};
    if (block.packs_a) {
      pack<kRows>({left.a, left.row_stride, left.column_stride}, rows, block.depth, packed_a);
      left = {packed_a, 1, kRows};
    }
    for (std::int64_t column = first_column; column < last_column; column += kColumns)
      run_tile(block, left, block.packs_b && row == 0, row, rows, column,
               std::min<std::int64_t>(kColumns, last_column - column));
  }
}

/// Cuts a block whose b is packed into pieces for the pool: along the rows, or where there are few of them along the
/// columns.
void run_block(const Block& block) {
  const std::int64_t row_pieces = ceil_divide(block.rows, kBlockRows);
  const std::int64_t column_panels = ceil_divide(block.columns, kColumns);
  const std::int64_t column_pieces = std::min(column_panels, ceil_divide(4 * thread_count(), row_pieces));
  const std::int64_t piece_columns = ceil_divide(column_panels, column_pieces) * kColumns;
  const std::int64_t piece_rows = ceil_divide(ceil_divide(block.rows, kRows), row_pieces) * kRows;
  parallel_for(0, row_pieces * column_pieces, 1, [&](std::int64_t piece, std::int64_t) {
    const std::int64_t row = piece / column_pieces * piece_rows, column = piece % column_pieces * piece_columns;
    run_tiles(block, row, std::min(block.rows, row + piece_rows), column,
              std::min(block.columns, column + piece_columns));
  });
}

/// Packs all of a block's b. Where its rows are dense several panels take their part of a row before the next row's
/// turn: a row's page is then opened once for all.
void pack_panels(const Block& block) {
  constexpr std::int64_t kPanelsAtOnce = 4, kDepthAtOnce = 16;
  const Lines& b = block.b;
  const std::int64_t step = b.line_stride == 1 ? kDepthAtOnce : block.depth;
  parallel_for(0, ceil_divide(block.columns, kColumns), kPanelsAtOnce, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t k = 0; k < block.depth; k += step)
      for (std::int64_t column = first * kColumns; column < last * kColumns; column += kColumns)
        pack<kColumns>({b.at(column, k), b.line_stride, b.depth_stride},
                       std::min<std::int64_t>(kColumns, block.columns - column), std::min(step, block.depth - k),
                       block.packed_b + column * block.depth + k * kColumns);
  });
}

void scale(float beta, View c) {
  for (std::int64_t row = 0; row < c.shape[0]; ++row)
    for (std::int64_t column = 0; column < c.shape[1]; ++column) {
      float& at = c.data[row * c.strides[0] + column * c.strides[1]];
      at = beta == 0 ? 0 : beta * at;
    }
}

bool has_neighbours(ConstView m) { return m.strides[0] == 1 || m.strides[1] == 1; }
template <class T>
BasicView<T> column_of(BasicView<T> m) {
  return {m.data, {m.shape[0]}, {m.strides[0]}};
}
ConstView transposed(ConstView m) { return {m.data, {m.shape[1], m.shape[0]}, {m.strides[1], m.strides[0]}}; }
View transposed(View m) { return {m.data, {m.shape[1], m.shape[0]}, {m.strides[1], m.strides[0]}}; }

}  // namespace

void gemm(float alpha, ConstView a, ConstView b, float beta, View c) {
  const std::int64_t rows = c.shape[0], columns = c.shape[1], depth = a.shape[1];
  if (rows == 0 || columns == 0) return;
  if (depth == 0 || alpha == 0) return scale(beta, c);
  if (c.strides[1] != 1 && c.strides[0] == 1) return gemm(alpha, transposed(b), transposed(a), beta, transposed(c));

  if (columns == 1 && has_neighbours(a)) return matrix_vector(alpha, a, column_of(b), beta, column_of(c));
  if (rows == 1 && has_neighbours(b))
    return matrix_vector(alpha, transposed(b), column_of(transposed(a)), beta, column_of(transposed(c)));

  thread_local Scratch scratch;
  const std::int64_t pieces = ceil_divide(depth, kDepth), piece = ceil_divide(depth, pieces);
  // Several threads need b packed before they begin.
  const bool packs_b = thread_count() == 1 && b.strides[1] == 1;
  for (std::int64_t column = 0; column < columns; column += kPackedColumns) {
    const std::int64_t some_columns = std::min(kPackedColumns, columns - column);
    for (std::int64_t k = 0; k < depth; k += piece) {
      const std::int64_t some_depth = std::min(piece, depth - k);
      const Block block{.a = {&a(0, k), a.strides[0], a.strides[1]},
                        .b = {&b(k, column), b.strides[1], b.strides[0]},
                        .packs_a = columns > kFewColumns,
                        .packs_b = packs_b,
                        .packed_b = scratch.floats(ceil_divide(some_columns, kColumns) * kColumns * some_depth),
                        .rows = rows,
                        .columns = some_columns,
                        .depth = some_depth,
                        .update = {alpha, k == 0 ? beta : 1},
                        .c = &c(0, column),
                        .c_row_stride = c.strides[0],
                        .c_column_stride = c.strides[1]};
      if (packs_b) {
        run_tiles(block, 0, rows, 0, some_columns);
      } else {
        pack_panels(block);
        run_block(block);
      }
    }
  }
}

}  // namespace kiln::KILN_IMPL
