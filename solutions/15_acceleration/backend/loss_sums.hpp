// What losses and their gradients share: sums over two tensors, and checks of targets and labels.
#pragma once

#include <span>
#include <string>

#include "rows.hpp"

namespace kiln::KILN_IMPL {

/// body(first, last) of 64 pieces at most, cut by n alone, on all threads; the sum of what they return, in order.
template <class Body>
double sum_of_pieces(std::int64_t n, std::int64_t work, Body body) {
  if (n * work <= 2 * kPiece) return body(std::int64_t{0}, n);
  constexpr std::int64_t kMostPieces = 64;
  const std::int64_t least = std::max<std::int64_t>(1, kPiece / std::max<std::int64_t>(1, work));
  const std::int64_t piece = std::max(least, (n + kMostPieces - 1) / kMostPieces);
  double sums[kMostPieces] = {}, sum = 0;
  parallel_for(0, n, piece, [&](std::int64_t first, std::int64_t last) { sums[first / piece] = body(first, last); });
  for (const double of_piece : sums) sum += of_piece;
  return sum;
}

/// The sum of term(a, b), Vectors, over all rows of a walk over two tensors. At the end of a row lanes hold `fill_a`
/// and `fill_b`, for which the term is 0. Blocks are summed in floats and taken together in double: the length costs no
/// digits.
template <class Term>
double sum_rows(const Rows<2>& rows, const float* a, float fill_a, const float* b, float fill_b, Term term) {
  constexpr std::int64_t kSummed = 4 * kBlock;
  const std::int64_t columns = rows.columns;
  const auto terms = [=](const float* x, const float* y) {
    return [=](std::int64_t j, std::int64_t lanes) {
      return term(load_some(x, j, lanes, fill_a), load_some(y, j, lanes, fill_b));
    };
  };
  const auto sum_row = [&](const float* row_a, const float* row_b, std::int64_t n) {
    alignas(64) float buffer_a[kBlock], buffer_b[kBlock];
    const std::int64_t block = rows.dense ? kSummed : kBlock;
    double sum = 0;
    for (std::int64_t i = 0; i < n; i += block) {
      const std::int64_t count = std::min(block, n - i);
      const float* const x = gathered(row_a + i * rows.steps[0], rows.steps[0], count, buffer_a);
      const float* const y = gathered(row_b + i * rows.steps[1], rows.steps[1], count, buffer_b);
      sum += sum_terms(count, terms(x, y));
    }
    return sum;
  };
  if (rows.walk.rank == 0)
    return sum_of_pieces(columns, 1, [&](std::int64_t first, std::int64_t last) {
      return sum_row(a + first * rows.steps[0], b + first * rows.steps[1], last - first);
    });
  // Short rows are a block together.
  const std::int64_t together = rows.dense ? std::max<std::int64_t>(1, kSummed / columns) : 1;
  return sum_of_pieces(rows.walk.indices(), columns, [&](std::int64_t first, std::int64_t last) {
    double sum = 0;
    if (together > 1) {
      for (std::int64_t i = first; i < last; i += together) {
        Sums sums;
        rows.walk.run(i, std::min(i + together, last),
                      [&](const Offsets<2>& at) { sums.add(columns, terms(a + at[0], b + at[1])); });
        sum += sums.total();
      }
      return sum;
    }
    rows.walk.run(first, last, [&](const Offsets<2>& at) { sum += sum_row(a + at[0], b + at[1], columns); });
    return sum;
  });
}
/// The same over all elements of two tensors of one shape.
template <class Term>
double sum_over(const ConstView& a, float fill_a, const ConstView& b, float fill_b, Term term) {
  if (a.size() == 0) return 0;
  return sum_rows(Rows<2>(a.shape, {a.strides, b.strides}, 0), a.data, fill_a, b.data, fill_b, term);
}

inline void require_probabilities(const std::string& kernel, const ConstView& target) {
  using simd::Vector;
  const double wrong = sum_over(target, 0, target, 0, [](Vector t, Vector) {
    // Asked this way round a NaN is wrong, too.
    const Vector below = xsimd::select(t >= Vector(0.0f), Vector(0.0f), Vector(1.0f));
    return xsimd::select(t <= Vector(1.0f), below, Vector(1.0f));
  });
  KILN_REQUIRE(kernel + ": a target is a probability, in [0, 1]; targets that are not:", wrong == 0);
}

/// Checks every label; returns how many rows count.
inline std::int64_t checked_count(const std::string& kernel, std::span<const std::int32_t> labels,
                                  std::int32_t ignore_index, std::int64_t classes) {
  // Not std::to_string: its table of digits is one symbol for the whole program, which these objects must not share.
  using kiln::detail::show;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignore_index) continue;
    KILN_REQUIRE(kernel + ": the label of row " + show(i) + " is at least 0", labels[i] >= 0);
    KILN_REQUIRE(kernel + ": the label of row " + show(i) + " is below the number of classes", labels[i] < classes);
    ++count;
  }
  KILN_REQUIRE(kernel + ": the mean of nothing; no row counts of " + show(labels.size()), count > 0);
  return count;
}

/// The largest logit of a row, -inf where all are, and the sum of exp(logit - largest): its largest term is exp(0) = 1.
/// A NaN, an inf, and a row of nothing but -inf make a term NaN, and with it the sum.
struct LogitSum {
  float best = -simd::kInfinity;
  double sum = 0;
};
inline LogitSum sum_of_logits(const float* row, std::int64_t step, std::int64_t n) {
  LogitSum result;
  for_each_block(row, step, n, [&](const float* block, std::int64_t, std::int64_t count) {
    const float of_block = largest(block, count);
    result.best = of_block > result.best ? of_block : result.best;
  });
  for_each_block(row, step, n, [&](const float* block, std::int64_t, std::int64_t count) {
    result.sum += sum_of_exp(block, count, result.best);
  });
  return result;
}

}  // namespace kiln::KILN_IMPL
