// add, sub, mul and div of two operands that broadcast to the output's shape; fill and copy.
#include <algorithm>

#include "elementwise.hpp"
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

using impl::simd::Vector;

/// Whether `a` and `b` broadcast to exactly `out`: aligned at the end, 1 gives way, a missing dimension counts as 1.
bool broadcast_fits(const Shape& a, const Shape& b, const Shape& out) {
  if (out.rank() != std::max(a.rank(), b.rank())) return false;
  for (int back = 1; back <= out.rank(); ++back) {
    const std::int64_t of_a = back <= a.rank() ? a[a.rank() - back] : 1;
    const std::int64_t of_b = back <= b.rank() ? b[b.rank() - back] : 1;
    if (of_a != of_b && of_a != 1 && of_b != 1) return false;
    if (out[out.rank() - back] != (of_a == 1 ? of_b : of_a)) return false;
  }
  return true;
}

template <class Operation>
void apply(const char* kernel, const ConstView& a, const ConstView& b, const View& out, Operation operation) {
  KILN_REQUIRE(std::string(kernel) + ": " + to_string(a.shape) + " and " + to_string(b.shape) +
                   " do not broadcast to the output's " + to_string(out.shape),
               broadcast_fits(a.shape, b.shape, out.shape));
  impl::map<2, 1>({a, b}, {out}, [=](const Vector* x, Vector* y) { y[0] = operation(x[0], x[1]); });
}

/// to[i * step_to + j] = from[i + j * step]: a transpose, in square tiles. Each goes through a buffer, so that a line
/// of memory is read once: lines a power of two apart would drive each other out of the cache.
void transpose(const float* from, std::int64_t step, float* to, std::int64_t step_to, std::int64_t rows,
               std::int64_t columns) {
  constexpr std::int64_t kSide = 16;
  alignas(64) float tile[kSide][kSide];
  for (std::int64_t column = 0; column < columns; column += kSide)
    for (std::int64_t row = 0; row < rows; row += kSide) {
      const std::int64_t some_rows = std::min(kSide, rows - row), some_columns = std::min(kSide, columns - column);
      const float* const source = from + row + column * step;
      float* const target = to + row * step_to + column;
      if (some_rows == kSide && some_columns == kSide) {
        for (std::int64_t j = 0; j < kSide; ++j)
          for (std::int64_t i = 0; i < kSide; ++i) tile[j][i] = source[i + j * step];
        for (std::int64_t i = 0; i < kSide; ++i)
          for (std::int64_t j = 0; j < kSide; ++j) target[i * step_to + j] = tile[j][i];
      } else {
        for (std::int64_t i = 0; i < some_rows; ++i)
          for (std::int64_t j = 0; j < some_columns; ++j) target[i * step_to + j] = source[i + j * step];
      }
    }
}

}  // namespace

void impl::add(ConstView a, ConstView b, View out) {
  apply("add", a, b, out, [](Vector x, Vector y) { return x + y; });
}
void impl::sub(ConstView a, ConstView b, View out) {
  apply("sub", a, b, out, [](Vector x, Vector y) { return x - y; });
}
void impl::mul(ConstView a, ConstView b, View out) {
  apply("mul", a, b, out, [](Vector x, Vector y) { return x * y; });
}
void impl::div(ConstView a, ConstView b, View out) {
  apply("div", a, b, out, [](Vector x, Vector y) { return x / y; });
}

void impl::fill(View out, float value) {
  map<0, 1>({}, {out}, [value](const Vector*, Vector* y) { y[0] = Vector(value); });
}

void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("copy: the shapes differ", in.shape == out.shape);
  KILN_REQUIRE("copy: the output is not dense (" + to_string(out) + ")", out.is_contiguous());
  if (out.size() == 0) return;
  Walk<2> walk = walk_of<2>(in.shape, {in.strides, out.strides});
  walk.merge(1);

  // Where another dimension than the last is dense in `in`, the two are a transpose.
  const int last = walk.rank - 1;
  int dense = last;
  for (int d = 0; d < last; ++d)
    if (walk.at(d)[0] == 1) dense = d;
  if (dense == last) return map<1, 1>({in}, {out}, [](const Vector* x, Vector* y) { y[0] = x[0]; });
  const std::int64_t rows = walk.shape[dense], columns = walk.shape[last];
  const std::int64_t step = walk.at(last)[0], step_to = walk.at(dense)[1];
  walk.rank = last;
  constexpr std::int64_t kRowsAtOnce = 64;
  const std::int64_t pieces = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
  walk.shape[dense] = pieces;
  for (std::size_t i = 0; i < 2; ++i) walk.at(dense)[i] *= kRowsAtOnce;
  // A piece knows its rows by where it begins in `in`, whose step there is kRowsAtOnce.
  Walk<3> pieces_of_all;
  for (int d = 0; d < walk.rank; ++d)
    pieces_of_all.add(walk.shape[d], {walk.at(d)[0], walk.at(d)[1], d == dense ? kRowsAtOnce : 0});
  pieces_of_all.run_parallel(kRowsAtOnce * columns, [&](const Offsets<3>& at) {
    transpose(in.data + at[0], step, out.data + at[1], step_to, std::min(kRowsAtOnce, rows - at[2]), columns);
  });
}
