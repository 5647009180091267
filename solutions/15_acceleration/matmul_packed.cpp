// matmul_packed: c = alpha a b + beta c, from panels in the order in which a kernel of vector registers reads them.
// Contract: kiln/kernels/acceleration.hpp. Lesson: modules/15_acceleration/README.md, step 3.
#include <algorithm>
#include <new>
#include <xsimd/xsimd.hpp>

#include "kiln/kernels/acceleration.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// The widest vector of the instruction set that this file is compiled for: 4, 8 or 16 floats.
using Vector = xsimd::batch<float>;
constexpr std::int64_t kLanes = Vector::size;

/// A tile of c is summed in registers: kRows rows of kVectors vectors. Beside the sums stand a row of b and one element
/// of a, and every sum is one multiply-add that waits for nothing but its own last one: 12 sums (28 with 32 registers)
/// hide a latency of 4 cycles at two a cycle. AVX2: 6 x 16 floats. AVX-512: 14 x 32.
constexpr std::int64_t kRegisters = kLanes == 16 ? 32 : 16;
constexpr std::int64_t kVectors = 2;
constexpr std::int64_t kRows = (kRegisters - kVectors - 1) / kVectors;
constexpr std::int64_t kColumns = kVectors * kLanes;

/// A panel of b, kDepth x kColumns, stays near the core while all of a's block passes by; that block, kHeight x kDepth,
/// stays in the second-level cache; the block of b, kDepth x kWidth, in the third. The longer vectors are, the more it
/// costs to load and store c once a block of k: so these blocks are deeper.
constexpr std::int64_t kDepth = kLanes == 16 ? 512 : 256;
constexpr std::int64_t kHeight = kRows * (kLanes == 16 ? 12 : 24);
constexpr std::int64_t kWidth = 4096;

std::int64_t in_whole(std::int64_t size, std::int64_t step) { return (size + step - 1) / step * step; }

/// Room for floats, at the start of a cache line.
class Scratch {
 public:
  explicit Scratch(std::int64_t floats)
      : data_(static_cast<float*>(::operator new(static_cast<std::size_t>(floats) * sizeof(float), kLine))) {}
  ~Scratch() { ::operator delete(data_, kLine); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  float* data() const { return data_; }

 private:
  static constexpr std::align_val_t kLine{64};
  float* data_;
};

/// A matrix by its first element and how far apart its rows and columns are. Of a constant operand T is const.
template <class T>
struct Matrix {
  T* data;
  std::int64_t row, column;

  Matrix from(std::int64_t i, std::int64_t j) const { return {data + i * row + j * column, row, column}; }
};

/// Copies `count` lines of `depth` elements each into one panel: factor * element (line, k) goes to panel[k * kStep +
/// line].
/// Lines that are missing from a whole panel become zeros, so that the micro-kernel has no edges.
/// `line` and `along` are the distances between lines and along them: of a its rows, of b its columns.
template <std::int64_t kStep>
void pack_panel(float factor, const float* from, std::int64_t line, std::int64_t along, std::int64_t count,
                std::int64_t depth, float* panel) {
  if (count == kStep && line == 1) {
    for (std::int64_t k = 0; k < depth; ++k)
      for (std::int64_t l = 0; l < kStep; ++l) panel[k * kStep + l] = factor * from[k * along + l];
  } else if (count == kStep && along == 1) {
    for (std::int64_t k = 0; k < depth; ++k)
      for (std::int64_t l = 0; l < kStep; ++l) panel[k * kStep + l] = factor * from[l * line + k];
  } else {
    for (std::int64_t k = 0; k < depth; ++k) {
      for (std::int64_t l = 0; l < count; ++l) panel[k * kStep + l] = factor * from[l * line + k * along];
      for (std::int64_t l = count; l < kStep; ++l) panel[k * kStep + l] = 0;
    }
  }
}

/// All panels of a block of `lines` lines, one behind the other.
template <std::int64_t kStep>
void pack(float factor, const float* from, std::int64_t line, std::int64_t along, std::int64_t lines,
          std::int64_t depth, float* panels) {
  for (std::int64_t first = 0; first < lines; first += kStep)
    pack_panel<kStep>(factor, from + first * line, line, along, std::min(kStep, lines - first), depth,
                      panels + first * depth);
}

/// A tile of kRows x kColumns: c = a's panel * b's panel, plus c where `add`. Rows of c are `row` apart.
/// A step of k costs kVectors loads of b, kRows broadcasts of a and kRows * kVectors multiply-adds, and no store.
void micro_kernel(std::int64_t depth, const float* a, const float* b, bool add, float* c, std::int64_t row) {
  Vector sums[kRows][kVectors];
#pragma GCC unroll 16
  for (std::int64_t i = 0; i < kRows; ++i)
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < kVectors; ++v) sums[i][v] = Vector(0.0f);
  for (std::int64_t k = 0; k < depth; ++k, a += kRows, b += kColumns) {
    Vector row_b[kVectors];
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < kVectors; ++v) row_b[v] = Vector::load_aligned(b + v * kLanes);
#pragma GCC unroll 16
    for (std::int64_t i = 0; i < kRows; ++i) {
      const Vector element(a[i]);
#pragma GCC unroll 4
      for (std::int64_t v = 0; v < kVectors; ++v) sums[i][v] = xsimd::fma(element, row_b[v], sums[i][v]);
    }
  }
  // Where nothing is added to it, c is not read: it may hold NaN.
