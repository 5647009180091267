// Convolutions of many small images at once, the images as the lanes of vectors.
#pragma once

#include "image_lanes.hpp"

namespace kiln::KILN_IMPL {

/// out (batch, out_channels, out_height, out_width), whose rows are dense, = beta * out + bias + the sum over the taps
/// inside the image of weights (out_channels, channels, kernel_height, kernel_width), whose strides may be negative,
/// times `in`. bias, one for each of out_channels, may be null. For images with lanes_pay().
void convolve_lanes(const Windows& windows, const ConstView& weights, const float* bias, float beta,
                    const ConstView& in, const View& out);

}  // namespace kiln::KILN_IMPL
