// Operations that go element by element, as vectors: map() walks any views, and an operation only says what becomes of
// a vector of each. Elements that do not lie side by side are gathered into blocks, and scattered from them.
#pragma once

#include "simd.hpp"
#include "stream.hpp"
#include "walk.hpp"

namespace kiln::KILN_IMPL {

/// op(in, out) for n dense elements of I inputs and O outputs: Vectors, or parts of one. An output may be an input.
/// Where `kRepeats`, an input with `repeats` is one vector that stands for every other.
template <bool kRepeats, std::size_t I, std::size_t O, class Op>
[[gnu::always_inline]] inline void map_dense(std::array<const float*, I> in, const std::array<bool, I>& repeats,
                                             const std::array<float*, O>& out, std::int64_t n, Op op) {
  using namespace simd;
  Vector x[I > 0 ? I : 1], y[O];
  std::int64_t i = 0;
  if constexpr (kRepeats)
    for (std::size_t k = 0; k < I; ++k)
      if (repeats[k]) x[k] = load(in[k]);
  for (; i + kLanes <= n; i += kLanes) {
    for (std::size_t k = 0; k < I; ++k)
      if (!kRepeats || !repeats[k]) x[k] = load(in[k] + i);
    op(x, y);
    for (std::size_t k = 0; k < O; ++k) y[k].store_unaligned(out[k] + i);
  }
  if (i == n) return;
  for (std::size_t k = 0; k < I; ++k)
    if (!kRepeats || !repeats[k]) x[k] = load_part(in[k] + i, n - i);
  op(x, y);
  for (std::size_t k = 0; k < O; ++k) store_part(out[k] + i, y[k], n - i);
}

/// The same for elements `steps` apart, the inputs' steps first. A step of 0 in an input repeats one element.
template <std::size_t I, std::size_t O, class Op>
void map_row(std::array<const float*, I> in, std::array<float*, O> out, const Offsets<I + O>& steps, std::int64_t n,
             Op op) {
  std::array<bool, I> repeats;
  repeats.fill(false);
  if (std::all_of(steps.begin(), steps.end(), [](std::int64_t step) { return step == 1; }))
    return map_dense<false, I, O>(in, repeats, out, n, op);
  alignas(64) float buffers[I + O][kBlock];
  bool dense = true;
  for (std::size_t k = 0; k < I; ++k) {
    repeats[k] = steps[k] == 0;
    if (repeats[k]) std::fill_n(buffers[k], simd::kLanes, *in[k]);
    dense = dense && (steps[k] == 1 || repeats[k]);
  }
  for (std::size_t k = 0; k < O; ++k) dense = dense && steps[I + k] == 1;
  const std::int64_t block = dense ? n : kBlock;
  for (std::int64_t i = 0; i < n; i += block) {
    const std::int64_t count = std::min(block, n - i);
    std::array<const float*, I> from;
    std::array<float*, O> to;
    for (std::size_t k = 0; k < I; ++k)
      from[k] = repeats[k] ? buffers[k] : gathered(in[k] + i * steps[k], steps[k], count, buffers[k]);
    for (std::size_t k = 0; k < O; ++k) to[k] = steps[I + k] == 1 ? out[k] + i : buffers[I + k];
    map_dense<true, I, O>(from, repeats, to, count, op);
    for (std::size_t k = 0; k < O; ++k)
      if (steps[I + k] != 1) scatter(to[k], out[k] + i * steps[I + k], steps[I + k], count);
  }
}

/// Asks for elements [first, last) of an input: more lines of a page at once than the processor asks for by itself.
inline void ask_for(const float* in, std::int64_t first, std::int64_t last) {
  constexpr std::int64_t kLine = 16;
  for (std::int64_t i = first; i < last; i += kLine) __builtin_prefetch(in + i);
}

/// map_row for a long row, cut into pieces for all threads. What no cache of a core's own holds is asked for in blocks.
template <std::size_t I, std::size_t O, class Op>
void map_long_row(const std::array<const float*, I>& in, const std::array<float*, O>& out, const Offsets<I + O>& steps,
                  std::int64_t n, Op op) {
  if (n <= kPiece) return map_row<I, O>(in, out, steps, n, op);
  constexpr std::int64_t kAsked = 512;
  const bool asks = n > 8 * kPiece && std::all_of(steps.begin(), steps.end(), [](auto step) { return step == 1; });
  parallel_for(0, n, kPiece, [&](std::int64_t begin, std::int64_t end) {
    const auto part = [&](std::int64_t first, auto map_one) {
      std::array<const float*, I> from;
      std::array<float*, O> to;
      for (std::size_t k = 0; k < I; ++k) from[k] = in[k] + first * steps[k];
      for (std::size_t k = 0; k < O; ++k) to[k] = out[k] + first * steps[I + k];
      map_one(from, to);
    };
    if (!asks)
      return part(begin, [&](const auto& from, const auto& to) { map_row<I, O>(from, to, steps, end - begin, op); });
    for (std::int64_t first = begin; first < end; first += kAsked) {
      const std::int64_t last = std::min(first + kAsked, end);
      for (const float* operand : in) ask_for(operand, last, std::min(last + kAsked, end));
      part(first, [&](const auto& from, const auto& to) { map_dense<false, I, O>(from, {}, to, last - first, op); });
    }
  });
}

/// map_row of dense elements in blocks whose results go past the caches; out is aligned to a vector.
template <std::size_t I, class Op>
void map_streaming(std::array<const float*, I> in, float* out, std::int64_t n, Op op) {
  constexpr std::int64_t kStreamed = 4 * kBlock;
  Offsets<I + 1> steps;
  steps.fill(1);
  parallel_for(0, n, kPiece, [&](std::int64_t first, std::int64_t last) {
    alignas(64) float results[kStreamed];
    for (std::int64_t i = first; i < last; i += kStreamed) {
      const std::int64_t count = std::min(kStreamed, last - i);
      std::array<const float*, I> from = in;
      for (const float*& operand : from) operand += i;
      map_row<I, 1>(from, {results}, steps, count, op);
      stream(results, out + i, count);
    }
    end_streaming();
  });
}

/// The same for all rows of a walk, which has at least one.
template <std::size_t I, std::size_t O, class Op>
void map_rows(const Rows<I + O>& rows, const std::array<const float*, I>& in, const std::array<float*, O>& out, Op op) {
  const auto each = [&](auto map_one) {
    return [&, map_one](const Offsets<I + O>& at) {
      std::array<const float*, I> from;
      std::array<float*, O> to;
      for (std::size_t k = 0; k < I; ++k) from[k] = in[k] + at[k];
      for (std::size_t k = 0; k < O; ++k) to[k] = out[k] + at[I + k];
      map_one(from, to);
    };
  };
  // Rows may be so short that a look at the steps of each would cost as much as what they hold.
  if (rows.dense && rows.columns <= kBlock)
    return rows.walk.run_parallel(rows.columns, each([&](const auto& from, const auto& to) {
                                    map_dense<false, I, O>(from, {}, to, rows.columns, op);
                                  }));
  const auto map_one =
      each([&](const auto& from, const auto& to) { map_long_row<I, O>(from, to, rows.steps, rows.columns, op); });
  if (rows.columns > kPiece) return rows.walk.run(0, rows.walk.indices(), map_one);
  rows.walk.run_parallel(rows.columns, map_one);
}

/// op(in, out) for every element; the outputs have one shape, and the inputs broadcast to it. An output may be the very
/// same view as an input.
template <std::size_t I, std::size_t O, class Op>
void map(const std::array<ConstView, I>& in, const std::array<View, O>& out, Op op) {
  const Shape& shape = out[0].shape;
  const std::int64_t elements = shape.elements();
  if (elements == 0) return;
  std::array<const float*, I> from;
  std::array<float*, O> to;
  for (std::size_t k = 0; k < I; ++k) from[k] = in[k].data;
  for (std::size_t k = 0; k < O; ++k) to[k] = out[k].data;
  Offsets<I + O> steps;
  steps.fill(1);

  // Dense views of one shape are one row, and so is a scalar.
  const auto dense = [&](const auto& view) { return view.shape == shape && view.is_contiguous(); };
  if (std::all_of(in.begin(), in.end(), dense) && std::all_of(out.begin(), out.end(), dense)) {
    if constexpr (O == 1) {
      // Not where the output is an input, which a cache holds by the time it is written.
      const bool aligned = reinterpret_cast<std::uintptr_t>(to[0]) % (simd::kLanes * sizeof(float)) == 0;
      const bool in_place = std::find(from.begin(), from.end(), to[0]) != from.end();
      if (aligned && !in_place && exceeds_caches(elements * static_cast<std::int64_t>(I + O)))
        return map_streaming<I>(from, to[0], elements, op);
    }
    return map_long_row<I, O>(from, to, steps, elements, op);
  }

  std::array<Strides, I + O> strides;
  for (std::size_t k = 0; k < I; ++k) strides[k] = strides_in(in[k], shape);
  for (std::size_t k = 0; k < O; ++k) strides[I + k] = out[k].strides;
  map_rows<I, O>(Rows<I + O>(shape, strides, I), from, to, op);
}

}  // namespace kiln::KILN_IMPL
