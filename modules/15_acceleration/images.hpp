// What module 15's tests of convolutions share: random windows on random images, and calls that also compare.
#pragma once

#include <string>
#include <vector>

#include "oracle.hpp"
#include "testing/kept.hpp"
#include "testing/sentinels.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::columns {

using testing::Generator;
using testing::to_array64;

inline const AccelerationSlots& kernel() { return testing::under_test<AccelerationSlots>(); }

/// A convolution: what it works on, and how.
struct Convolution {
  Shape in, weight;
  Conv2dOptions options;

  Shape out() const {
    const auto places = [](std::int64_t size, std::int64_t extent, std::int64_t stride, std::int64_t padding) {
      return (size + 2 * padding - extent) / stride + 1;
    };
    return {in[0], weight[0], places(in[2], weight[2], options.stride_height, options.padding_height),
            places(in[3], weight[3], options.stride_width, options.padding_width)};
  }
};

inline std::string to_string(const Conv2dOptions& options) {
  return "stride (" + std::to_string(options.stride_height) + ", " + std::to_string(options.stride_width) +
         "), padding (" + std::to_string(options.padding_height) + ", " + std::to_string(options.padding_width) + ")";
}

inline std::int64_t between(Generator& g, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(high - low + 1)));
}

/// An image on which a window of `extent` fits with this padding, up to 9 places larger than it has to be.
inline std::int64_t random_side(Generator& g, std::int64_t extent, std::int64_t padding) {
  const std::int64_t least = extent - 2 * padding;
  return between(g, least < 1 ? 1 : least, (least < 1 ? 1 : least) + 9);
}

/// Kernels of 1 to 5, strides of 1 to 3 and paddings of 0 to 3, for height and width apart, or none of both.
inline Convolution random_convolution(Generator& g, bool plain = false) {
  Convolution drawn;
  const std::int64_t channels = between(g, 1, 5);
  drawn.weight = {between(g, 1, 20), channels, between(g, 1, 5), between(g, 1, 5)};
  if (!plain) drawn.options = {between(g, 1, 3), between(g, 1, 3), between(g, 0, 3), between(g, 0, 3)};
  drawn.in = {between(g, 1, 3), channels, random_side(g, drawn.weight[2], drawn.options.padding_height),
              random_side(g, drawn.weight[3], drawn.options.padding_width)};
  g.note(to_string(drawn.options));
  return drawn;
}

template <class ViewOrOperand = View>
void expect_convolves(ConstView in, ConstView weight, ConstView bias, const Conv2dOptions& options,
                      const ViewOrOperand& out) {
  kernel().conv2d_im2col(in, weight, bias, options, out);
  expect_close(out, oracle::conv2d(to_array64(in), to_array64(weight), to_array64(bias), options));
}

template <class ViewOrOperand = View>
void expect_columns(ConstView image, std::int64_t height, std::int64_t width, const Conv2dOptions& options,
                    const ViewOrOperand& columns) {
  kernel().im2col(image, height, width, options, columns);
  expect_close(columns, oracle::im2col(to_array64(image), height, width, options));
}

}  // namespace kiln::columns
