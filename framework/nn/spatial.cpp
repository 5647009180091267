// conv2d, max_pool2d, average_pool2d and batch_norm.
#include "nn/spatial.hpp"

#include <utility>

#include "kiln/backend.hpp"
#include "kiln/kernels/tensor.hpp"
#include "nn/context.hpp"

namespace kiln::nn {
namespace {

Variable conv2d(const std::vector<Variable>& operands, ConstView bias, Conv2dOptions options) {
  const Variable& in = operands[0];
  const Variable& weight = operands[1];
  return detail::operation("conv2d", operands, [&] {
    const SpatialSlots& spatial = kernels<SpatialSlots>();
    Tensor out(spatial.conv2d_shape(in.shape(), weight.shape(), options));
    spatial.conv2d(in.data(), weight.data(), bias, options, out);
    return record("conv2d", std::move(out), operands, [options](const BackwardCall& call) {
      const SpatialSlots& slots = kernels<SpatialSlots>();
      const ConstView& grad_out = call.grad_output;
      if (call.wants(0)) slots.conv2d_backward_in(grad_out, call.inputs[1], options, call.grad_inputs[0]);
      if (call.wants(1)) slots.conv2d_backward_weight(grad_out, call.inputs[0], options, call.grad_inputs[1]);
      if (call.inputs.size() > 2 && call.wants(2)) slots.conv2d_backward_bias(grad_out, call.grad_inputs[2]);
    });
  });
}

/// in (batch, channels, ...): `channels` as a view that broadcasts to it, (channels, 1, ...).
ConstView along_channels(const ConstView& channels, int rank) {
  Shape shape = channels.shape;
  while (shape.rank() < rank - 1) shape.push_back(1);
  return kiln::reshape(channels, shape);
}

/// What batch_norm_eval multiplies by: weight / sqrt(variance + epsilon), which is what becomes of a 1 at mean 0.
Tensor evaluation_factor(ConstView weight, const Tensor& variance, float epsilon) {
  const std::int64_t channels = variance.size();
  const Tensor one = Tensor::full({1, channels}, 1), zeros(Shape{channels});
  Tensor factor({1, channels});
  kernels<SpatialSlots>().batch_norm_eval(one, weight, zeros, zeros, variance, epsilon, factor);
  return Tensor::from({channels}, factor.flat());
}

void batch_norm_eval_backward(const BackwardCall& call, const Tensor& mean, const Tensor& variance, float epsilon) {
  const SpatialSlots& spatial = kernels<SpatialSlots>();
  const ConstView in = call.inputs[0];
  if (call.wants(0)) {
    // With the statistics constant, each channel is a straight line.
    const Tensor slope = evaluation_factor(call.inputs[1], variance, epsilon);
    kernels<AutogradSlots>().mul_backward(call.grad_output, along_channels(slope, in.rank()), call.grad_inputs[0]);
  }
  if (call.wants(1)) {
    const Tensor scale = evaluation_factor(Tensor::full(variance.shape(), 1), variance, epsilon);
    spatial.batch_norm_backward_weight(call.grad_output, in, mean, scale, call.grad_inputs[1]);
  }
  if (call.wants(2)) spatial.batch_norm_backward_bias(call.grad_output, call.grad_inputs[2]);
}

}  // namespace

Variable conv2d(const Variable& in, const Variable& weight, const Variable& bias, Conv2dOptions options) {
  return conv2d({in, weight, bias}, bias.data(), options);
}
Variable conv2d(const Variable& in, const Variable& weight, Conv2dOptions options) {
  return conv2d({in, weight}, ConstView{nullptr, {0}, {1}}, options);
}

Variable max_pool2d(const Variable& in, Pool2dOptions options) {
  const std::vector<Variable> operands{in};
  return detail::operation("max_pool2d", operands, [&] {
    const SpatialSlots& spatial = kernels<SpatialSlots>();
    Tensor out(spatial.pool2d_shape(in.shape(), options));
    std::vector<std::int64_t> winners(static_cast<std::size_t>(out.size()));
    spatial.max_pool2d(in.data(), options, out, winners);
    return record("max_pool2d", std::move(out), operands, [winners = std::move(winners)](const BackwardCall& call) {
      kernels<SpatialSlots>().max_pool2d_backward(call.grad_output, winners, call.grad_inputs[0]);
    });
  });
}

Variable average_pool2d(const Variable& in, Pool2dOptions options) {
  const std::vector<Variable> operands{in};
  return detail::operation("average_pool2d", operands, [&] {
    const SpatialSlots& spatial = kernels<SpatialSlots>();
    Tensor out(spatial.pool2d_shape(in.shape(), options));
    spatial.average_pool2d(in.data(), options, out);
    return record("average_pool2d", std::move(out), operands, [options](const BackwardCall& call) {
      kernels<SpatialSlots>().average_pool2d_backward(call.grad_output, options, call.grad_inputs[0]);
    });
  });
}

Variable batch_norm_train(const Variable& in, const Variable& weight, const Variable& bias, BatchNormOptions options,
                          View running_mean, View running_variance) {
  const std::vector<Variable> operands{in, weight, bias};
  return detail::operation("batch_norm_train", operands, [&] {
    Tensor out(in.shape()), mean(weight.shape()), scale(weight.shape());
    kernels<SpatialSlots>().batch_norm_train(in.data(), weight.data(), bias.data(), options.momentum, options.epsilon,
                                             running_mean, running_variance, out, mean, scale);
    return record("batch_norm_train", std::move(out), operands,
                  [mean = std::move(mean), scale = std::move(scale)](const BackwardCall& call) {
                    const SpatialSlots& spatial = kernels<SpatialSlots>();
                    const ConstView &grad = call.grad_output, &x = call.inputs[0];
                    if (call.wants(0))
                      spatial.batch_norm_backward_in(grad, x, call.inputs[1], mean, scale, call.grad_inputs[0]);
                    if (call.wants(1)) spatial.batch_norm_backward_weight(grad, x, mean, scale, call.grad_inputs[1]);
                    if (call.wants(2)) spatial.batch_norm_backward_bias(grad, call.grad_inputs[2]);
                  });
  });
}

Variable batch_norm_eval(const Variable& in, const Variable& weight, const Variable& bias, float epsilon,
                         ConstView running_mean, ConstView running_variance) {
  const std::vector<Variable> operands{in, weight, bias};
  return detail::operation("batch_norm_eval", operands, [&] {
    Tensor out(in.shape());
    kernels<SpatialSlots>().batch_norm_eval(in.data(), weight.data(), bias.data(), running_mean, running_variance,
                                            epsilon, out);
    // Copies: a step of training between forward and backward moves the statistics.
    return record("batch_norm_eval", std::move(out), operands,
                  [mean = Tensor::copy_of(running_mean), variance = Tensor::copy_of(running_variance),
                   epsilon](const BackwardCall& call) { batch_norm_eval_backward(call, mean, variance, epsilon); });
  });
}

}  // namespace kiln::nn
