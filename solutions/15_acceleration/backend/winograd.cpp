// Three steps for each block of tiles: transform the pixels, multiply channels in 16 small products, transform back.
// All vectors run along the tiles of a row.
#include "winograd.hpp"

#include <algorithm>

#include "interleave.hpp"
#include "micro_kernel.hpp"
#include "scratch.hpp"

namespace kiln::KILN_IMPL {
namespace {

using namespace product;

constexpr std::int64_t kTile = 4, kPoints = kTile * kTile;
constexpr std::int64_t kCacheLine = 16;  ///< in floats
/// Tiles of a block: what they take as pixels and as sums lies in the second-level cache, beside the weights.
constexpr std::int64_t kBlockTiles = 64;

/// B^T d of a column or row: d0 - d2, d1 + d2, d2 - d1, d1 - d3.
void transform(const Vector& d0, const Vector& d1, const Vector& d2, const Vector& d3, Vector (&out)[kTile]) {
  out[0] = d0 - d2;
  out[1] = d1 + d2;
  out[2] = d2 - d1;
  out[3] = d1 - d3;
}

/// B^T d B of `width` tiles from `planes` on, for one channel: point (i, j) goes to out[(i * 4 + j) * step] as the
/// channel's row of a panel of b.
void transform_pixels(const float* planes, const std::int64_t* offsets, float* out, std::int64_t step) {
  for (int v = 0; v < kVectors; ++v) {
    Vector rows[kTile][kTile];
    for (int j = 0; j < kTile; ++j) {
      const auto at = [&](int i) { return Vector::load_unaligned(planes + offsets[i * kTile + j] + v * kLanes); };
      Vector column[kTile];
      transform(at(0), at(1), at(2), at(3), column);
      for (int i = 0; i < kTile; ++i) rows[i][j] = column[i];
    }
    for (int i = 0; i < kTile; ++i) {
      Vector row[kTile];
      transform(rows[i][0], rows[i][1], rows[i][2], rows[i][3], row);
      for (int j = 0; j < kTile; ++j) row[j].store_unaligned(out + (i * kTile + j) * step + v * kLanes);
    }
  }
}

/// A^T m A of the tiles of one row: m0 + m1 + m2 and m1 - m2 - m3 along both directions, then the pixels of each output
/// row in their order. `sums` holds point p at sums[p * step].
void transform_back(const float* sums, std::int64_t step, std::int64_t tiles, float bias, float beta, float* out,
                    std::int64_t row_stride, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t t = 0; t < tiles; t += kLanes) {
    Vector half[2][kTile];
    for (int j = 0; j < kTile; ++j) {
      const auto at = [&](int i) { return Vector::load_unaligned(sums + (i * kTile + j) * step + t); };
      const Vector m1 = at(1), m2 = at(2);
      half[0][j] = at(0) + m1 + m2;
      half[1][j] = m1 - m2 - at(3);
    }
    for (int i = 0; i < rows; ++i) {
      const Vector left = half[i][0] + half[i][1] + half[i][2], right = half[i][1] - half[i][2] - half[i][3];
      float* const to = out + i * row_stride + 2 * t;
      const std::int64_t left_over = columns - 2 * t;
      write(interleave_low(left, right), {1, beta}, bias, to, std::min(kLanes + 0L, left_over));
      if (left_over > kLanes)
        write(interleave_high(left, right), {1, beta}, bias, to + kLanes, std::min(kLanes + 0L, left_over - kLanes));
    }
  }
}

}  // namespace

Windows winograd_tiles(const Windows& windows) {
  Windows tiles = windows;
  tiles.kernel_height = tiles.kernel_width = kTile;
  tiles.stride_height = tiles.stride_width = 2;
  tiles.out_height = ceil_divide(windows.out_height, 2);
  tiles.out_width = ceil_divide(windows.out_width, 2);
  return tiles;
}

std::int64_t winograd_weight_floats(const Windows& windows, std::int64_t out_channels) {
  return kPoints * windows.channels * out_channels;
}

