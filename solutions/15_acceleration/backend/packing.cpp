// Packing: along the lines, across them through a transposition in registers, or element by element.
#include "packing.hpp"

#include <algorithm>
#include <cstring>

#include "interleave.hpp"

namespace kiln::KILN_IMPL::product {
namespace {

/// How far ahead of itself packing asks for memory where it reads more lines than the hardware can follow. Asking for
/// what lies behind the end of an operand does no harm.
constexpr std::int64_t kFloatsAhead = 64, kRunsAhead = 16;

/// Lines are neighbours: each k is one run.
template <int Width>
void pack_runs(Lines from, std::int64_t depth, float* out) {
  for (std::int64_t k = 0; k < depth; ++k) {
    for (int at = 0; at < Width; at += 16) __builtin_prefetch(from.at(at, k + kRunsAhead));
    std::memcpy(out + k * Width, from.at(0, k), Width * sizeof(float));
  }
}

/// The same of fewer lines than a panel holds; zeros stand for those that are missing.
template <int Width>
void pack_short_runs(Lines from, std::int64_t lines, std::int64_t depth, float* out) {
  static_assert(Width % kLanes == 0);
  for (std::int64_t k = 0; k < depth; ++k)
    for (std::int64_t at = 0; at < Width; at += kLanes) {
      const std::int64_t count = std::clamp<std::int64_t>(lines - at, 0, kLanes);
      simd::load_part(from.at(at, k), count).store_aligned(out + k * Width + at);
    }
}

/// Each line is a run along k: kLanes values of k of at most kLanes lines at a time. Where there are fewer than Width
/// lines, the last one stands for those that are missing.
template <int Width, int First>
void pack_across(const float* const* lines, std::int64_t count, std::int64_t depth, float* out) {
  constexpr int kHere = Width - First < kLanes ? Width - First : kLanes;
  const float* starts[kLanes];
  for (int i = 0; i < kLanes; ++i) starts[i] = lines[First + i < count ? First + i : count - 1];
  const std::int64_t whole = depth - depth % kLanes;
  for (std::int64_t k = 0; k < whole; k += kLanes) {
    Vector rows[kLanes];
    for (int i = 0; i < kHere; ++i) __builtin_prefetch(starts[i] + k + kFloatsAhead);
    for (int i = 0; i < kLanes; ++i) rows[i] = Vector::load_unaligned(starts[i] + k);
    transpose(rows);
    // A whole vector may reach into the next row, which is written next; masks cost more. Not behind the last one.
    const bool whole_vectors = kHere == kLanes || (Width <= kLanes && k + kLanes < depth);
    for (int i = 0; i < kLanes; ++i)
      if (whole_vectors)
        rows[i].store_unaligned(out + (k + i) * Width + First);
      else
        simd::store_part(out + (k + i) * Width + First, rows[i], kHere);
  }
  for (std::int64_t k = whole; k < depth; ++k)
    for (int i = 0; i < kHere; ++i) out[k * Width + First + i] = starts[i][k];
  if constexpr (First + kLanes < Width) pack_across<Width, First + kLanes>(lines, count, depth, out);
}

}  // namespace

template <int Width>
void pack_lines(const float* const* lines, std::int64_t count, std::int64_t depth, float* out) {
  pack_across<Width, 0>(lines, count, depth, out);
}

template <int Width>
void pack(Lines from, std::int64_t lines, std::int64_t depth, float* out) {
  if (lines == Width && from.line_stride == 1) return pack_runs<Width>(from, depth, out);
  if constexpr (Width == kColumns)
    if (from.line_stride == 1) return pack_short_runs<Width>(from, lines, depth, out);
  if (from.depth_stride == 1) {
    const float* starts[Width] = {};
    for (std::int64_t line = 0; line < lines; ++line) starts[line] = from.at(line, 0);
    return pack_across<Width, 0>(starts, lines, depth, out);
  }
  for (std::int64_t k = 0; k < depth; ++k)
    for (std::int64_t line = 0; line < Width; ++line)
      out[k * Width + line] = *from.at(line < lines ? line : lines - 1, k);
}

template void pack<kRows>(Lines from, std::int64_t lines, std::int64_t depth, float* out);
template void pack<kColumns>(Lines from, std::int64_t lines, std::int64_t depth, float* out);
template void pack_lines<kColumns>(const float* const* lines, std::int64_t count, std::int64_t depth, float* out);

}  // namespace kiln::KILN_IMPL::product
