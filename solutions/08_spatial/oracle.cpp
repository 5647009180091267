// The oracles of shapes and convolutions: the sum of the contract, one product at a time, in double.
// Where a tap stands is asked for every product; no range is worked out beforehand.
#include "oracle.hpp"

#include <cmath>
#include <functional>

namespace kiln::oracle {
namespace {

using testing::for_each_index;

/// Counts the places of a window from -padding on, a stride apart, until it no longer fits.
std::int64_t count_places(std::int64_t in, std::int64_t extent, std::int64_t stride, std::int64_t padding) {
  std::int64_t count = 0;
  for (std::int64_t start = -padding; start + extent <= in + padding; start += stride) ++count;
  return count;
}

/// Where a product of a convolution reads and adds: in[n, i, h, w] * weight[o, r, s of its group], into out[n, o, y,
/// x].
struct Product {
  std::size_t in, weight, out, channel;
};

std::size_t offset(const Shape& shape, const Shape& index) {
  std::int64_t at = 0;
  for (int d = 0; d < shape.rank(); ++d) at = at * shape[d] + index[d];
  return static_cast<std::size_t>(at);
}

/// Every product of a convolution, once.
void for_each_product(const Shape& in, const Shape& weight, const Shape& out, const GroupedConv2dOptions& options,
                      const std::function<void(const Product&)>& body) {
  const std::int64_t filters = weight[0] / options.groups;
  for_each_index(out, [&](const Shape& at) {
    for_each_index({weight[1], weight[2], weight[3]}, [&](const Shape& tap) {
      const std::int64_t channel = at[1] / filters * weight[1] + tap[0];
      const std::int64_t h = at[2] * options.stride_height - options.padding_height + tap[1] * options.dilation_height;
      const std::int64_t w = at[3] * options.stride_width - options.padding_width + tap[2] * options.dilation_width;
      if (h < 0 || h >= in[2] || w < 0 || w >= in[3]) return;
      body({offset(in, {at[0], channel, h, w}), offset(weight, {at[1], tap[0], tap[1], tap[2]}), offset(out, at),
            static_cast<std::size_t>(at[1])});
    });
  });
}

GroupedConv2dOptions ungrouped(const Conv2dOptions& options) {
  return {options.stride_height, options.stride_width, options.padding_height, options.padding_width, 1, 1, 1};
}

/// What stands there before anything is added.
Expected start(const Array64& before, double terms) {
  Expected out{before, before, terms};
  for (double& magnitude : out.magnitude.values) magnitude = std::abs(magnitude);
  return out;
}

void add(Expected& expected, std::size_t at, double term) {
  expected.value.values[at] += term;
  expected.magnitude.values[at] += std::abs(term);
}

}  // namespace

Shape conv2d_grouped_shape(const Shape& in, const Shape& weight, const GroupedConv2dOptions& options) {
  return {
      in[0], weight[0],
      count_places(in[2], options.dilation_height * (weight[2] - 1) + 1, options.stride_height, options.padding_height),
      count_places(in[3], options.dilation_width * (weight[3] - 1) + 1, options.stride_width, options.padding_width)};
}

Shape conv2d_shape(const Shape& in, const Shape& weight, const Conv2dOptions& options) {
  return conv2d_grouped_shape(in, weight, ungrouped(options));
}

Shape pool2d_shape(const Shape& in, const Pool2dOptions& options) {
  return {in[0], in[1], count_places(in[2], options.height, options.stride_height, options.padding_height),
          count_places(in[3], options.width, options.stride_width, options.padding_width)};
}

Expected conv2d_grouped(const Array64& in, const Array64& weight, const Array64& bias,
                        const GroupedConv2dOptions& options) {
  // Each product and each addition rounds, or both at once.
  const auto taps = static_cast<double>(weight.shape[1] * weight.shape[2] * weight.shape[3]);
  Array64 before(conv2d_grouped_shape(in.shape, weight.shape, options));
  for_each_index(before.shape, [&](const Shape& at) { before.at(at) = bias.shape[0] > 0 ? bias(at[1]) : 0.0; });
  Expected expected = start(before, taps + 1);
  for_each_product(in.shape, weight.shape, before.shape, options,
                   [&](const Product& p) { add(expected, p.out, in.values[p.in] * weight.values[p.weight]); });
  return expected;
}

Expected conv2d(const Array64& in, const Array64& weight, const Array64& bias, const Conv2dOptions& options) {
  return conv2d_grouped(in, weight, bias, ungrouped(options));
}

Expected conv2d_backward_in(const Array64& grad_out, const Array64& weight, const Conv2dOptions& options,
                            const Array64& before) {
  // A pixel stands under each tap of each output channel once at most.
  const auto terms = static_cast<double>(weight.shape[0] * weight.shape[2] * weight.shape[3]);
  Expected expected = start(before, terms + 1);
  for_each_product(before.shape, weight.shape, grad_out.shape, ungrouped(options),
                   [&](const Product& p) { add(expected, p.in, grad_out.values[p.out] * weight.values[p.weight]); });
  return expected;
}

Expected conv2d_backward_weight(const Array64& grad_out, const Array64& in, const Conv2dOptions& options,
                                const Array64& before) {
  // A weight is used once a window.
  const auto windows = static_cast<double>(grad_out.shape[0] * grad_out.shape[2] * grad_out.shape[3]);
  Expected expected = start(before, windows + 1);
  for_each_product(in.shape, before.shape, grad_out.shape, ungrouped(options),
                   [&](const Product& p) { add(expected, p.weight, grad_out.values[p.out] * in.values[p.in]); });
  return expected;
}

Expected conv2d_backward_bias(const Array64& grad_out, const Array64& before) {
  const auto windows = static_cast<double>(grad_out.shape[0] * grad_out.shape[2] * grad_out.shape[3]);
  Expected expected = start(before, windows + 1);
  for_each_index(grad_out.shape,
                 [&](const Shape& at) { add(expected, static_cast<std::size_t>(at[1]), grad_out.at(at)); });
  return expected;
}

}  // namespace kiln::oracle
