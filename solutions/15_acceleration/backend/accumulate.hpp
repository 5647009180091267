// Gradients of operands that were broadcast: what each element of the output hands back is added up where the operand
// was repeated.
#pragma once

#include <type_traits>

#include "elementwise.hpp"
#include "rows.hpp"

namespace kiln::KILN_IMPL {

/// The sum of term(vectors of the I inputs) over n elements, `steps` apart. term(0, 1, 1) is 0. Long rows are cut, by
/// their length alone, for all threads.
template <std::size_t I, class Term>
float sum_row(const std::array<const float*, I>& in, const Offsets<I>& steps, std::int64_t n, Term term) {
  using namespace simd;
  const bool dense = std::all_of(steps.begin(), steps.end(), [](std::int64_t step) { return step == 1; });
  const auto sum_some = [&](std::int64_t first, std::int64_t last) {
    alignas(64) float buffers[I][kBlock];
    const std::int64_t block = dense ? last - first : kBlock;
    float sum = 0;
    for (std::int64_t i = first; i < last; i += block) {
      const std::int64_t count = std::min(block, last - i);
      std::array<const float*, I> from;
      for (std::size_t k = 0; k < I; ++k) from[k] = gathered(in[k] + i * steps[k], steps[k], count, buffers[k]);
      sum += sum_terms(count, [&](std::int64_t j, std::int64_t lanes) {
        Vector x[I];
        for (std::size_t k = 0; k < I; ++k) x[k] = load_some(from[k], j, lanes, k == 0 ? 0.0f : 1.0f);
        return term(x);
      });
    }
    return sum;
  };
  if (n <= 2 * kPiece) return sum_some(0, n);
  constexpr std::int64_t kMostPieces = 64;
  const std::int64_t piece = std::max(kPiece, (n + kMostPieces - 1) / kMostPieces);
  float sums[kMostPieces] = {}, sum = 0;
  parallel_for(0, n, piece,
               [&](std::int64_t first, std::int64_t last) { sums[first / piece] = sum_some(first, last); });
  for (const float of_piece : sums) sum += of_piece;
  return sum;
}

/// to += term(vectors of the inputs) for `rows` rows of n elements, `steps` apart, that all go to one: four at a time,
/// so that the sums are loaded and stored less often.
template <std::size_t I, class Term>
void add_rows(const std::array<const float*, I>& in, const Offsets<I + 1>& steps, const Offsets<I + 1>& to_next,
              std::int64_t rows, float* to, std::int64_t n, Term term) {
  using simd::Vector;
  const auto add = [&]<std::size_t kRows>(std::int64_t row, std::integral_constant<std::size_t, kRows>) {
    std::array<const float*, kRows * I + 1> from;
    Offsets<kRows * I + 2> all_steps;
    for (std::size_t r = 0; r < kRows; ++r)
      for (std::size_t k = 0; k < I; ++k) {
        from[r * I + k] = in[k] + (row + static_cast<std::int64_t>(r)) * to_next[k];
        all_steps[r * I + k] = steps[k];
      }
    from[kRows * I] = to;
    all_steps[kRows * I] = all_steps[kRows * I + 1] = steps[I];
    map_row<kRows * I + 1, 1>(from, {to}, all_steps, n, [=](const Vector* x, Vector* y) {
      if constexpr (kRows == 4)
        y[0] = x[4 * I] + ((term(x) + term(x + I)) + (term(x + 2 * I) + term(x + 3 * I)));
      else
        y[0] = x[I] + term(x);
    });
  };
  std::int64_t row = 0;
  for (; row + 4 <= rows; row += 4) add(row, std::integral_constant<std::size_t, 4>());
  for (; row < rows; ++row) add(row, std::integral_constant<std::size_t, 1>());
}

/// grad_in += term(vectors of the inputs), summed over every dimension in which grad_in is stretched to the shape of
/// in[0], the gradient of the output. The other inputs broadcast to that shape, too; term(0, 1, 1) is 0.
template <std::size_t I, class Term>
void accumulate(const std::array<ConstView, I>& in, const View& grad_in, Term term) {
  using simd::Vector;
  const Shape& shape = in[0].shape;
  if (shape.elements() == 0) return;
  const auto add = [=](const Vector* x, Vector* y) { y[0] = x[I] + term(x); };
  std::array<ConstView, I + 1> all;
  std::array<Strides, I + 1> strides;
  for (std::size_t k = 0; k < I; ++k) all[k] = {in[k].data, shape, strides_in(in[k], shape)};
  all[I] = {grad_in.data, shape, strides_in(grad_in, shape)};
  for (std::size_t k = 0; k <= I; ++k) strides[k] = all[k].strides;
  Walk<I + 1> walk = walk_of(shape, strides);

  // Where nothing is summed, this is an operation as any other.
  bool summed = false;
  for (int d = 0; d < walk.rank; ++d) summed = summed || walk.at(d)[I] == 0;
  if (!summed) return map<I + 1, 1>(all, {View{grad_in.data, shape, strides[I]}}, add);

  walk.merge(0);
  const int last = --walk.rank;
  const Offsets<I + 1> steps = walk.at(last);
  const std::int64_t columns = walk.shape[last];
  if (steps[I] == 0) {
    // A row belongs to one element.
    const auto add_row = [&](const Offsets<I + 1>& at) {
      std::array<const float*, I> from;
      Offsets<I> own;
      for (std::size_t k = 0; k < I; ++k) {
        from[k] = in[k].data + at[k];
        own[k] = steps[k];
      }
      grad_in.data[at[I]] += sum_row<I>(from, own, columns, term);
    };
    bool shared = false;
    for (int d = 0; d < walk.rank; ++d) shared = shared || walk.at(d)[I] == 0;
    return shared ? walk.run(0, walk.indices(), add_row) : walk.run_parallel(columns, add_row);
  }

  // Rows are added to rows. Threads share the columns, so that each element is summed by one, in order.
  std::int64_t rows = 1;
  Offsets<I + 1> to_next{};
  if (walk.rank > 0 && walk.at(walk.rank - 1)[I] == 0) {
    rows = walk.shape[--walk.rank];
    to_next = walk.at(walk.rank);
  }
  const auto add_columns = [&](std::int64_t first, std::int64_t end) {
    walk.run(0, walk.indices(), [&](const Offsets<I + 1>& at) {
      std::array<const float*, I> from;
      for (std::size_t k = 0; k < I; ++k) from[k] = in[k].data + at[k] + first * steps[k];
      add_rows<I>(from, steps, to_next, rows, grad_in.data + at[I] + first * steps[I], end - first, term);
    });
  };
  constexpr std::int64_t kColumns = 1024;
  if (walk.indices() * rows * columns <= kPiece) return add_columns(0, columns);
  parallel_for(0, columns, kColumns, add_columns);
}

}  // namespace kiln::KILN_IMPL
