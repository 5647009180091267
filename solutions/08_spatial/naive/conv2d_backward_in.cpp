// conv2d_backward_in as a textbook writes it: the forward loops, and each product goes to where its value came from.
#include "kiln/kernels/spatial.hpp"

using namespace kiln;

void impl::conv2d_backward_in(ConstView grad_out, ConstView weight, Conv2dOptions options, View grad_in) {
  const Shape expected = kernels<SpatialSlots>().conv2d_shape(grad_in.shape, weight.shape, options);
  KILN_REQUIRE("conv2d_backward_in: grad_out's shape", grad_out.shape == expected);
  for (std::int64_t n = 0; n < grad_out.shape[0]; ++n)
    for (std::int64_t o = 0; o < grad_out.shape[1]; ++o)
      for (std::int64_t y = 0; y < grad_out.shape[2]; ++y)
        for (std::int64_t x = 0; x < grad_out.shape[3]; ++x)
          for (std::int64_t i = 0; i < weight.shape[1]; ++i)
            for (std::int64_t r = 0; r < weight.shape[2]; ++r)
              for (std::int64_t s = 0; s < weight.shape[3]; ++s) {
                const std::int64_t h = y * options.stride_height - options.padding_height + r;
                const std::int64_t w = x * options.stride_width - options.padding_width + s;
                if (h >= 0 && h < grad_in.shape[2] && w >= 0 && w < grad_in.shape[3])
                  grad_in(n, i, h, w) += grad_out(n, o, y, x) * weight(o, i, r, s);
              }
}
