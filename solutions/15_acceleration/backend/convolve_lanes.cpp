// A product for each output pixel: the weights of the taps that its window has inside the image, times those pixels of
// all images.
#include "convolve_lanes.hpp"

#include <algorithm>
#include <vector>

#include "kiln/parallel.hpp"
#include "scratch.hpp"

namespace kiln::KILN_IMPL {

using namespace product;

namespace {

/// Output channels of a tile: enough sums, and tiles enough for all threads.
constexpr std::int64_t kTileRows = std::min(kRows, 8);

/// What a window sees along one dimension, beginning at `first`: its first tap, the pixel there, from one tap to the
/// next and from one pixel to the next, and how many there are.
struct Sight {
  std::int64_t first, tap, tap_step, count;
  bool operator==(const Sight& other) const { return tap == other.tap && count == other.count; }
};
Sight sight_of(std::int64_t window, std::int64_t stride, std::int64_t padding, std::int64_t spread, std::int64_t taps,
               std::int64_t extent) {
  Sight sight{0, 0, spread, 0};
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    const std::int64_t place = window * stride + tap - padding;
    if (place < 0 || place % spread != 0 || place / spread >= extent) continue;
    if (sight.count++ == 0) sight.first = place / spread, sight.tap = tap;
  }
  return sight;
}

/// The different ones of them, and which of these each window has.
struct Sights {
  std::vector<Sight> kinds;
  std::vector<std::size_t> kind;
  std::vector<std::int64_t> first;

  Sights(std::int64_t windows, std::int64_t stride, std::int64_t padding, std::int64_t spread, std::int64_t taps,
         std::int64_t extent) {
    for (std::int64_t window = 0; window < windows; ++window) {
      const Sight sight = sight_of(window, stride, padding, spread, taps, extent);
      const auto known = std::find(kinds.begin(), kinds.end(), sight);
      kind.push_back(static_cast<std::size_t>(known - kinds.begin()));
      first.push_back(sight.first);
      if (known == kinds.end()) kinds.push_back(sight);
    }
  }
};

/// For each window its taps, and where its first pixel stands among the lanes.
class WindowTaps {
 public:
  struct Window {
    std::int64_t first, taps, count;
  };

  WindowTaps(const Windows& windows, const Strides& weight) {
    const Sights rows(windows.out_height, windows.stride_height, windows.padding_height, windows.spread_height,
                      windows.kernel_height, windows.in_height);
    const Sights columns(windows.out_width, windows.stride_width, windows.padding_width, windows.spread_width,
                         windows.kernel_width, windows.in_width);
    const std::int64_t width = windows.in_width, plane = windows.in_height * width;
    std::vector<Window> kinds;
    for (const Sight& row : rows.kinds)
      for (const Sight& column : columns.kinds) {
        const std::int64_t before = std::ssize(taps_);
        for (std::int64_t i = 0; i < windows.channels; ++i)
          for (std::int64_t h = 0; h < row.count; ++h)
            for (std::int64_t w = 0; w < column.count; ++w)
              taps_.push_back({i * weight[1] + (row.tap + h * row.tap_step) * weight[2] +
                                   (column.tap + w * column.tap_step) * weight[3],
                               (i * plane + h * width + w) * kGroup});
        kinds.push_back({0, before, std::ssize(taps_) - before});
      }
    windows_.reserve(static_cast<std::size_t>(windows.out_height * windows.out_width));
    for (std::size_t y = 0; y < rows.kind.size(); ++y)
      for (std::size_t x = 0; x < columns.kind.size(); ++x) {
        windows_.push_back(kinds[rows.kind[y] * columns.kinds.size() + columns.kind[x]]);
        windows_.back().first = (rows.first[y] * width + columns.first[x]) * kGroup;
      }
  }

  /// Window number i, in row-major order.
  const Window& operator[](std::int64_t i) const { return windows_[static_cast<std::size_t>(i)]; }
  const Tap* taps(const Window& window) const { return taps_.data() + window.taps; }

 private:
  std::vector<Tap> taps_;
  std::vector<Window> windows_;
};

}  // namespace

void convolve_lanes(const Windows& windows, const ConstView& weights, const float* bias, float beta,
                    const ConstView& in, const View& out) {
  thread_local Scratch scratch;
  const WindowTaps window_taps(windows, weights.strides);
  float* const pixels = scratch.floats(lane_floats(in));
  const std::int64_t width = windows.out_width, channels = out.shape[1];
  const std::int64_t run = run_of(out.strides[2], windows.out_height, width);
  const std::int64_t runs = windows.out_height * width / run, chunks = ceil_divide(run, kLanes);
  const std::int64_t tiles = ceil_divide(channels, kTileRows);
  // Steps of a tile that are worth a thread's while.
  constexpr std::int64_t kSteps = 1024;
  const std::int64_t grain = ceil_divide(kSteps, windows.taps() * kLanes);
  for (std::int64_t n = 0; n < in.shape[0]; n += kGroup) {
    const std::int64_t images = std::min(kGroup, in.shape[0] - n);
    lay_out_lanes(images_of(in, n, images), pixels);
    const View group = images_of(out, n, images);
    parallel_for(0, runs * chunks * tiles, grain, [&](std::int64_t begin, std::int64_t end) {
      alignas(64) float sums[kTileRows * kLanes * kGroup], turned[kTileRows * kLanes * kGroup];
      for (std::int64_t piece = begin; piece < end; ++piece) {
        const std::int64_t chunk = piece / tiles, o = piece % tiles * kTileRows;
        const std::int64_t y = chunk / chunks * (run / width), first = chunk % chunks * kLanes;
        const std::int64_t count = std::min<std::int64_t>(kLanes, run - first);
        const std::int64_t rows = std::min(kTileRows, channels - o);
        const auto multiply = tile_with<Tapped>(rows, kVectors);
        for (std::int64_t i = 0; i < count; ++i) {
          const auto& window = window_taps[y * width + first + i];
          multiply(window.count, {weights.data + o * weights.strides[0], weights.strides[0], 0},
                   {pixels + window.first, window_taps.taps(window)}, {}, {sums + i * kGroup, kLanes * kGroup});
        }
        for (std::int64_t i = 0; i < rows; ++i)
          turn_lanes(sums + i * kLanes * kGroup, turned + i * kLanes, kTileRows * kLanes);
        // Image by image: those that follow each other are often a multiple of 4096 bytes apart, and then share the
        // few places that a cache has for such.
        for (std::int64_t image = 0; image < images; ++image)
          for (std::int64_t i = 0; i < rows; ++i)
            write(Vector::load_aligned(turned + (image * kTileRows + i) * kLanes), {1, beta},
                  bias == nullptr ? 0.0f : bias[o + i],
                  group.data + image * group.strides[0] + (o + i) * group.strides[1] + y * group.strides[2] + first,
                  count);
      }
    });
  }
}

}  // namespace kiln::KILN_IMPL
