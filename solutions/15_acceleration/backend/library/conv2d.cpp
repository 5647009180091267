// conv2d as libraries of products know it: im2col, and one product an image.
#include "kiln/kernels/acceleration.hpp"
#include "kiln/kernels/spatial.hpp"

using namespace kiln;

void impl::conv2d(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out) {
  // A weight that is not finite must not meet the zeros that stand for the padding.
  float sum = 0;
  if (weight.rank() == 4)
    for (std::int64_t o = 0; o < weight.shape[0]; ++o)
      for (std::int64_t i = 0; i < weight.shape[1]; ++i)
        for (std::int64_t r = 0; r < weight.shape[2]; ++r)
          for (std::int64_t s = 0; s < weight.shape[3]; ++s) sum += weight(o, i, r, s) * 0.0f;
  if (sum != 0) return kernels<SpatialSlots>("reference").conv2d(in, weight, bias, options, out);
  kernels<AccelerationSlots>("reference").conv2d_im2col(in, weight, bias, options, out);
}
