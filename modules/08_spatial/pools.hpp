// What the tests of max_pool2d and average_pool2d share: windows drawn at random with images that they fit into, and
// one call compared with its oracle.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "kiln/kernels/spatial.hpp"
#include "oracle_of_pools.hpp"
#include "testing/kept.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::pools {

using testing::Array64;
using testing::Generator;
using testing::Layout;
using testing::Operand;
using Winners = std::vector<std::int64_t>;

inline const SpatialSlots& kernel() { return testing::under_test<SpatialSlots>(); }

inline std::string words(const Pool2dOptions& options) {
  const auto pair = [](std::int64_t height, std::int64_t width) {
    return " (" + std::to_string(height) + ", " + std::to_string(width) + ")";
  };
  return "window" + pair(options.height, options.width) + ", stride" +
         pair(options.stride_height, options.stride_width) + ", padding" +
         pair(options.padding_height, options.padding_width);
}

/// A number in [low, high].
inline std::int64_t between(Generator& g, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(high - low + 1)));
}

/// Windows of 1 to 5, strides of 1 to 3, paddings up to half of the window.
inline Pool2dOptions random_options(Generator& g) {
  Pool2dOptions options{.height = between(g, 1, 5), .width = between(g, 1, 5)};
  options.stride_height = between(g, 1, 3);
  options.stride_width = between(g, 1, 3);
  options.padding_height = between(g, 0, options.height / 2);
  options.padding_width = between(g, 0, options.width / 2);
  g.note(words(options));
  return options;
}

/// Images that at least one window fits into; the strides rarely divide what is left.
inline Shape random_images(Generator& g, const Pool2dOptions& options) {
  const auto extent = [&](std::int64_t window, std::int64_t padding) {
    const std::int64_t least = std::max<std::int64_t>(1, window - 2 * padding);
    return between(g, least, least + 19);
  };
  return {between(g, 1, 3), between(g, 1, 3), extent(options.height, options.padding_height),
          extent(options.width, options.padding_width)};
}

/// A shape without elements has no winners either.
inline std::size_t elements(const Shape& shape) { return static_cast<std::size_t>(shape.elements()); }

inline void expect_winners(const Winners& winners, const Winners& expected, const Shape& shape, std::int64_t width) {
  const auto place = [&](std::int64_t winner) {
    if (winner < 0) return std::to_string(winner);
    return std::to_string(winner) + ", which is (" + std::to_string(winner / width) + ", " +
           std::to_string(winner % width) + ")";
  };
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (winners[i] == expected[i]) continue;
    ADD_FAILURE() << "winners[" << i << "] of out " << to_string(shape) << ": expected " << place(expected[i])
                  << " of the image, got " << place(winners[i]);
    return;
  }
}

/// One call of max_pool2d on a fresh output, compared with the oracle.
inline void expect_max_pool(Generator& g, const Operand& in, const Pool2dOptions& options,
                            Layout layout = Layout::dense) {
  const oracle::Pooled expected = oracle::max_pool2d(in.values(), options);
  const Operand out = g.output("out", expected.value.shape, layout);
  Winners winners(expected.winners.size(), -1);
  kernel().max_pool2d(in, options, out, winners);
  testing::expect_close(out, testing::exact(expected.value));
  expect_winners(winners, expected.winners, expected.value.shape, in.shape()[3]);
}

inline void expect_average_pool(Generator& g, const Operand& in, const Pool2dOptions& options,
                                Layout layout = Layout::dense) {
  const testing::Expected expected = oracle::average_pool2d(in.values(), options);
  const Operand out = g.output("out", expected.value.shape, layout);
  kernel().average_pool2d(in, options, out);
  testing::expect_close(out, expected);
}

/// grad_out of the windows' shape, and a gradient in which something stands.
inline void expect_max_pool_backward(Generator& g, const Operand& grad_out, const Winners& winners,
                                     const Operand& grad_in) {
  g.note("winners are places in images of " + to_string(grad_in.shape()));
  const testing::Expected expected = oracle::max_pool2d_backward(grad_out.values(), winners, grad_in.values());
  kernel().max_pool2d_backward(grad_out, winners, grad_in);
  testing::expect_close(grad_in, expected);
}

inline void expect_average_pool_backward(const Operand& grad_out, const Pool2dOptions& options,
                                         const Operand& grad_in) {
  const testing::Expected expected = oracle::average_pool2d_backward(grad_out.values(), options, grad_in.values());
  kernel().average_pool2d_backward(grad_out, options, grad_in);
  testing::expect_close(grad_in, expected);
}

/// Options that every pool refuses for images of 4 x 5, and why.
struct Refused {
  const char* situation;
  Pool2dOptions options;
};
inline const std::vector<Refused>& refused_options() {
  static const std::vector<Refused> kRefused{
      {"the window's height is 0", {.height = 0}},
      {"the window's width is -1", {.width = -1}},
      {"the stride of the height is 0", {.stride_height = 0}},
      {"the stride of the width is -2", {.stride_width = -2}},
      {"the padding of the height is -1", {.padding_height = -1}},
      {"the padding of the width is -1", {.padding_width = -1}},
      {"a padding of 2 is more than half of a height of 3", {.height = 3, .padding_height = 2}},
      {"a padding of 1 is more than half of a width of 1", {.width = 1, .padding_width = 1}},
      {"a window 5 high meets images 4 high", {.height = 5}},
      {"a window 8 wide, padding 1, meets images 5 wide", {.width = 8, .padding_width = 1}},
  };
  return kRefused;
}

/// The output (1, 1, ...) that somebody would allocate who checks nothing: the options are what is refused, not it.
inline Shape unchecked_shape(const Pool2dOptions& options) {
  const auto windows = [](std::int64_t extent, std::int64_t window, std::int64_t stride, std::int64_t padding) {
    return stride < 1 ? 2 : (extent + 2 * padding - window) / stride + 1;
  };
  return {1, 1, windows(4, options.height, options.stride_height, options.padding_height),
          windows(5, options.width, options.stride_width, options.padding_width)};
}

}  // namespace kiln::pools
