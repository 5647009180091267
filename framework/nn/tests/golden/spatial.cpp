// Convolution, pooling and batch normalisation, kernel by kernel. Backward reads what forward gave: the winners of a
// pool, the mean and the scale of a batch.
#include <cmath>
#include <limits>

#include "kiln/backend.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/view_ops.hpp"
#include "operands.hpp"
#include "options.hpp"
#include "routes.hpp"

namespace kiln::golden {

namespace {

using testing::Operand;

const SpatialSlots& spatial() { return kernels<SpatialSlots>(); }

void conv2d(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Conv2dOptions options = conv2d_options(golden);
  const Operand in = operands.in("in"), weight = operands.in("weight"), bias = operands.in("bias");
  const Operand out = operands.out("out");
  testing::expect_shape("conv2d_shape", spatial().conv2d_shape(in.shape(), weight.shape(), options), out.shape());
  spatial().conv2d(in, weight, bias, options, out);
  operands.expect_out(out);
  if (!operands.backward()) return;
  const Operand grad_out = operands.in("grad_out");
  const Operand grad_in = operands.gradient("grad_in"), grad_weight = operands.gradient("grad_weight");
  spatial().conv2d_backward_in(grad_out, weight, options, grad_in);
  spatial().conv2d_backward_weight(grad_out, in, options, grad_weight);
  operands.expect_gradient(grad_in);
  operands.expect_gradient(grad_weight);
  if (!golden.expects("grad_bias")) return;
  const Operand grad_bias = operands.gradient("grad_bias");
  spatial().conv2d_backward_bias(grad_out, grad_bias);
  operands.expect_gradient(grad_bias);
}

void conv2d_grouped(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Conv2dOptions plain = conv2d_options(golden);
  const Shape dilation = golden.shape("dilation");
  const GroupedConv2dOptions options{.stride_height = plain.stride_height,
                                     .stride_width = plain.stride_width,
                                     .padding_height = plain.padding_height,
                                     .padding_width = plain.padding_width,
                                     .dilation_height = dilation[0],
                                     .dilation_width = dilation[1],
                                     .groups = golden.integer("groups")};
  const Operand in = operands.in("in"), weight = operands.in("weight"), bias = operands.in("bias");
  const Operand out = operands.out("out");
  spatial().conv2d_grouped(in, weight, bias, options, out);
  operands.expect_out(out);
}

void max_pool2d(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Pool2dOptions options = pool2d_options(golden);
  const Operand in = operands.in("in"), out = operands.out("out");
  testing::expect_shape("pool2d_shape", spatial().pool2d_shape(in.shape(), options), out.shape());
  std::vector<std::int64_t> winners(static_cast<std::size_t>(out.shape().elements()), -1);
  spatial().max_pool2d(in, options, out, winners);
  operands.expect_out(out);
  if (golden.expects("winners")) {
    const std::vector<float> floats(winners.begin(), winners.end());
    expect(golden, "winners", Tensor::from(out.shape(), floats));
  }
  if (!operands.backward()) return;
  const Operand grad_out = operands.in("grad_out"), grad_in = operands.gradient("grad_in");
  spatial().max_pool2d_backward(grad_out, winners, grad_in);
  operands.expect_gradient(grad_in);
}

void average_pool2d(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Pool2dOptions options = pool2d_options(golden);
  const Operand in = operands.in("in"), out = operands.out("out");
  spatial().average_pool2d(in, options, out);
  operands.expect_out(out);
  if (!operands.backward()) return;
  const Operand grad_out = operands.in("grad_out"), grad_in = operands.gradient("grad_in");
  spatial().average_pool2d_backward(grad_out, options, grad_in);
  operands.expect_gradient(grad_in);
}

/// A vector, one element a channel, that the case does not give.
Operand channels(const char* name, const Shape& image, const Placing& placing) {
  Operand operand(name, {image[1]}, placing.layout);
  operand.fill(std::numeric_limits<float>::quiet_NaN());
  return operand;
}

/// Those by weight and by bias, the same in training and in evaluation.
void expect_channel_gradients(const Operands& operands, ConstView grad_out, ConstView in, ConstView mean,
                              ConstView scale) {
  const Operand grad_weight = operands.gradient("grad_weight"), grad_bias = operands.gradient("grad_bias");
  spatial().batch_norm_backward_weight(grad_out, in, mean, scale, grad_weight);
  spatial().batch_norm_backward_bias(grad_out, grad_bias);
  operands.expect_gradient(grad_weight);
  operands.expect_gradient(grad_bias);
}

void batch_norm_train(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Operand in = operands.in("in"), weight = operands.in("weight"), bias = operands.in("bias");
  const Operand running_mean = operands.in("initial_running_mean");
  const Operand running_variance = operands.in("initial_running_variance");
  const Operand out = operands.out("out");
  const Operand mean = channels("mean", in.shape(), placing), scale = channels("scale", in.shape(), placing);
  spatial().batch_norm_train(in, weight, bias, static_cast<float>(golden.number("momentum")),
                             static_cast<float>(golden.number("epsilon")), running_mean, running_variance, out, mean,
                             scale);
  operands.expect_out(out);
  const std::pair<const char*, const Operand*> written[] = {
      {"mean", &mean}, {"scale", &scale}, {"running_mean", &running_mean}, {"running_variance", &running_variance}};
  for (const auto& [name, operand] : written)
    if (golden.expects(name)) expect(golden, name, operand->view());
  if (!operands.backward()) return;
  const Operand grad_out = operands.in("grad_out"), grad_in = operands.gradient("grad_in");
  spatial().batch_norm_backward_in(grad_out, in, weight, mean, scale, grad_in);
  operands.expect_gradient(grad_in);
  expect_channel_gradients(operands, grad_out, in, mean, scale);
}

/// In evaluation the scale is the caller's to compute, and the gradient by `in` a product with weight * scale.
void batch_norm_eval(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const float epsilon = static_cast<float>(golden.number("epsilon"));
  const Operand in = operands.in("in"), weight = operands.in("weight"), bias = operands.in("bias");
  const Operand running_mean = operands.in("running_mean"), running_variance = operands.in("running_variance");
  const Operand out = operands.out("out");
  spatial().batch_norm_eval(in, weight, bias, running_mean, running_variance, epsilon, out);
  operands.expect_out(out);
  if (!operands.backward()) return;
  const Tensor weights = Tensor::copy_of(weight), variances = Tensor::copy_of(running_variance);
  Shape broadcast = Shape::filled(in.shape().rank() - 1, 1);
  broadcast[0] = in.shape()[1];
  Tensor scale(weights.shape()), slope(broadcast);
  for (std::size_t c = 0; c < scale.flat().size(); ++c) {
    scale.flat()[c] = 1 / std::sqrt(variances.flat()[c] + epsilon);
    slope.flat()[c] = weights.flat()[c] * scale.flat()[c];
  }
  const Operand grad_out = operands.in("grad_out"), grad_in = operands.gradient("grad_in");
  kernels<AutogradSlots>().mul_backward(grad_out, slope, grad_in);
  operands.expect_gradient(grad_in);
  expect_channel_gradients(operands, grad_out, in, running_mean, scale);
}

}  // namespace

void add_spatial(std::map<std::string, BySlots>& routes) {
  routes["conv2d"] = conv2d;
  routes["conv2d_grouped"] = conv2d_grouped;
  routes["max_pool2d"] = max_pool2d;
  routes["average_pool2d"] = average_pool2d;
  routes["batch_norm_train"] = batch_norm_train;
  routes["batch_norm_eval"] = batch_norm_eval;
}

}  // namespace kiln::golden
