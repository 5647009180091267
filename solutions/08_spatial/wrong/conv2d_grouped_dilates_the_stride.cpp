// Wrong: the dilation moves the taps apart, not the windows.
#include "kiln/kernels/spatial.hpp"

using namespace kiln;

void impl::conv2d_grouped(ConstView in, ConstView weight, ConstView bias, GroupedConv2dOptions options, View out) {
  KILN_REQUIRE("conv2d_grouped: in has four dimensions", in.rank() == 4);
  KILN_REQUIRE("conv2d_grouped: weight has four dimensions", weight.rank() == 4);
  KILN_REQUIRE("conv2d_grouped: groups", options.groups > 0);
  KILN_REQUIRE("conv2d_grouped: groups of in", in.shape[1] % options.groups == 0);
  KILN_REQUIRE("conv2d_grouped: groups of out", weight.shape[0] % options.groups == 0);
  KILN_REQUIRE("conv2d_grouped: channels of a group", weight.shape[1] * options.groups == in.shape[1]);
  KILN_REQUIRE("conv2d_grouped: dilation of the height", options.dilation_height > 0);
  KILN_REQUIRE("conv2d_grouped: dilation of the width", options.dilation_width > 0);
  KILN_REQUIRE("conv2d_grouped: kernel height", weight.shape[2] > 0);
  KILN_REQUIRE("conv2d_grouped: kernel width", weight.shape[3] > 0);
  // A window with gaps has as many places as a dense one of its extent.
  const Shape extent{weight.shape[0], in.shape[1], options.dilation_height * (weight.shape[2] - 1) + 1,
                     options.dilation_width * (weight.shape[3] - 1) + 1};
  const Shape expected = kernels<SpatialSlots>().conv2d_shape(
      in.shape, extent, {options.stride_height, options.stride_width, options.padding_height, options.padding_width});
  KILN_REQUIRE("conv2d_grouped: out's shape", out.shape == expected);
  KILN_REQUIRE("conv2d_grouped: bias's shape", (bias.shape == Shape{0} || bias.shape == Shape{weight.shape[0]}));
  for (std::int64_t n = 0; n < out.shape[0]; ++n)
    for (std::int64_t o = 0; o < out.shape[1]; ++o)
      for (std::int64_t y = 0; y < out.shape[2]; ++y)
        for (std::int64_t x = 0; x < out.shape[3]; ++x) {
          float sum = bias.size() > 0 ? bias(o) : 0.0f;
          const std::int64_t first = o / (out.shape[1] / options.groups) * weight.shape[1];
          for (std::int64_t i = 0; i < weight.shape[1]; ++i)
            for (std::int64_t r = 0; r < weight.shape[2]; ++r)
              for (std::int64_t s = 0; s < weight.shape[3]; ++s) {
                const std::int64_t h = y * options.stride_height * options.dilation_height - options.padding_height + r;
                const std::int64_t w = x * options.stride_width * options.dilation_width - options.padding_width + s;
                if (h >= 0 && h < in.shape[2] && w >= 0 && w < in.shape[3])
                  sum += in(n, first + i, h, w) * weight(o, i, r, s);
              }
          out(n, o, y, x) = sum;
        }
}
