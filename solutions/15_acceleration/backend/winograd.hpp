// Convolution by 3 x 3 windows with fewer multiplications: Winograd's F(2 x 2, 3 x 3) (Lavin and Gray, "Fast algorithms
// for convolutional neural networks", 2016). Four pixels cost 16 products a channel instead of 36.
#pragma once

#include "image_planes.hpp"

namespace kiln::KILN_IMPL {

/// The tiles of 4 x 4 pixels, two apart, that give 2 x 2 output pixels each; as windows, so that lay_out() knows them.
/// `windows` are 3 x 3 with stride 1.
Windows winograd_tiles(const Windows& windows);

/// Floats of the transformed weights.
std::int64_t winograd_weight_floats(const Windows& windows, std::int64_t out_channels);
/// G w G^T of each pair of channels: weights (out_channels, channels, 3, 3), dense, to `transformed`.
void winograd_weights(const float* weights, std::int64_t channels, std::int64_t out_channels, float* transformed);

/// Tile rows [first, last) of one image: out = windows' sums + bias + beta * out, out (out_channels, height, width)
/// with dense rows. `planes` hold the image, laid out for `tiles`; bias may be null. All values have to be finite and
/// below 1e30 in magnitude. `offsets` are tap_offsets(tiles).
/// An output pixel errs by at most (channels + 8) * eps * 4 * the sum over channels of (the largest weight's magnitude
/// times the sum of magnitudes in the pixel's tile of 4 x 4): as direct summation, but of what stands around the
/// window, too.
void winograd_rows(const Windows& tiles, const std::int64_t* offsets, const float* planes, const float* transformed,
                   std::int64_t out_channels, const float* bias, float beta, std::int64_t first, std::int64_t last,
                   const View& out);

}  // namespace kiln::KILN_IMPL
