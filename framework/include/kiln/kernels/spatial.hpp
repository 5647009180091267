// Module 08, spatial: convolution, pooling and batch normalisation of images.
// Images are float32 (batch, channels, height, width), of any strides; what is written overlaps no input. Windows are
// given by an extent, a stride and a padding for height and width each; out = (in + 2 padding - extent) / stride + 1,
// rounded down. Backward kernels *add* to the gradient, as in module 06. Where an argument is refused, nothing was
// written. No kernel allocates unless it says so. Error(invalid_argument) where ranks or shapes do not fit, a stride or
// an extent is below 1, a padding below 0, or a window does not fit into the padded image once.
#pragma once

#include <cstdint>
#include <span>

#include "kiln/kernels/contract.hpp"

namespace kiln {

/// Height first, then width.
struct Conv2dOptions {
  std::int64_t stride_height = 1, stride_width = 1;
  std::int64_t padding_height = 0, padding_width = 0;
};

/// Of the extension: taps `dilation` apart, and channels in groups that do not see each other.
struct GroupedConv2dOptions {
  std::int64_t stride_height = 1, stride_width = 1;
  std::int64_t padding_height = 0, padding_width = 0;
  std::int64_t dilation_height = 1, dilation_width = 1;
  std::int64_t groups = 1;
};

/// The paddings are at most half of the extents, so that no window lies outside the image.
struct Pool2dOptions {
  std::int64_t height = 2, width = 2;
  std::int64_t stride_height = 2, stride_width = 2;
  std::int64_t padding_height = 0, padding_width = 0;
};

namespace KILN_IMPL {

// ---- window_shape.cpp

/// The shape of a convolution's output: in (batch, in_channels, height, width) and weight (out_channels, in_channels,
/// kernel height, kernel width) give (batch, out_channels, out height, out width).
KILN_DECLARE Shape conv2d_shape(Shape in, Shape weight, Conv2dOptions options);
/// The shape of a pool's output: (batch, channels, out height, out width). Error(invalid_argument) also where a padding
/// is more than half of its extent.
KILN_DECLARE Shape pool2d_shape(Shape in, Pool2dOptions options);

// ---- conv2d.cpp

/// Cross-correlation, which the field calls convolution (LeCun et al., "Gradient-based learning applied to document
/// recognition", 1998). Shapes as of conv2d_shape; bias is (out_channels), or (0) for none:
///   out[n, o, y, x] = bias[o] + sum over i, r, s of
///                     in[n, i, y * stride_height - padding_height + r, x * stride_width - padding_width + s]
///                     * weight[o, i, r, s]
/// Outside the image `in` counts as absent: it adds nothing, even where the weight is infinite or NaN.
/// Memory for one copy of the weights and for one row of all channels may be allocated, each dimension rounded up to
/// whole vectors; so in the two backward kernels below.
KILN_DECLARE void conv2d(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out);

// ---- conv2d_backward_in.cpp

/// grad_in[n, i, h, w] += the sum of grad_out[n, o, y, x] * weight[o, i, r, s] over all o, y, x, r, s for which
/// h = y * stride_height - padding_height + r and w = x * stride_width - padding_width + s.
KILN_DECLARE void conv2d_backward_in(ConstView grad_out, ConstView weight, Conv2dOptions options, View grad_in);

// ---- conv2d_backward_weight.cpp

/// grad_weight[o, i, r, s] += the sum over n, y, x of grad_out[n, o, y, x] * in[n, i, y * stride_height -
/// padding_height + r, x * stride_width - padding_width + s]; outside the image `in` adds nothing.
KILN_DECLARE void conv2d_backward_weight(ConstView grad_out, ConstView in, Conv2dOptions options, View grad_weight);
/// grad_bias[o] += the sum over n, y, x of grad_out[n, o, y, x].
KILN_DECLARE void conv2d_backward_bias(ConstView grad_out, View grad_bias);

// ---- max_pool2d.cpp

/// out[n, c, y, x] = the largest element of the window that lies inside the image. `winners`, one an element of `out`
/// in row-major order, says where it stood: h * width + w, the first in row-major order of equals. A NaN counts as
/// larger than any number, and the first NaN of a window wins. Error(invalid_argument) also where a padding is more
/// than half of its extent, an image has no elements, or winners.size() is not out's.
KILN_DECLARE void max_pool2d(ConstView in, Pool2dOptions options, View out, std::span<std::int64_t> winners);
/// grad_in[n, c, h, w] += the sum of grad_out[n, c, y, x] over the windows whose winner is h * width + w.
/// Error(invalid_argument) where batch or channels differ, winners.size() is not grad_out's, or a winner lies outside
/// [0, height * width).
KILN_DECLARE void max_pool2d_backward(ConstView grad_out, std::span<const std::int64_t> winners, View grad_in);

// ---- average_pool2d.cpp

/// out[n, c, y, x] = the mean over the window, where the padding counts as zeros: always divided by height * width of
/// the window. Error(invalid_argument) also where a padding is more than half of its extent.
KILN_DECLARE void average_pool2d(ConstView in, Pool2dOptions options, View out);
/// grad_in[n, c, h, w] += the sum of grad_out[n, c, y, x] over the windows that hold (h, w), divided by height * width
/// of the window.
KILN_DECLARE void average_pool2d_backward(ConstView grad_out, Pool2dOptions options, View grad_in);

// ---- batch_norm.cpp
// Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate shift",
// 2015. `in` is (batch, channels) or (batch, channels, ...) of any further dimensions; all else is (channels). A
// channel's elements are its count = batch * the further dimensions.

/// In training each channel is normalised by its own mean and variance:
///   mean = the mean of the channel's elements, variance = the mean of (in - mean)^2
///   scale = 1 / sqrt(variance + epsilon)
///   out = (in - mean) * scale * weight + bias
///   running_mean = (1 - momentum) * running_mean + momentum * mean
///   running_variance = (1 - momentum) * running_variance + momentum * variance * count / (count - 1)
/// mean and scale are written, for the backward pass. Sums are made in double or by a method as good (a channel whose
/// mean is 1000 times its deviation keeps its digits); the variance is never negative.
/// Error(invalid_argument) where count is below 2, epsilon is not positive, or momentum lies outside [0, 1].
KILN_DECLARE void batch_norm_train(ConstView in, ConstView weight, ConstView bias, float momentum, float epsilon,
                                   View running_mean, View running_variance, View out, View mean, View scale);

/// In evaluation the running statistics stand in for the batch's: out = (in - running_mean) * weight /
/// sqrt(running_variance + epsilon) + bias. Error(invalid_argument) where epsilon is not positive. A batch of any
/// count.
KILN_DECLARE void batch_norm_eval(ConstView in, ConstView weight, ConstView bias, ConstView running_mean,
                                  ConstView running_variance, float epsilon, View out);

// ---- batch_norm_backward.cpp

/// Of batch_norm_train by in: with normalised = (in - mean) * scale and sums over the channel's elements,
///   grad_in += weight * scale * (grad_out - (sum of grad_out) / count
///                                - normalised * (sum of grad_out * normalised) / count)
/// mean and scale are those that batch_norm_train wrote.
KILN_DECLARE void batch_norm_backward_in(ConstView grad_out, ConstView in, ConstView weight, ConstView mean,
                                         ConstView scale, View grad_in);
/// By weight, in training and evaluation: grad_weight += the sum of grad_out * (in - mean) * scale over the channel.
KILN_DECLARE void batch_norm_backward_weight(ConstView grad_out, ConstView in, ConstView mean, ConstView scale,
                                             View grad_weight);
/// By bias: grad_bias += the sum of grad_out over the channel.
KILN_DECLARE void batch_norm_backward_bias(ConstView grad_out, View grad_bias);

// ---- conv2d_grouped.cpp: an extension

/// conv2d with gaps between the taps and with groups: weight is (out_channels, in_channels / groups, kernel height,
/// kernel width), output channel o reads the input channels of group o / (out_channels / groups), and tap (r, s) stands
/// at r * dilation_height, s * dilation_width. The extent of a window is dilation * (kernel - 1) + 1.
/// Error(invalid_argument) also where groups or a dilation is below 1, or groups divides a number of channels not.
KILN_DECLARE void conv2d_grouped(ConstView in, ConstView weight, ConstView bias, GroupedConv2dOptions options,
                                 View out);

}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct SpatialSlots {
  decltype(impl::conv2d_shape)* conv2d_shape;
  decltype(impl::pool2d_shape)* pool2d_shape;
  decltype(impl::conv2d)* conv2d;
  decltype(impl::conv2d_backward_in)* conv2d_backward_in;
  decltype(impl::conv2d_backward_weight)* conv2d_backward_weight;
  decltype(impl::conv2d_backward_bias)* conv2d_backward_bias;
  decltype(impl::max_pool2d)* max_pool2d;
  decltype(impl::max_pool2d_backward)* max_pool2d_backward;
  decltype(impl::average_pool2d)* average_pool2d;
  decltype(impl::average_pool2d_backward)* average_pool2d_backward;
  decltype(impl::batch_norm_train)* batch_norm_train;
  decltype(impl::batch_norm_eval)* batch_norm_eval;
  decltype(impl::batch_norm_backward_in)* batch_norm_backward_in;
  decltype(impl::batch_norm_backward_weight)* batch_norm_backward_weight;
  decltype(impl::batch_norm_backward_bias)* batch_norm_backward_bias;
  decltype(impl::conv2d_grouped)* conv2d_grouped;

  static constexpr const char* kFamily = "spatial";
  static constexpr auto list() {
    return std::tuple{
        slot<&SpatialSlots::conv2d_shape>("conv2d_shape", "in", "weight", "options"),
        slot<&SpatialSlots::pool2d_shape>("pool2d_shape", "in", "options"),
        slot<&SpatialSlots::conv2d>("conv2d", "in", "weight", "bias", "options", "out"),
        slot<&SpatialSlots::conv2d_backward_in>("conv2d_backward_in", "grad_out", "weight", "options", "grad_in"),
        slot<&SpatialSlots::conv2d_backward_weight>("conv2d_backward_weight", "grad_out", "in", "options",
                                                    "grad_weight"),
        slot<&SpatialSlots::conv2d_backward_bias>("conv2d_backward_bias", "grad_out", "grad_bias"),
        slot<&SpatialSlots::max_pool2d>("max_pool2d", "in", "options", "out", "winners"),
        slot<&SpatialSlots::max_pool2d_backward>("max_pool2d_backward", "grad_out", "winners", "grad_in"),
        slot<&SpatialSlots::average_pool2d>("average_pool2d", "in", "options", "out"),
        slot<&SpatialSlots::average_pool2d_backward>("average_pool2d_backward", "grad_out", "options", "grad_in"),
        slot<&SpatialSlots::batch_norm_train>("batch_norm_train", "in", "weight", "bias", "momentum", "epsilon",
                                              "running_mean", "running_variance", "out", "mean", "scale"),
        slot<&SpatialSlots::batch_norm_eval>("batch_norm_eval", "in", "weight", "bias", "running_mean",
                                             "running_variance", "epsilon", "out"),
        slot<&SpatialSlots::batch_norm_backward_in>("batch_norm_backward_in", "grad_out", "in", "weight", "mean",
                                                    "scale", "grad_in"),
        slot<&SpatialSlots::batch_norm_backward_weight>("batch_norm_backward_weight", "grad_out", "in", "mean", "scale",
                                                        "grad_weight"),
        slot<&SpatialSlots::batch_norm_backward_bias>("batch_norm_backward_bias", "grad_out", "grad_bias"),
        slot<&SpatialSlots::conv2d_grouped>("conv2d_grouped", "in", "weight", "bias", "options", "out"),
    };
  }
};

static_assert(sizeof(SpatialSlots) == kSlotCount<SpatialSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline SpatialSlots table(const SpatialSlots*) {
  return {
      .conv2d_shape = conv2d_shape,
      .pool2d_shape = pool2d_shape,
      .conv2d = conv2d,
      .conv2d_backward_in = conv2d_backward_in,
      .conv2d_backward_weight = conv2d_backward_weight,
      .conv2d_backward_bias = conv2d_backward_bias,
      .max_pool2d = max_pool2d,
      .max_pool2d_backward = max_pool2d_backward,
      .average_pool2d = average_pool2d,
      .average_pool2d_backward = average_pool2d_backward,
      .batch_norm_train = batch_norm_train,
      .batch_norm_eval = batch_norm_eval,
      .batch_norm_backward_in = batch_norm_backward_in,
      .batch_norm_backward_weight = batch_norm_backward_weight,
      .batch_norm_backward_bias = batch_norm_backward_bias,
      .conv2d_grouped = conv2d_grouped,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
