// conv2d_grouped: convolution with gaps between the taps, and with groups of channels. An extension.
// Contract: kiln/kernels/spatial.hpp. Lesson: modules/08_spatial/README.md, the extension.
#include <algorithm>
#include <string>

#include "kiln/kernels/spatial.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

struct Range {
  std::int64_t begin, end;
};

/// The windows of `count` whose tap at `offset` from the window's start lies in an image of `size`: those with
/// 0 <= y * stride + offset < size. The offset is negative where the tap reaches into the padding.
Range places_inside(std::int64_t offset, std::int64_t stride, std::int64_t count, std::int64_t size) {
  const std::int64_t first = offset < 0 ? (-offset + stride - 1) / stride : 0;
  const std::int64_t end = offset < size ? (size - 1 - offset) / stride + 1 : 0;
  return {first, std::min(count, end)};
}

/// Where a tap's values stand in an image (height, width), for the windows that see them.
struct Tap {
  Range rows, columns;
  std::int64_t row, column;  ///< of the image, for the window at 0; negative in the padding
};

/// out += scale * the image, as one tap of every window sees it. With few channels in a group there are no lanes of
/// channels, so that the innermost loop runs along a row of the output instead.
void add_tap(ConstView image, const Tap& tap, float scale, std::int64_t stride_row, std::int64_t stride_column,
             View out) {
  const std::int64_t step_in = stride_column * image.strides[1], step_out = out.strides[1];
  const std::int64_t n = tap.columns.end - tap.columns.begin;
  for (std::int64_t y = tap.rows.begin; y < tap.rows.end; ++y) {
    const float* from = image.data + (y * stride_row + tap.row) * image.strides[0] +
                        (tap.columns.begin * stride_column + tap.column) * image.strides[1];
    float* to = out.data + y * out.strides[0] + tap.columns.begin * step_out;
    if (step_in == 1 && step_out == 1) {
      for (std::int64_t x = 0; x < n; ++x) to[x] += scale * from[x];
    } else {
      for (std::int64_t x = 0; x < n; ++x) to[x * step_out] += scale * from[x * step_in];
    }
  }
}

/// The number of places of a window with gaps along one dimension.
std::int64_t places(const std::string& side, std::int64_t in, std::int64_t taps, std::int64_t stride,
                    std::int64_t padding, std::int64_t dilation) {
  KILN_REQUIRE("conv2d_grouped: the window has a " + side, taps >= 1);
  KILN_REQUIRE("conv2d_grouped: the window moves along the " + side, stride >= 1);
  KILN_REQUIRE("conv2d_grouped: the " + side + "'s padding is not negative", padding >= 0);
  KILN_REQUIRE("conv2d_grouped: the " + side + "'s taps lie apart", dilation >= 1);
  const std::int64_t extent = dilation * (taps - 1) + 1;
  KILN_REQUIRE("conv2d_grouped: the window's " + side + " fits into the padded image", extent <= in + 2 * padding);
  return (in + 2 * padding - extent) / stride + 1;
}

void require_fit(ConstView in, ConstView weight, ConstView bias, const GroupedConv2dOptions& options, View out) {
  KILN_REQUIRE("conv2d_grouped: in is (batch, channels, height, width)", in.rank() == 4);
  KILN_REQUIRE("conv2d_grouped: weight is (out_channels, in_channels / groups, height, width)", weight.rank() == 4);
  KILN_REQUIRE("conv2d_grouped: there is a group", options.groups >= 1);
  KILN_REQUIRE("conv2d_grouped: groups divide in's channels", in.shape[1] % options.groups == 0);
  KILN_REQUIRE("conv2d_grouped: groups divide the output's channels", weight.shape[0] % options.groups == 0);
  KILN_REQUIRE("conv2d_grouped: weight has the channels of a group", weight.shape[1] == in.shape[1] / options.groups);
  KILN_REQUIRE("conv2d_grouped: bias is (out_channels) or (0), weight " + to_string(weight.shape) + ", bias " +
                   to_string(bias.shape),
               (bias.shape == Shape{weight.shape[0]} || bias.shape == Shape{0}));
  const Shape expected{in.shape[0], weight.shape[0],
                       places("height", in.shape[2], weight.shape[2], options.stride_height, options.padding_height,
                              options.dilation_height),
                       places("width", in.shape[3], weight.shape[3], options.stride_width, options.padding_width,
                              options.dilation_width)};
  KILN_REQUIRE("conv2d_grouped: out has a channel for each of weight, and a pixel for each window",
               out.shape == expected);
}

/// One output channel: images (channels of a group, height, width), weight the same of taps, out (height, width).
void convolve(ConstView images, ConstView weight, const GroupedConv2dOptions& options, View out) {
  for (std::int64_t i = 0; i < images.shape[0]; ++i) {
    const ConstView image{images.data + i * images.strides[0],
                          {images.shape[1], images.shape[2]},
                          {images.strides[1], images.strides[2]}};
    for (std::int64_t r = 0; r < weight.shape[1]; ++r)
      for (std::int64_t s = 0; s < weight.shape[2]; ++s) {
        const std::int64_t row = r * options.dilation_height - options.padding_height;
        const std::int64_t column = s * options.dilation_width - options.padding_width;
        const Tap tap{places_inside(row, options.stride_height, out.shape[0], image.shape[0]),
                      places_inside(column, options.stride_width, out.shape[1], image.shape[1]), row, column};
        add_tap(image, tap, weight(i, r, s), options.stride_height, options.stride_width, out);
      }
  }
}

}  // namespace
// END SOLUTION

// Example: in (1, 4, 7, 7), weight (6, 2, 3, 3), 2 groups, dilation 2: a window of 5 by 5, out (1, 6, 3, 3).
void impl::conv2d_grouped(ConstView in, ConstView weight, ConstView bias, GroupedConv2dOptions options, View out) {
  // BEGIN SOLUTION
  require_fit(in, weight, bias, options, out);
  if (out.size() == 0) return;
  const std::int64_t channels = weight.shape[1], filters = weight.shape[0] / options.groups;
  for (std::int64_t n = 0; n < out.shape[0]; ++n)
    for (std::int64_t o = 0; o < out.shape[1]; ++o) {
      const View plane{out.data + n * out.strides[0] + o * out.strides[1],
                       {out.shape[2], out.shape[3]},
                       {out.strides[2], out.strides[3]}};
      // Start from the bias, and add every tap of the group's channels.
      const float start = bias.size() > 0 ? bias(o) : 0.0f;
      for (std::int64_t y = 0; y < plane.shape[0]; ++y)
        for (std::int64_t x = 0; x < plane.shape[1]; ++x) plane(y, x) = start;
      if (in.size() == 0) continue;  // nothing but padding
      convolve({in.data + n * in.strides[0] + o / filters * channels * in.strides[1],
                {channels, in.shape[2], in.shape[3]},
                {in.strides[1], in.strides[2], in.strides[3]}},
               {weight.data + o * weight.strides[0],
                {channels, weight.shape[2], weight.shape[3]},
                {weight.strides[1], weight.strides[2], weight.strides[3]}},
               options, plane);
    }
  // END SOLUTION
}