void winograd_weights(const float* weights, std::int64_t channels, std::int64_t out_channels, float* transformed) {
  for (std::int64_t pair = 0; pair < channels * out_channels; ++pair) {
    const float* const w = weights + pair * 9;
    // G w, then (G w) G^T: G = (1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1).
    float columns[kTile][3];
    for (int s = 0; s < 3; ++s) {
      columns[0][s] = w[s];
      columns[1][s] = 0.5f * (w[s] + w[6 + s] + w[3 + s]);
      columns[2][s] = 0.5f * (w[s] + w[6 + s] - w[3 + s]);
      columns[3][s] = w[6 + s];
    }
    for (int i = 0; i < kTile; ++i) {
      const float a = columns[i][0], b = columns[i][1], c = columns[i][2];
      const float points[kTile] = {a, 0.5f * (a + c + b), 0.5f * (a + c - b), c};
      for (int j = 0; j < kTile; ++j) transformed[(i * kTile + j) * channels * out_channels + pair] = points[j];
    }
  }
}

void winograd_rows(const Windows& tiles, const std::int64_t* offsets, const float* planes, const float* transformed,
                   std::int64_t out_channels, const float* bias, float beta, std::int64_t first, std::int64_t last,
                   const View& out) {
  thread_local Scratch pixel_scratch, sum_scratch;
  const std::int64_t channels = tiles.channels, pitch = tiles.pitch(), channel_planes = 4 * tiles.plane();
  const std::int64_t tile_rows = ceil_divide(out_channels, ceil_divide(out_channels, kRows));
  const std::int64_t rows_at_once = std::max<std::int64_t>(1, kBlockTiles / pitch);
  for (std::int64_t row = first; row < last; row += rows_at_once) {
    const std::int64_t rows = std::min(rows_at_once, last - row);
    const std::int64_t panels = ceil_divide((rows - 1) * pitch + tiles.out_width, kColumns), width = panels * kColumns;
    // A line more than asked for: points a power of two apart would share a few sets of the cache.
    const std::int64_t point_step = channels * width + kCacheLine, sum_step = width + kCacheLine;
    // Transform the pixels: panels of b for each of the 16 products.
    float* const pixels = pixel_scratch.floats(kPoints * point_step);
    for (std::int64_t channel = 0; channel < channels; ++channel)
      for (std::int64_t panel = 0; panel < panels; ++panel)
        transform_pixels(planes + channel * channel_planes + row * pitch + panel * kColumns, offsets,
                         pixels + (panel * channels + channel) * kColumns, point_step);
    // Multiply: for each point sums (out_channels, width) = weights (out_channels, channels) pixels (channels, width).
    float* const sums = sum_scratch.floats(kPoints * out_channels * sum_step);
    for (std::int64_t point = 0; point < kPoints; ++point)
      for (std::int64_t o = 0; o < out_channels; o += tile_rows)
        for (std::int64_t panel = 0; panel < panels; ++panel)
          tile_with<Packed>(std::min(tile_rows, out_channels - o), kVectors)(
              channels, {transformed + (point * out_channels + o) * channels, channels, 1},
              {pixels + point * point_step + panel * channels * kColumns}, {},
              {sums + (o * kPoints + point) * sum_step + panel * kColumns, kPoints * sum_step});
    // Transform back, each output row by itself.
    for (std::int64_t o = 0; o < out_channels; ++o)
      for (std::int64_t i = 0; i < rows; ++i) {
        const std::int64_t y = 2 * (row + i);
        transform_back(sums + o * kPoints * sum_step + i * pitch, sum_step, tiles.out_width,
                       bias == nullptr ? 0 : bias[o], beta, out.data + o * out.strides[0] + y * out.strides[1],
                       out.strides[1], std::min<std::int64_t>(2, out.shape[1] - y), out.shape[2]);
      }
  }
}

}  // namespace kiln::KILN_IMPL
