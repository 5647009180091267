// Ways over the elements of several views at once, on all threads where there are many.
// Dimensions are sorted and merged first, so that most tensors are one row. Pieces are cut by extents alone: what a
// piece sees does not depend on the number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>

#include "kiln/kernels/contract.hpp"
#include "kiln/parallel.hpp"

namespace kiln::KILN_IMPL {

/// Elements that a thread takes at once, at least: enough that the pool's call does not count.
inline constexpr std::int64_t kPiece = std::int64_t{1} << 15;

template <std::size_t N>
using Offsets = std::array<std::int64_t, N>;

/// Dimensions with the distances that a step in each means in N views.
template <std::size_t N>
struct Walk {
  int rank = 0;
  Shape shape = Shape::filled(kMaxRank, 1);
  std::array<Offsets<N>, kMaxRank> steps{};

  /// Takes a dimension in, inside of those that are there.
  void add(std::int64_t extent, const Offsets<N>& step) {
    if (extent == 1) return;
    shape[rank] = extent;
    steps[static_cast<std::size_t>(rank++)] = step;
  }

  /// Puts the dimensions in order, long steps of view `by` outside, and makes one of those that follow each other in
  /// all views. The order of the elements changes; their partners do not.
  void merge(std::size_t by) {
    for (int d = 1; d < rank; ++d)
      for (int i = d; i > 0 && std::abs(at(i - 1)[by]) < std::abs(at(i)[by]); --i) {
        std::swap(at(i - 1), at(i));
        std::swap(shape[i - 1], shape[i]);
      }
    int last = 0;
    for (int d = 1; d < rank; ++d) {
      bool follows = true;
      for (std::size_t i = 0; i < N; ++i) follows = follows && at(last)[i] == at(d)[i] * shape[d];
      const std::int64_t extent = follows ? shape[last] * shape[d] : shape[d];
      if (!follows) ++last;
      at(last) = at(d);
      shape[last] = extent;
    }
    rank = std::min(rank, last + 1);
  }

  Offsets<N>& at(int d) { return steps[static_cast<std::size_t>(d)]; }
  const Offsets<N>& at(int d) const { return steps[static_cast<std::size_t>(d)]; }

  std::int64_t indices() const {
    std::int64_t product = 1;
    for (int d = 0; d < rank; ++d) product *= shape[d];
    return product;
  }

  /// Calls body(offsets) for the indices [first, last) in row-major order.
  template <class Body>
  void run(std::int64_t first, std::int64_t last, Body&& body) const {
    Shape index = Shape::filled(kMaxRank, 0);
    Offsets<N> offsets{};
    std::int64_t rest = first;
    for (int d = rank - 1; d >= 0 && rest > 0; --d) {
      index[d] = rest % shape[d];
      rest /= shape[d];
      for (std::size_t i = 0; i < N; ++i) offsets[i] += index[d] * at(d)[i];
    }
    if (rank == 0) {
      if (first < last) body(offsets);
      return;
    }
    // The innermost dimension is a loop of its own, so that a step in it costs next to nothing.
    const std::int64_t extent = shape[rank - 1];
    const Offsets<N> inner = at(rank - 1);
    for (std::int64_t i = first; i < last;) {
      const std::int64_t here = std::min(last - i, extent - index[rank - 1]);
      for (std::int64_t k = 0; k < here; ++k) {
        body(offsets);
        for (std::size_t v = 0; v < N; ++v) offsets[v] += inner[v];
      }
      i += here;
      for (std::size_t v = 0; v < N; ++v) offsets[v] -= (index[rank - 1] + here) * inner[v];
      index[rank - 1] = 0;
      for (int d = rank - 2; d >= 0; --d) {
        const bool full = ++index[d] == shape[d];
        for (std::size_t v = 0; v < N; ++v) offsets[v] += full ? -(shape[d] - 1) * at(d)[v] : at(d)[v];
        if (!full) break;
        index[d] = 0;
      }
    }
  }

  /// The same for all indices, each of which costs `work` elements, on all threads where there are many.
  template <class Body>
  void run_parallel(std::int64_t work, Body&& body) const {
    const std::int64_t all = indices();
    if (all * work <= kPiece) return run(0, all, body);
    parallel_for(0, all, std::max<std::int64_t>(1, kPiece / std::max<std::int64_t>(1, work)),
                 [&](std::int64_t first, std::int64_t last) { run(first, last, body); });
  }
};

/// The dimensions of `shape` but `without` (-1: all), with strides that each view has there.
template <std::size_t N>
Walk<N> walk_of(const Shape& shape, const std::array<Strides, N>& strides, int without = -1) {
  Walk<N> walk;
  for (int d = 0; d < shape.rank(); ++d) {
    if (d == without) continue;
    Offsets<N> step;
    for (std::size_t i = 0; i < N; ++i) step[i] = strides[i][d];
    walk.add(shape[d], step);
  }
  return walk;
}

/// A walk with its innermost dimension apart: rows, long steps of view `by` outside.
template <std::size_t N>
struct Rows {
  Walk<N> walk;
  std::int64_t columns = 1;
  Offsets<N> steps;  ///< from column to column
  bool dense;        ///< whether these are all 1

  Rows(const Shape& shape, const std::array<Strides, N>& strides, std::size_t by, int without = -1)
      : walk(walk_of(shape, strides, without)) {
    walk.merge(by);
    steps.fill(1);
    if (walk.rank > 0) {
      columns = walk.shape[--walk.rank];
      steps = walk.at(walk.rank);
    }
    dense = std::all_of(steps.begin(), steps.end(), [](std::int64_t step) { return step == 1; });
  }
};

/// The strides of `operand` as seen in `shape`: 0 in every dimension in which it is stretched or which it lacks.
template <class T>
Strides strides_in(const BasicView<T>& operand, const Shape& shape) {
  Strides strides = Shape::filled(shape.rank(), 0);
  const int missing = shape.rank() - operand.rank();
  for (int d = missing; d < shape.rank(); ++d)
    if (operand.shape[d - missing] != 1) strides[d] = operand.strides[d - missing];
  return strides;
}

/// A run of elements; those of one view whose step is not 1 go through a buffer, a block at a time.
inline constexpr std::int64_t kBlock = 256;
inline const float* gathered(const float* from, std::int64_t step, std::int64_t n, float* buffer) {
  if (step == 1) return from;
  for (std::int64_t i = 0; i < n; ++i) buffer[i] = from[i * step];
  return buffer;
}
inline void scatter(const float* buffer, float* to, std::int64_t step, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i * step] = buffer[i];
}

}  // namespace kiln::KILN_IMPL
