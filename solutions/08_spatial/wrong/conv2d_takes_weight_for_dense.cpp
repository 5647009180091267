// Wrong: the weights may have any strides.
#include "kiln/kernels/spatial.hpp"

using namespace kiln;

void impl::conv2d(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out) {
  const Shape expected = kernels<SpatialSlots>().conv2d_shape(in.shape, weight.shape, options);
  KILN_REQUIRE("conv2d: out's shape", out.shape == expected);
  KILN_REQUIRE("conv2d: bias's shape", (bias.shape == Shape{0} || bias.shape == Shape{weight.shape[0]}));
  for (std::int64_t n = 0; n < out.shape[0]; ++n)
    for (std::int64_t o = 0; o < out.shape[1]; ++o)
      for (std::int64_t y = 0; y < out.shape[2]; ++y)
        for (std::int64_t x = 0; x < out.shape[3]; ++x) {
          float sum = bias.size() > 0 ? bias(o) : 0.0f;
          for (std::int64_t i = 0; i < weight.shape[1]; ++i)
            for (std::int64_t r = 0; r < weight.shape[2]; ++r)
              for (std::int64_t s = 0; s < weight.shape[3]; ++s) {
                const std::int64_t h = y * options.stride_height - options.padding_height + r;
                const std::int64_t w = x * options.stride_width - options.padding_width + s;
                if (h >= 0 && h < in.shape[2] && w >= 0 && w < in.shape[3])
                  sum += in(n, i, h, w) *
                         weight.data[((o * weight.shape[1] + i) * weight.shape[2] + r) * weight.shape[3] + s];
              }
          out(n, o, y, x) = sum;
        }
}
