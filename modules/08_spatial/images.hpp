// What the tests of convolutions share: the kernels under test, random windows on random images, and gradients in which
// something stands already.
#pragma once

#include <string>
#include <vector>

#include "kiln/kernels/spatial.hpp"
#include "oracle.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::images {

using testing::Array64;
using testing::Expected;
using testing::Generator;
using testing::Layout;
using testing::Operand;
using testing::to_array64;

inline const SpatialSlots& kernel() { return testing::under_test<SpatialSlots>(); }

/// A convolution: what it works on, and how.
struct Convolution {
  Shape in, weight;
  Conv2dOptions options;

  Shape out() const { return oracle::conv2d_shape(in, weight, options); }
};

inline std::string to_string(const Conv2dOptions& options) {
  return "stride (" + std::to_string(options.stride_height) + ", " + std::to_string(options.stride_width) +
         "), padding (" + std::to_string(options.padding_height) + ", " + std::to_string(options.padding_width) + ")";
}

inline std::string describe(const Convolution& convolution) {
  return "in " + to_string(convolution.in) + ", weight " + to_string(convolution.weight) + ", " +
         to_string(convolution.options);
}

inline std::int64_t between(Generator& g, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(high - low + 1)));
}

/// An image on which a window of `extent` fits with this padding, up to 9 places larger than it has to be.
inline std::int64_t random_side(Generator& g, std::int64_t extent, std::int64_t padding) {
  const std::int64_t least = extent - 2 * padding;
  return between(g, least < 1 ? 1 : least, (least < 1 ? 1 : least) + 9);
}

/// Kernels of 1 to 5, strides of 1 to 3 and paddings of 0 to 3, for height and width apart, or none of both.
inline Convolution random_convolution(Generator& g, bool plain = false) {
  Convolution drawn;
  const std::int64_t channels = between(g, 1, 5);
  drawn.weight = {between(g, 1, 20), channels, between(g, 1, 5), between(g, 1, 5)};
  if (!plain) drawn.options = {between(g, 1, 3), between(g, 1, 3), between(g, 0, 3), between(g, 0, 3)};
  drawn.in = {between(g, 1, 3), channels, random_side(g, drawn.weight[2], drawn.options.padding_height),
              random_side(g, drawn.weight[3], drawn.options.padding_width)};
  g.note(to_string(drawn.options));
  return drawn;
}

/// A gradient to be added to, full of random values.
inline Operand gradient(Generator& g, const char* name, const Shape& shape, Layout layout = Layout::dense) {
  const Operand operand = g.output(name, shape, layout);
  Array64 values(shape);
  for (double& value : values.values) value = g.random().uniform(-2.0f, 2.0f);
  operand.assign(values);
  return operand;
}

// Each runs a kernel and compares. What is written is a view, or an operand, whose name a failure then tells.

template <class ViewOrOperand = View>
void expect_convolves(ConstView in, ConstView weight, ConstView bias, const Conv2dOptions& options,
                      const ViewOrOperand& out) {
  kernel().conv2d(in, weight, bias, options, out);
  expect_close(out, oracle::conv2d(to_array64(in), to_array64(weight), to_array64(bias), options));
}

template <class ViewOrOperand = View>
void expect_backward_in(ConstView grad_out, ConstView weight, const Conv2dOptions& options,
                        const ViewOrOperand& grad_in) {
  const Expected expected =
      oracle::conv2d_backward_in(to_array64(grad_out), to_array64(weight), options, to_array64(grad_in));
  kernel().conv2d_backward_in(grad_out, weight, options, grad_in);
  expect_close(grad_in, expected);
}

template <class ViewOrOperand = View>
void expect_backward_weight(ConstView grad_out, ConstView in, const Conv2dOptions& options,
                            const ViewOrOperand& grad_weight) {
  const Expected expected =
      oracle::conv2d_backward_weight(to_array64(grad_out), to_array64(in), options, to_array64(grad_weight));
  kernel().conv2d_backward_weight(grad_out, in, options, grad_weight);
  expect_close(grad_weight, expected);
}

template <class ViewOrOperand = View>
void expect_backward_bias(ConstView grad_out, const ViewOrOperand& grad_bias) {
  const Expected expected = oracle::conv2d_backward_bias(to_array64(grad_out), to_array64(grad_bias));
  kernel().conv2d_backward_bias(grad_out, grad_bias);
  expect_close(grad_bias, expected);
}

}  // namespace kiln::images
