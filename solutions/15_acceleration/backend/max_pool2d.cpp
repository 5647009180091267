// max_pool2d and its backward, a row of windows at a time. Winners are compared as 32-bit numbers beside the floats, in
// as many lanes, and become 64-bit ones on the way to memory.
#include <algorithm>
#include <limits>

#include "interleave.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/parallel.hpp"
#include "simd.hpp"
#include "walk.hpp"
#include "windows.hpp"

using namespace kiln;

namespace {

/// Windows of a row that are worked on together; what they need stays in the first-level cache.
constexpr std::int64_t kWindows = 512;

/// Lets one tap of n neighbouring windows compete: best[x] against in[x * step], which stands at first + x * stride.
/// A candidate wins where it is not <= best, which is true of a NaN too, unless best is a NaN already.
template <std::int64_t kStep, class Index>
[[gnu::always_inline]] inline void take_tap(const float* __restrict in, std::int64_t step, Index first, Index stride,
                                            float* __restrict best, Index* __restrict winners, std::int64_t n) {
  if constexpr (kStep > 0) step = kStep;
  for (std::int64_t x = 0; x < n; ++x) {
    const float candidate = in[x * step], before = best[x];
    const bool wins = !(candidate <= before) & (before == before);
    best[x] = wins ? candidate : before;
    winners[x] = wins ? first + static_cast<Index>(x) * stride : winners[x];
  }
}

/// What a row of windows reads and writes. The image's first element is `image`.
struct Row {
  const float* image;
  const ConstView& in;
  const Pool2dOptions& options;
  std::int64_t first_row, end_row;  ///< the windows' rows inside the image
  float* out;
  std::int64_t out_step;
  std::int64_t* winners;
};

/// Windows [begin, end) of a row, at most kWindows.
template <class Index>
void pool_windows(const Row& row, std::int64_t begin, std::int64_t end) {
  const Pool2dOptions& options = row.options;
  const std::int64_t width = row.in.shape[3], to_row = row.in.strides[2], to_column = row.in.strides[3];
  const std::int64_t stride = options.stride_width, n = end - begin, step = stride * to_column;
  float best[kWindows];
  Index winners[kWindows];

  // Start with each window's first element inside the image.
  for (std::int64_t x = 0; x < n; ++x) {
    const std::int64_t w = std::max<std::int64_t>((begin + x) * stride - options.padding_width, 0);
    best[x] = row.image[row.first_row * to_row + w * to_column];
    winners[x] = static_cast<Index>(row.first_row * width + w);
  }

  // Go through the taps in row-major order, so that the first of equals stays.
  for (std::int64_t h = row.first_row; h < row.end_row; ++h)
    for (std::int64_t tap = 0; tap < options.width; ++tap) {
      const impl::Range x = impl::windows_of_tap(tap, width, stride, options.padding_width).within(begin, end);
      if (x.begin >= x.end) continue;
      const std::int64_t w = x.begin * stride - options.padding_width + tap;
      const auto take = step == 1 ? take_tap<1, Index> : step == 2 ? take_tap<2, Index> : take_tap<0, Index>;
      take(row.image + h * to_row + w * to_column, step, static_cast<Index>(h * width + w), static_cast<Index>(stride),
           best + (x.begin - begin), winners + (x.begin - begin), x.end - x.begin);
    }
  for (std::int64_t x = 0; x < n; ++x) row.winners[begin + x] = winners[x];
  impl::scatter(best, row.out + begin * row.out_step, row.out_step, n);
}

using impl::simd::Vector;
constexpr std::int64_t kLanes = impl::simd::kLanes;

/// The most columns whose numbers are whole in a float.
constexpr std::int64_t kMostColumns = 1 << 23;

/// Windows of 2 x 2, two apart: the largest of a, b (above) and c, d (below), where the first of those that are equal
/// stands, counted from a in rows of `width`, and something that is not 0 where there is a NaN (or an infinity, maybe).
struct Pooled {
  Vector best, place, any;
};
[[gnu::always_inline]] inline Pooled pool_four(Vector a, Vector b, Vector c, Vector d, std::int64_t width) {
  const Vector below(static_cast<float>(width)), below_right(static_cast<float>(width + 1));
  const Vector top = xsimd::max(a, b), bottom = xsimd::max(c, d);
  return {xsimd::max(top, bottom),
          xsimd::select(bottom > top, xsimd::select(d > c, below_right, below),
                        xsimd::select(b > a, Vector(1.0f), Vector(0.0f))),
          ((a - a) + (b - b)) + ((c - c) + (d - d))};
}

/// Such windows in dense rows without padding, at most kWindows. `first` numbers the first element. False where there
/// may be a NaN: then nothing that was written holds.
bool pool_pairs(const float* upper, const float* lower, std::int64_t windows, std::int64_t first, std::int64_t width,
                float* out, std::int64_t* winners) {
  using namespace impl::simd;
  Vector any(0.0f);  // a NaN makes it one, and stays
  std::int32_t places[kWindows];
  const auto pool = [&](Vector upper_left, Vector upper_right, Vector lower_left, Vector lower_right, std::int64_t x) {
    const Pooled pooled =
        pool_four(impl::even_lanes(upper_left, upper_right), impl::odd_lanes(upper_left, upper_right),
                  impl::even_lanes(lower_left, lower_right), impl::odd_lanes(lower_left, lower_right), width);
    any = any + pooled.any;
    xsimd::to_int(pooled.place).store_unaligned(places + x);
    return pooled.best;
  };
  const auto pool_at = [&](std::int64_t x) {
    const float* const above = upper + 2 * x;
    const float* const under = lower + 2 * x;
    pool(load(above), load(above + kLanes), load(under), load(under + kLanes), x).store_unaligned(out + x);
  };
  if (windows < kLanes) {
    const std::int64_t left = std::min(kLanes, 2 * windows), right = 2 * windows - left;
    store_part(out,
               pool(load_part(upper, left), load_part(upper + left, right), load_part(lower, left),
                    load_part(lower + left, right), 0),
               windows);
  } else {
    for (std::int64_t x = 0; x + kLanes <= windows; x += kLanes) pool_at(x);
    // The last ones again, together with those before them.
    if (windows % kLanes != 0) pool_at(windows - kLanes);
  }
  if (!(xsimd::hadd(any) == 0)) return false;
  const auto start = static_cast<std::int32_t>(first);
  for (std::int64_t x = 0; x < windows; ++x) winners[x] = start + 2 * static_cast<std::int32_t>(x) + places[x];
  return true;
}

/// Of rows of `Windows` elements, a part of a vector, those with even numbers (Odd = 0) or odd ones in a and b.
template <int Windows, int Odd, int... Lane>
[[gnu::always_inline]] inline Vector every_second_row(Vector a, Vector b, std::integer_sequence<int, Lane...>) {
  using impl::detail::Plain;
  return Vector(__builtin_shufflevector(Plain(a.data), Plain(b.data),
                                        (Lane / Windows * 2 * Windows + Odd * Windows + Lane % Windows)...));
}

/// The same windows of dense images, one behind the other, whose rows have `Windows` of them, a part of a vector: their
/// number is a multiple of kLanes, and that of an image a multiple or divisor. False where there may be a NaN.
template <int Windows>
bool pool_images(const float* in, std::int64_t of_image, std::int64_t windows, float* out, std::int64_t* winners) {
  constexpr auto kAll = impl::detail::kLaneNumbers;
  std::int32_t starts[kLanes], places[kLanes];  // where a vector's windows begin, and the winners from there
  for (std::int32_t i = 0; i < kLanes; ++i) {
    const std::int32_t window = i % static_cast<std::int32_t>(of_image);
    starts[i] = window / Windows * 4 * Windows + window % Windows * 2;
  }
  Vector any(0.0f);
  for (std::int64_t done = 0; done < windows; done += kLanes) {
    const float* const from = in + 4 * done;
    const auto part = [&](int i) { return impl::simd::load(from + i * kLanes); };
    const Vector left = impl::even_lanes(part(0), part(1)), right = impl::odd_lanes(part(0), part(1));
    const Vector next_left = impl::even_lanes(part(2), part(3)), next_right = impl::odd_lanes(part(2), part(3));
    const Pooled pooled = pool_four(every_second_row<Windows, 0>(left, next_left, kAll),
                                    every_second_row<Windows, 0>(right, next_right, kAll),
                                    every_second_row<Windows, 1>(left, next_left, kAll),
                                    every_second_row<Windows, 1>(right, next_right, kAll), 2 * Windows);
    pooled.best.store_unaligned(out + done);
    any = any + pooled.any;
    xsimd::to_int(pooled.place).store_unaligned(places);
    const auto base = static_cast<std::int32_t>(4 * (done % of_image));
    for (std::int64_t i = 0; i < kLanes; ++i) winners[done + i] = base + starts[i] + places[i];
  }
  return xsimd::hadd(any) == 0;
}

/// The way of pool_images for rows of so many windows; null where none is.
auto pool_images_of(std::int64_t windows) {
  using Pool =
      bool (*)(const float* in, std::int64_t of_image, std::int64_t windows, float* out, std::int64_t* winners);
  if (windows == kLanes / 2) return Pool(pool_images<kLanes / 2>);
  if (windows == kLanes / 4) return Pool(pool_images<kLanes / 4>);
  return Pool(nullptr);
}

/// Where the block of windows after `begin` starts: none but the first holds fewer than kLanes.
std::int64_t next_block(std::int64_t begin, std::int64_t windows) {
  return windows - begin <= kWindows ? windows : begin + kWindows - (windows - begin < kWindows + kLanes ? kLanes : 0);
}

/// Checks options and shapes.
void check(const ConstView& in, const Pool2dOptions& options, const View& out, std::size_t winners) {
  impl::check_pool("max_pool2d", in, options, out);
  KILN_REQUIRE("max_pool2d: an image without elements has no largest one", in.shape[2] * in.shape[3] > 0);
  KILN_REQUIRE("max_pool2d: winners and out differ in number", static_cast<std::int64_t>(winners) == out.size());
}

}  // namespace

