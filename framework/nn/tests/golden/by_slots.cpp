// Forward and backward kernels called one by one, as a network calls them: backward reads what forward gave.
#include "kiln/backend.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/tensor.hpp"
#include "kiln/view_ops.hpp"
#include "operands.hpp"
#include "routes.hpp"

namespace kiln::golden {

namespace {

using testing::Operand;

const TensorSlots& tensor() { return kernels<TensorSlots>(); }
const AutogradSlots& autograd() { return kernels<AutogradSlots>(); }

// ---- elementwise

using Binary = void (*)(ConstView, ConstView, View);

/// Runs forward, then what adds to the gradients: called with grad_out, a, b and the gradient.
template <class BackwardA, class BackwardB>
BySlots binary(Binary TensorSlots::*forward, BackwardA backward_a, BackwardB backward_b) {
  return [=](const Case& golden, const Placing& placing) {
    const Operands operands(golden, placing);
    const Operand a = operands.in("a"), b = operands.in("b"), out = operands.out("out");
    (tensor().*forward)(a, b, out);
    operands.expect_out(out);
    if (!operands.backward()) return;
    const Operand grad_out = operands.in("grad_out");
    const Operand grad_a = operands.gradient("grad_a"), grad_b = operands.gradient("grad_b");
    backward_a(grad_out, a, b, grad_a);
    backward_b(grad_out, a, b, grad_b);
    operands.expect_gradient(grad_a);
    operands.expect_gradient(grad_b);
  };
}

void add_elementwise(std::map<std::string, BySlots>& routes) {
  const auto plain = [](ConstView g, ConstView, ConstView, View grad) { autograd().unbroadcast(g, grad); };
  routes["add"] = binary(&TensorSlots::add, plain, plain);
  routes["sub"] = binary(&TensorSlots::sub, plain,
                         [](ConstView g, ConstView, ConstView, View grad) { autograd().sub_backward_b(g, grad); });
  routes["mul"] = binary(
      &TensorSlots::mul, [](ConstView g, ConstView, ConstView b, View grad) { autograd().mul_backward(g, b, grad); },
      [](ConstView g, ConstView a, ConstView, View grad) { autograd().mul_backward(g, a, grad); });
  routes["div"] = binary(
      &TensorSlots::div, [](ConstView g, ConstView, ConstView b, View grad) { autograd().div_backward_a(g, b, grad); },
      [](ConstView g, ConstView a, ConstView b, View grad) { autograd().div_backward_b(g, a, b, grad); });
}

// ---- from `in` to `out`

/// Runs forward(in, out), then backward(grad_out, in, out, grad_in).
template <class Forward, class Backward>
BySlots unary(Forward forward, Backward backward) {
  return [=](const Case& golden, const Placing& placing) {
    const Operands operands(golden, placing);
    const Operand in = operands.in("in"), out = operands.out("out");
    forward(golden, in, out);
    operands.expect_out(out);
    if (!operands.backward()) return;
    const Operand grad_out = operands.in("grad_out"), grad_in = operands.gradient("grad_in");
    backward(golden, grad_out, in, out, grad_in);
    operands.expect_gradient(grad_in);
  };
}

using Reduce = void (*)(ConstView, int, bool, View);

auto reduce(Reduce TensorSlots::*kernel) {
  return [=](const Case& golden, ConstView in, View out) {
    (tensor().*kernel)(in, golden.integer("axis"), golden.flag("keepdims"), out);
  };
}

auto reduce_backward(Reduce AutogradSlots::*kernel) {
  return [=](const Case& golden, ConstView grad_out, ConstView, ConstView, View grad_in) {
    (autograd().*kernel)(grad_out, golden.integer("axis"), golden.flag("keepdims"), grad_in);
  };
}

void add_reductions(std::map<std::string, BySlots>& routes) {
  routes["sum"] = unary(reduce(&TensorSlots::sum), reduce_backward(&AutogradSlots::sum_backward));
  routes["mean"] = unary(reduce(&TensorSlots::mean), reduce_backward(&AutogradSlots::mean_backward));
  routes["max"] = unary(
      reduce(&TensorSlots::max), [](const Case& golden, ConstView grad_out, ConstView in, ConstView out, View grad_in) {
        autograd().max_backward(grad_out, in, out, golden.integer("axis"), golden.flag("keepdims"), grad_in);
      });
}

using Activation = void (*)(ConstView, View);
using ActivationBackward = void (*)(ConstView, ConstView, View);

/// An activation, whose backward reads what went in, or else what came out.
BySlots activation(Activation ActivationSlots::*forward, ActivationBackward AutogradSlots::*backward, bool reads_in) {
  return unary([=](const Case&, ConstView in, View out) { (kernels<ActivationSlots>().*forward)(in, out); },
               [=](const Case&, ConstView grad_out, ConstView in, ConstView out, View grad_in) {
                 (autograd().*backward)(grad_out, reads_in ? in : out, grad_in);
               });
}

void add_activations(std::map<std::string, BySlots>& routes) {
  using A = ActivationSlots;
  using B = AutogradSlots;
  routes["relu"] = activation(&A::relu, &B::relu_backward, true);
  routes["sigmoid"] = activation(&A::sigmoid, &B::sigmoid_backward, false);
  routes["tanh"] = activation(&A::tanh, &B::tanh_backward, false);
  routes["gelu"] = activation(&A::gelu, &B::gelu_backward, true);
  routes["gelu_tanh"] = activation(&A::gelu_tanh, &B::gelu_tanh_backward, true);
  routes["softmax"] = activation(&A::softmax, &B::softmax_backward, false);
  routes["log_softmax"] = activation(&A::log_softmax, &B::log_softmax_backward, false);
}

/// What moves elements hands its gradient back moved the other way. Each is given a view and a dense copy of it, and
/// returns another view of one of the two.
template <class There, class Back>
BySlots movement(There there, Back back) {
  return [=](const Case& golden, const Placing& placing) {
    const Operands operands(golden, placing);
    const Operand in = operands.in("in"), grad_out = operands.in("grad_out"), grad_in = operands.gradient("grad_in");
    const Tensor dense = Tensor::copy_of(in), dense_grad = Tensor::copy_of(grad_out);
    Tensor out(golden.shape_of("out"));
    tensor().copy(there(golden, in.view(), dense.data()), out.data());
    expect(golden, "out", out.data());
    autograd().unbroadcast(back(golden, grad_out.view(), dense_grad.data(), in.shape()), grad_in);
    operands.expect_gradient(grad_in);
  };
}

void add_moves(std::map<std::string, BySlots>& routes) {
  const auto transposed = [](const Case& golden, ConstView view, ConstView, auto...) {
    return transpose(view, golden.integer("first"), golden.integer("second"));
  };
  const auto reshaped_back = [](const Case&, ConstView, ConstView dense, const Shape& shape) {
    return reshape(dense, shape);
  };
  routes["transpose"] = movement(transposed, transposed);
  routes["reshape"] =
      movement([](const Case& golden, ConstView, ConstView dense) { return reshape(dense, golden.shape("shape")); },
               reshaped_back);
  routes["flatten"] =
      unary([](const Case& golden, ConstView in,
               View out) { kernels<LayerSlots>().flatten(in, golden.integer("first"), golden.integer("last"), out); },
            [](const Case&, ConstView grad_out, ConstView in, ConstView, View grad_in) {
              const Tensor dense = Tensor::copy_of(grad_out);
              autograd().unbroadcast(reshape(dense.data(), in.shape), grad_in);
            });
}

// ---- products and layers

void matmul(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Operand a = operands.in("a"), b = operands.in("b"), c = operands.out("c");
  tensor().matmul(a, b, c);
  operands.expect_out(c);
  if (!operands.backward("grad_c")) return;
  const Operand grad_c = operands.in("grad_c");
  const Operand grad_a = operands.gradient("grad_a"), grad_b = operands.gradient("grad_b");
  autograd().matmul_backward_a(grad_c, b, grad_a);
  autograd().matmul_backward_b(a, grad_c, grad_b);
  operands.expect_gradient(grad_a);
  operands.expect_gradient(grad_b);
}

/// Backward is that of a product for each of the batch; what a batch of 1 gave to all gathers from all.
void batched_matmul(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Operand a = operands.in("a"), b = operands.in("b"), c = operands.out("c");
  tensor().batched_matmul(a, b, c);
  operands.expect_out(c);
  if (!operands.backward("grad_c")) return;
  const Operand grad_c = operands.in("grad_c");
  const Operand grad_a = operands.gradient("grad_a"), grad_b = operands.gradient("grad_b");
  const auto of = [](View view, std::int64_t i) { return select(view, 0, view.shape[0] == 1 ? 0 : i); };
  for (std::int64_t i = 0; i < c.shape()[0]; ++i) {
    autograd().matmul_backward_a(of(grad_c, i), of(b, i), of(grad_a, i));
    autograd().matmul_backward_b(of(a, i), of(grad_c, i), of(grad_b, i));
  }
  operands.expect_gradient(grad_a);
  operands.expect_gradient(grad_b);
}

void linear(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Operand in = operands.in("in"), weight = operands.in("weight"), bias = operands.in("bias");
  const Operand out = operands.out("out");
  kernels<LayerSlots>().linear(in, weight, bias, out);
  operands.expect_out(out);
  if (!operands.backward()) return;
  const Operand grad_out = operands.in("grad_out");
  const Operand grad_in = operands.gradient("grad_in"), grad_weight = operands.gradient("grad_weight");
  autograd().linear_backward_in(grad_out, weight, grad_in);
  autograd().linear_backward_weight(grad_out, in, grad_weight);
  operands.expect_gradient(grad_in);
  operands.expect_gradient(grad_weight);
  if (!golden.expects("grad_bias")) return;
  const Operand grad_bias = operands.gradient("grad_bias");
  autograd().linear_backward_bias(grad_out, grad_bias);
  operands.expect_gradient(grad_bias);
}

void dropout(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Operand in = operands.in("in"), out = operands.out("out"), mask = operands.out("mask");
  kernels<LayerSlots>().dropout(in, static_cast<float>(golden.number("p")), golden.flag("training"),
                                static_cast<std::uint64_t>(golden.number("seed")), out, mask);
  operands.expect_out(mask);
  operands.expect_out(out);
  const Operand grad_out = operands.in("grad_out"), grad_in = operands.gradient("grad_in");
  autograd().mul_backward(grad_out, mask, grad_in);
  operands.expect_gradient(grad_in);
}

// ---- losses

void mean_squared_error(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Operand prediction = operands.in("prediction"), target = operands.in("target"), loss = operands.out("loss");
  kernels<LossSlots>().mean_squared_error(prediction, target, loss);
  operands.expect_out(loss);
  const Operand grad_loss = operands.in("grad_loss"), gradient = operands.gradient("grad_prediction");
  autograd().mean_squared_error_backward(grad_loss, prediction, target, gradient);
  operands.expect_gradient(gradient);
  // The loss does not know its operands apart.
  const Operand grad_target = operands.gradient("grad_target");
  autograd().mean_squared_error_backward(grad_loss, target, prediction, grad_target);
  operands.expect_gradient(grad_target);
}

void binary_cross_entropy(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Operand logits = operands.in("logits"), target = operands.in("target"), loss = operands.out("loss");
  kernels<LossSlots>().binary_cross_entropy(logits, target, loss);
  operands.expect_out(loss);
  const Operand grad_loss = operands.in("grad_loss"), gradient = operands.gradient("grad_logits");
  autograd().binary_cross_entropy_backward(grad_loss, logits, target, gradient);
  operands.expect_gradient(gradient);
}

void cross_entropy(const Case& golden, const Placing& placing) {
  const Operands operands(golden, placing);
  const Operand logits = operands.in("logits"), loss = operands.out("loss");
  const std::vector<std::int32_t> labels = golden.labels();
  const std::int32_t ignore_index = golden.integer("ignore_index");
  kernels<LossSlots>().cross_entropy(logits, labels, ignore_index, loss);
  operands.expect_out(loss);
  if (!operands.backward("grad_loss")) return;
  const Operand grad_loss = operands.in("grad_loss"), gradient = operands.gradient("grad_logits");
  autograd().cross_entropy_backward(grad_loss, logits, labels, ignore_index, gradient);
  operands.expect_gradient(gradient);
}

}  // namespace

const std::map<std::string, BySlots>& by_slots() {
  static const std::map<std::string, BySlots> routes = [] {
    std::map<std::string, BySlots> made{
        {"matmul", matmul},
        {"batched_matmul", batched_matmul},
        {"linear", linear},
        {"dropout", dropout},
        {"mean_squared_error", mean_squared_error},
        {"binary_cross_entropy", binary_cross_entropy},
        {"cross_entropy", cross_entropy},
    };
    add_elementwise(made);
    add_reductions(made);
    add_activations(made);
    add_moves(made);
    add_spatial(made);
    add_steps(made);
    return made;
  }();
  return routes;
}

}  // namespace kiln::golden