#pragma GCC unroll 16
  for (std::int64_t i = 0; i < kRows; ++i)
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < kVectors; ++v) {
      float* at = c + i * row + v * kLanes;
      const Vector before = add ? Vector::load_unaligned(at) : Vector(0.0f);
      (sums[i][v] + before).store_unaligned(at);
    }
}

/// The tile of `rows` x `columns` at c, which may be smaller than the micro-kernel's, or have gaps in its rows: the
/// micro-kernel then writes to a whole tile beside it. So every element comes about in the same way wherever it stands.
void tile(std::int64_t depth, const float* a, const float* b, bool add, Matrix<float> c, std::int64_t rows,
          std::int64_t columns) {
  if (rows == kRows && columns == kColumns && c.column == 1) {
    micro_kernel(depth, a, b, add, c.data, c.row);
    return;
  }
  alignas(64) float whole[kRows * kColumns] = {};
  for (std::int64_t i = 0; add && i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) whole[i * kColumns + j] = *c.from(i, j).data;
  micro_kernel(depth, a, b, add, whole, kColumns);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) *c.from(i, j).data = whole[i * kColumns + j];
}

/// c = beta * c; where beta is 0, zeros, whatever stood there.
void scale(float beta, View c) {
  for (std::int64_t i = 0; i < c.shape[0]; ++i)
    for (std::int64_t j = 0; j < c.shape[1]; ++j) c(i, j) = beta == 0 ? 0.0f : beta * c(i, j);
}

/// The five loops around the micro-kernel. No extent is 0.
void multiply(float alpha, Matrix<const float> a, Matrix<const float> b, bool add, Matrix<float> c, std::int64_t m,
              std::int64_t n, std::int64_t inner) {
  const std::int64_t most_deep = std::min(inner, kDepth);
  const std::int64_t floats_of_b = in_whole(in_whole(std::min(n, kWidth), kColumns) * most_deep, 16);
  const Scratch scratch(floats_of_b + in_whole(std::min(m, kHeight), kRows) * most_deep);
  float *const panels_b = scratch.data(), *const panels_a = panels_b + floats_of_b;
  for (std::int64_t jc = 0; jc < n; jc += kWidth)
    for (std::int64_t kc = 0; kc < inner; kc += kDepth) {
      const std::int64_t width = std::min(kWidth, n - jc), depth = std::min(kDepth, inner - kc);
      // What stands in c counts once; after that the sums of the blocks before do.
      const bool to_c = add || kc > 0;
      pack<kColumns>(1, b.from(kc, jc).data, b.column, b.row, width, depth, panels_b);
      for (std::int64_t ic = 0; ic < m; ic += kHeight) {
        const std::int64_t height = std::min(kHeight, m - ic);
        pack<kRows>(alpha, a.from(ic, kc).data, a.row, a.column, height, depth, panels_a);
        // A panel of b meets every panel of a before the next one is read.
        for (std::int64_t j = 0; j < width; j += kColumns)
          for (std::int64_t i = 0; i < height; i += kRows)
            tile(depth, panels_a + i * depth, panels_b + j * depth, to_c, c.from(ic + i, jc + j),
                 std::min(kRows, height - i), std::min(kColumns, width - j));
      }
    }
}

template <class T>
Matrix<T> matrix(const BasicView<T>& view) {
  return {view.data, view.strides[0], view.strides[1]};
}

}  // namespace
// END SOLUTION

// Example: alpha 2, a (2, 3), b (3, 4), beta 0 -> c (2, 4) is twice the product, whatever stood in c.
void impl::matmul_packed(float alpha, ConstView a, ConstView b, float beta, View c) {
  // BEGIN SOLUTION
  KILN_REQUIRE(
      "matmul_packed: a, b and c are matrices, a " + to_string(a) + ", b " + to_string(b) + ", c " + to_string(c),
      (a.rank() == 2 && b.rank() == 2 && c.rank() == 2));
  KILN_REQUIRE("matmul_packed: a's columns meet b's rows, a " + to_string(a) + ", b " + to_string(b),
               a.shape[1] == b.shape[0]);
  KILN_REQUIRE("matmul_packed: c has a's rows and b's columns", c.shape == Shape{a.shape[0], b.shape[1]});
  KILN_REQUIRE("matmul_packed: c overlaps neither a nor b: copy what is read, or write to other memory",
               (overlap(c, a) || overlap(c, b)) == false);
  if (c.size() == 0) return;
  const bool nothing = alpha == 0 || a.shape[1] == 0;
  // In a walk of its own, as alpha goes into a's panels: where a tile is stored, the compiler may fuse a product and a
  // sum in one place and not in another, and bits would depend on where an element stands.
  if (nothing || (beta != 0 && beta != 1)) scale(beta, c);
  if (!nothing) multiply(alpha, matrix(a), matrix(b), beta != 0, matrix(c), c.shape[0], c.shape[1], a.shape[1]);
  // END SOLUTION
}