void impl::max_pool2d(ConstView in, Pool2dOptions options, View out, std::span<std::int64_t> winners) {
  check(in, options, out, winners.size());
  if (out.size() == 0) return;
  const std::int64_t channels = out.shape[1], rows = out.shape[2], windows = out.shape[3];
  const bool small = in.shape[2] * in.shape[3] <= std::numeric_limits<std::int32_t>::max();
  const bool pairs = small && in.shape[3] < kMostColumns && options.height == 2 && options.width == 2 &&
                     options.stride_height == 2 && options.stride_width == 2 && in.strides[3] == 1 &&
                     out.strides[3] == 1 && options.padding_height == 0 && options.padding_width == 0;
  const std::int64_t grain = std::max<std::int64_t>(1, kPiece / (in.shape[2] * in.shape[3])), of_image = rows * windows;
  const auto pool_together = pairs && in.is_contiguous() && out.is_contiguous() && in.shape[3] == 2 * windows &&
                                     in.shape[2] == 2 * rows && (of_image % kLanes == 0 || kLanes % of_image == 0)
                                 ? pool_images_of(windows)
                                 : nullptr;
  parallel_for(0, out.shape[0] * channels, grain, [&](std::int64_t first, std::int64_t last) {
    const std::int64_t together = (last - first) * of_image, before = first * of_image;
    if (pool_together != nullptr && together % kLanes == 0 &&
        pool_together(in.data + 4 * before, of_image, together, out.data + before, winners.data() + before))
      return;
    for (std::int64_t i = first; i < last; ++i) {
      const float* const image = in.data + i / channels * in.strides[0] + i % channels * in.strides[1];
      float* const to = out.data + i / channels * out.strides[0] + i % channels * out.strides[1];
      for (std::int64_t y = 0; y < rows; ++y) {
        const std::int64_t top = y * options.stride_height - options.padding_height;
        std::int64_t* const winners_of_row = winners.data() + (i * rows + y) * windows;
        float* const out_row = to + y * out.strides[2];
        const float* const upper = image + top * in.strides[2];
        bool done = pairs;
        for (std::int64_t begin = 0; begin < windows && done; begin = next_block(begin, windows))
          done = pool_pairs(upper + 2 * begin, upper + in.strides[2] + 2 * begin, next_block(begin, windows) - begin,
                            top * in.shape[3] + 2 * begin, in.shape[3], out_row + begin, winners_of_row + begin);
        if (done) continue;
        const Row row{image,
                      in,
                      options,
                      std::max<std::int64_t>(top, 0),
                      std::min(in.shape[2], top + options.height),
                      out_row,
                      out.strides[3],
                      winners_of_row};
        const auto pool = small ? pool_windows<std::int32_t> : pool_windows<std::int64_t>;
        for (std::int64_t begin = 0; begin < windows; begin += kWindows)
          pool(row, begin, std::min(windows, begin + kWindows));
      }
    }
  });
}

