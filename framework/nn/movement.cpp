// transpose, reshape and flatten: copies under another shape. Back flows a copy the other way, which unbroadcast adds.
#include <utility>

#include "kiln/backend.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/tensor.hpp"
#include "nn/context.hpp"
#include "nn/ops.hpp"

namespace kiln::nn {
namespace {

void reshape_backward(const BackwardCall& call) {
  kernels<AutogradSlots>().unbroadcast(kiln::reshape(call.grad_output, call.inputs[0].shape), call.grad_inputs[0]);
}

}  // namespace

Variable transpose(const Variable& in, int first, int second) {
  const std::vector<Variable> operands{in};
  return detail::operation("transpose", operands, [&] {
    const ConstView transposed = kiln::transpose(in.data(), first, second);
    Tensor out(transposed.shape);
    kernels<TensorSlots>().copy(transposed, out);
    return record("transpose", std::move(out), operands, [first, second](const BackwardCall& call) {
      kernels<AutogradSlots>().unbroadcast(kiln::transpose(call.grad_output, first, second), call.grad_inputs[0]);
    });
  });
}

Variable reshape(const Variable& in, const Shape& shape) {
  const std::vector<Variable> operands{in};
  return detail::operation("reshape", operands, [&] {
    const ConstView reshaped = kiln::reshape(in.data(), shape);
    Tensor out(reshaped.shape);
    kernels<TensorSlots>().copy(reshaped, out);
    return record("reshape", std::move(out), operands, reshape_backward);
  });
}

Variable flatten(const Variable& in, int first, int last) {
  const std::vector<Variable> operands{in};
  return detail::operation("flatten", operands, [&] {
    const LayerSlots& layers = kernels<LayerSlots>();
    Tensor out(layers.flattened_shape(in.shape(), first, last));
    layers.flatten(in.data(), first, last, out);
    return record("flatten", std::move(out), operands, reshape_backward);
  });
}

}  // namespace kiln::nn
