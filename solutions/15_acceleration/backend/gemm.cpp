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

/// The panel of a (kRows x kDepth, 24 KiB with AVX-512) stays in the first-level cache while the panels of b in a block
/// pass by, and those come from the second or third. So a tile's neighbour in c is the next one in memory, which costs
/// less than what b costs; and a deep block takes c from memory and back less often.
constexpr std::int64_t kDepth = 512;
constexpr std::int64_t kBlockColumns = 1024;
/// What a thread takes at once.
constexpr std::int64_t kBlockRows = 20 * kRows;
/// What is packed at once: at most 4 MiB of each operand.
constexpr std::int64_t kPackedRows = 170 * kRows, kPackedColumns = 2048;
/// Below this many columns a row of a is not read often enough to be worth packing.
constexpr std::int64_t kFewColumns = 16 * kColumns;

constexpr std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// The product of packed operands, or of a as it is, that is added to c.
struct Block {
  Lines a;                          ///< not packed
  const float* packed_a = nullptr;  ///< panels of kRows rows; null: take `a`
  const float* packed_b;
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

/// Tiles of rows [first_row, last_row) and columns [first_column, last_column), which begin at whole panels.
void run_tiles(const Block& block, std::int64_t first_row, std::int64_t last_row, std::int64_t first_column,
               std::int64_t last_column) {
  for (std::int64_t from = first_column; from < last_column; from += kBlockColumns) {
    const std::int64_t to = std::min(last_column, from + kBlockColumns);
    for (std::int64_t row = first_row; row < last_row; row += kRows) {
      const std::int64_t rows = std::min<std::int64_t>(kRows, last_row - row);
      const Left left = block.packed_a != nullptr ? Left{block.packed_a + row * block.depth, 1, kRows}
                                                  : Left{block.a.at(row, 0), block.a.line_stride, block.a.depth_stride};
      for (std::int64_t column = from; column < to; column += kColumns) {
        const float* const b = block.packed_b + column * block.depth;
        const std::int64_t columns = std::min<std::int64_t>(kColumns, last_column - column);
        float* const c = block.c + row * block.c_row_stride + column * block.c_column_stride;
        if (block.c_column_stride == 1)
          tile_with<Packed>(rows, vectors_for(columns))(block.depth, left, {b}, block.update,
                                                        dense_target(c, block.c_row_stride, columns));
        else
          scattered_tile(block, left, b, rows, columns, c);
      }
    }
  }
}

/// Cuts a block into pieces for the pool: along the rows, or where there are few of them along the columns.
void run_block(const Block& block) {
  const std::int64_t row_pieces = ceil_divide(block.rows, kBlockRows);
  const std::int64_t threads = thread_count();
  const std::int64_t column_panels = ceil_divide(block.columns, kColumns);
  const std::int64_t column_pieces = threads == 1 ? 1 : std::min(column_panels, ceil_divide(4 * threads, row_pieces));
  const std::int64_t piece_columns = ceil_divide(column_panels, column_pieces) * kColumns;
  const std::int64_t piece_rows = ceil_divide(ceil_divide(block.rows, kRows), row_pieces) * kRows;
  parallel_for(0, row_pieces * column_pieces, 1, [&](std::int64_t piece, std::int64_t) {
    const std::int64_t row = piece / column_pieces * piece_rows, column = piece % column_pieces * piece_columns;
    run_tiles(block, row, std::min(block.rows, row + piece_rows), column,
              std::min(block.columns, column + piece_columns));
  });
}

/// Where lines are neighbours (rows of b, above all) several panels take their part of a row before the next row's
/// turn: a row's page is then opened once for all.
template <int Width>
void pack_panels(Lines from, std::int64_t lines, std::int64_t depth, float* out) {
  constexpr std::int64_t kPanelsAtOnce = 4, kDepthAtOnce = 16;
  const std::int64_t step = from.line_stride == 1 ? kDepthAtOnce : depth;
  parallel_for(0, ceil_divide(lines, Width), kPanelsAtOnce, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t k = 0; k < depth; k += step)
      for (std::int64_t panel = first; panel < last; ++panel)
        pack<Width>({from.at(panel * Width, k), from.line_stride, from.depth_stride},
                    std::min<std::int64_t>(Width, lines - panel * Width), std::min(step, depth - k),
                    out + panel * Width * depth + k * Width);
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

  thread_local Scratch scratch_a, scratch_b;
  const Lines all_a{a.data, a.strides[0], a.strides[1]}, all_b{b.data, b.strides[1], b.strides[0]};
  const std::int64_t pieces = ceil_divide(depth, kDepth), piece = ceil_divide(depth, pieces);
  const bool packs_a = columns > kFewColumns;
  for (std::int64_t column = 0; column < columns; column += kPackedColumns) {
    const std::int64_t some_columns = std::min(kPackedColumns, columns - column);
    for (std::int64_t k = 0; k < depth; k += piece) {
      const std::int64_t some_depth = std::min(piece, depth - k);
      float* const packed_b = scratch_b.floats(ceil_divide(some_columns, kColumns) * kColumns * some_depth);
      pack_panels<kColumns>({all_b.at(column, k), all_b.line_stride, all_b.depth_stride}, some_columns, some_depth,
                            packed_b);
      for (std::int64_t row = 0; row < rows; row += kPackedRows) {
        const std::int64_t some_rows = std::min(kPackedRows, rows - row);
        Block block{.a = {all_a.at(row, k), all_a.line_stride, all_a.depth_stride},
                    .packed_b = packed_b,
                    .rows = some_rows,
                    .columns = some_columns,
                    .depth = some_depth,
                    .update = {alpha, k == 0 ? beta : 1},
                    .c = c.data + row * c.strides[0] + column * c.strides[1],
                    .c_row_stride = c.strides[0],
                    .c_column_stride = c.strides[1]};
        if (packs_a) {
          float* const packed = scratch_a.floats(ceil_divide(some_rows, kRows) * kRows * some_depth);
          pack_panels<kRows>(block.a, some_rows, some_depth, packed);
          block.packed_a = packed;
        }
        run_block(block);
      }
    }
  }
}

}  // namespace kiln::KILN_IMPL
