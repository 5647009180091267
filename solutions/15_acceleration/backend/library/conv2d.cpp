// conv2d as libraries of products know it: im2col, and one product an image.
#include "../gemm.hpp"
#include "../scratch.hpp"
#include "kiln/kernels/acceleration.hpp"
#include "kiln/kernels/spatial.hpp"

using namespace kiln;

void impl::conv2d(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out) {
  const SpatialSlots& reference = kernels<SpatialSlots>("reference");
  const Shape expected = reference.conv2d_shape(in.shape, weight.shape, options);
  const bool fits = out.shape == expected && (bias.shape == Shape{weight.shape[0]} || bias.shape == Shape{0});
  const std::int64_t channels = weight.shape[0], taps = weight.shape[1] * weight.shape[2] * weight.shape[3];
  const std::int64_t pixels = expected[2] * expected[3];
  const bool dense = out.rank() == 4 && out.strides[3] == 1 && out.strides[2] == expected[3];
  // The reference knows the words of every refusal.
  if (!fits || !dense || out.size() == 0 || taps == 0) return reference.conv2d(in, weight, bias, options, out);

  thread_local Scratch scratch;
  float* const weights = scratch.floats(taps * (channels + pixels));
  float* to = weights;
  float not_finite = 0;
  for (std::int64_t o = 0; o < channels; ++o)
    for (std::int64_t i = 0; i < weight.shape[1]; ++i)
      for (std::int64_t r = 0; r < weight.shape[2]; ++r)
        for (std::int64_t s = 0; s < weight.shape[3]; ++s) not_finite += (*to++ = weight(o, i, r, s)) * 0.0f;
  // A weight that is not finite must not meet the zeros that stand for the padding.
  if (not_finite != 0) return reference.conv2d(in, weight, bias, options, out);

  const View columns{to, {taps, pixels}, {pixels, 1}};
  for (std::int64_t n = 0; n < in.shape[0]; ++n) {
    const ConstView image{in.data + n * in.strides[0],
                          {in.shape[1], in.shape[2], in.shape[3]},
                          {in.strides[1], in.strides[2], in.strides[3]}};
    kernels<AccelerationSlots>("reference").im2col(image, weight.shape[2], weight.shape[3], options, columns);
    const View result{out.data + n * out.strides[0], {channels, pixels}, {out.strides[1], 1}};
    for (std::int64_t o = 0; o < bias.shape[0]; ++o)
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel) result(o, pixel) = bias.data[o * bias.strides[0]];
    gemm(1, {weights, {channels, taps}, {taps, 1}}, columns, bias.shape[0] > 0 ? 1.0f : 0.0f, result);
  }
}
