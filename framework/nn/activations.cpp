// Activations, and dropout.
#include <utility>

#include "kiln/backend.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/layers.hpp"
#include "nn/context.hpp"
#include "nn/ops.hpp"

namespace kiln::nn {
namespace {

Variable unary(const char* name, Op op, void (*ActivationSlots::*kernel)(ConstView, View), const Variable& in) {
  const std::vector<Variable> operands{in};
  return detail::operation(name, operands, [&] {
    Tensor out(in.shape());
    (kernels<ActivationSlots>().*kernel)(in.data(), out);
    return record(name, std::move(out), operands, GraphNode{.op = op});
  });
}

}  // namespace

Variable relu(const Variable& in) { return unary("relu", Op::relu, &ActivationSlots::relu, in); }
Variable sigmoid(const Variable& in) { return unary("sigmoid", Op::sigmoid, &ActivationSlots::sigmoid, in); }
Variable tanh(const Variable& in) { return unary("tanh", Op::tanh, &ActivationSlots::tanh, in); }
Variable gelu(const Variable& in) { return unary("gelu", Op::gelu, &ActivationSlots::gelu, in); }
Variable gelu_tanh(const Variable& in) { return unary("gelu_tanh", Op::gelu_tanh, &ActivationSlots::gelu_tanh, in); }
Variable softmax(const Variable& in) { return unary("softmax", Op::softmax, &ActivationSlots::softmax, in); }
Variable log_softmax(const Variable& in) {
  return unary("log_softmax", Op::log_softmax, &ActivationSlots::log_softmax, in);
}

Variable dropout(const Variable& in, float p, bool training, std::uint64_t seed) {
  const std::vector<Variable> operands{in};
  return detail::operation("dropout", operands, [&] {
    // Out of training the kernel only has to refuse a wrong p.
    Tensor out(training ? in.shape() : Shape{0}), mask(out.shape());
    kernels<LayerSlots>().dropout(training ? in.data() : std::as_const(out).data(), p, training, seed, out, mask);
    if (!training) return in;
    return record("dropout", std::move(out), operands, [mask = std::move(mask)](const BackwardCall& call) {
      kernels<AutogradSlots>().mul_backward(call.grad_output, mask, call.grad_inputs[0]);
    });
  });
}

}  // namespace kiln::nn