void impl::max_pool2d_backward(ConstView grad_out, std::span<const std::int64_t> winners, View grad_in) {
  KILN_REQUIRE("max_pool2d_backward: grad_out is not (batch, channels, height, width)", grad_out.rank() == 4);
  KILN_REQUIRE("max_pool2d_backward: grad_in is not (batch, channels, height, width)", grad_in.rank() == 4);
  KILN_REQUIRE("max_pool2d_backward: the batches differ", grad_out.shape[0] == grad_in.shape[0]);
  KILN_REQUIRE("max_pool2d_backward: the channels differ", grad_out.shape[1] == grad_in.shape[1]);
  KILN_REQUIRE("max_pool2d_backward: winners and grad_out differ in number",
               static_cast<std::int64_t>(winners.size()) == grad_out.size());
  const std::int64_t elements = grad_in.shape[2] * grad_in.shape[3];
  // The largest as an unsigned number stands for all of them: one below 0 is larger than any.
  std::uint64_t largest = 0;
  for (const std::int64_t winner : winners) largest = std::max(largest, static_cast<std::uint64_t>(winner));
  const auto furthest = static_cast<std::int64_t>(largest);
  if (!winners.empty()) {
    KILN_REQUIRE("max_pool2d_backward: a winner lies before the image", furthest >= 0);
    KILN_REQUIRE("max_pool2d_backward: a winner lies behind the image's elements", furthest < elements);
  }

  const std::int64_t channels = grad_out.shape[1], rows = grad_out.shape[2], windows = grad_out.shape[3];
  const std::int64_t width = grad_in.shape[3], to_row = grad_in.strides[2], to_column = grad_in.strides[3];
  const bool dense = to_column == 1 && to_row == width;
  const std::int64_t grain = std::max<std::int64_t>(1, kPiece / std::max<std::int64_t>(1, elements));
  parallel_for(0, grad_out.shape[0] * channels, grain, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const float* const gradient =
          grad_out.data + i / channels * grad_out.strides[0] + i % channels * grad_out.strides[1];
      float* const image = grad_in.data + i / channels * grad_in.strides[0] + i % channels * grad_in.strides[1];
      for (std::int64_t y = 0; y < rows; ++y) {
        const float* const row = gradient + y * grad_out.strides[2];
        const std::int64_t* const winner = winners.data() + (i * rows + y) * windows;
        for (std::int64_t x = 0; x < windows; ++x) {
          // A dense image is one row: its winner needs no division.
          const std::int64_t at = dense ? winner[x] : winner[x] / width * to_row + winner[x] % width * to_column;
          image[at] += row[x * grad_out.strides[3]];
        }
      }
    }
  });
}
