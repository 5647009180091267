// Wrong: what flows into an image meets that image, not the first of the batch.
#include "kiln/kernels/spatial.hpp"

using namespace kiln;

void impl::conv2d_backward_weight(ConstView grad_out, ConstView in, Conv2dOptions options, View grad_weight) {
  const Shape expected = kernels<SpatialSlots>().conv2d_shape(in.shape, grad_weight.shape, options);
  KILN_REQUIRE("conv2d_backward_weight: grad_out's shape", grad_out.shape == expected);
  for (std::int64_t o = 0; o < grad_weight.shape[0]; ++o)
    for (std::int64_t i = 0; i < grad_weight.shape[1]; ++i)
      for (std::int64_t r = 0; r < grad_weight.shape[2]; ++r)
        for (std::int64_t s = 0; s < grad_weight.shape[3]; ++s)
          for (std::int64_t n = 0; n < grad_out.shape[0]; ++n)
            for (std::int64_t y = 0; y < grad_out.shape[2]; ++y)
              for (std::int64_t x = 0; x < grad_out.shape[3]; ++x) {
                const std::int64_t h = y * options.stride_height - options.padding_height + r;
                const std::int64_t w = x * options.stride_width - options.padding_width + s;
                if (h >= 0 && h < in.shape[2] && w >= 0 && w < in.shape[3])
                  grad_weight(o, i, r, s) += grad_out(n, o, y, x) * in(0, i, h, w);
              }
}

void impl::conv2d_backward_bias(ConstView grad_out, View grad_bias) {
  KILN_REQUIRE("conv2d_backward_bias: grad_out has four dimensions", grad_out.rank() == 4);
  KILN_REQUIRE("conv2d_backward_bias: grad_bias's shape", grad_bias.shape == Shape{grad_out.shape[1]});
  for (std::int64_t n = 0; n < grad_out.shape[0]; ++n)
    for (std::int64_t o = 0; o < grad_out.shape[1]; ++o)
      for (std::int64_t y = 0; y < grad_out.shape[2]; ++y)
        for (std::int64_t x = 0; x < grad_out.shape[3]; ++x) grad_bias(o) += grad_out(n, o, y, x);
}
