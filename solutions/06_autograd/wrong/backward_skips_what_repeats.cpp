// Wrong: a node that is read twice hands back once.
#include "kiln/kernels/autograd.hpp"

using namespace kiln;

namespace {

bool wanted(const View& gradient) { return !(gradient.shape == Shape{0}); }

std::size_t operands_of(Op op) {
  if (op == Op::leaf) return 0;
  const bool two = op == Op::add || op == Op::sub || op == Op::mul || op == Op::div || op == Op::matmul ||
                   op == Op::linear || op == Op::mean_squared_error || op == Op::binary_cross_entropy;
  return two ? 2 : 1;
}

}  // namespace

void impl::backward_step(const GraphNode& node, const std::vector<ConstView>& inputs, ConstView output,
                         ConstView grad_output, const std::vector<View>& grad_inputs) {
  const Op op = node.op;
  const std::size_t n = inputs.size();
  KILN_REQUIRE("the number of operands", (n == operands_of(op) || (op == Op::linear && n == 3)));
  KILN_REQUIRE("a gradient for each operand", grad_inputs.size() == n);
  KILN_REQUIRE("the gradient has the output's shape", grad_output.shape == output.shape);
  for (std::size_t i = 0; i < n; ++i)
    if (wanted(grad_inputs[i]))
      KILN_REQUIRE("a gradient has its value's shape", grad_inputs[i].shape == inputs[i].shape);
  const AutogradSlots& k = kernels<AutogradSlots>();
  const ConstView& g = grad_output;
  if (n > 0 && wanted(grad_inputs[0])) {
    const View& to = grad_inputs[0];
    if (op == Op::add || op == Op::sub) k.unbroadcast(g, to);
    if (op == Op::mul) k.mul_backward(g, inputs[1], to);
    if (op == Op::div) k.div_backward_a(g, inputs[1], to);
    if (op == Op::sum) k.sum_backward(g, node.axis, node.keepdims, to);
    if (op == Op::mean) k.mean_backward(g, node.axis, node.keepdims, to);
    if (op == Op::max) k.max_backward(g, inputs[0], output, node.axis, node.keepdims, to);
    if (op == Op::matmul) k.matmul_backward_a(g, inputs[1], to);
    if (op == Op::linear) k.linear_backward_in(g, inputs[1], to);
    if (op == Op::relu) k.relu_backward(g, inputs[0], to);
    if (op == Op::sigmoid) k.sigmoid_backward(g, output, to);
    if (op == Op::tanh) k.tanh_backward(g, output, to);
    if (op == Op::gelu) k.gelu_backward(g, inputs[0], to);
    if (op == Op::gelu_tanh) k.gelu_tanh_backward(g, inputs[0], to);
    if (op == Op::softmax) k.softmax_backward(g, output, to);
    if (op == Op::log_softmax) k.log_softmax_backward(g, output, to);
    if (op == Op::mean_squared_error) k.mean_squared_error_backward(g, inputs[0], inputs[1], to);
    if (op == Op::binary_cross_entropy) k.binary_cross_entropy_backward(g, inputs[0], inputs[1], to);
  }
  if (n > 1 && wanted(grad_inputs[1])) {
    const View& to = grad_inputs[1];
    if (op == Op::add) k.unbroadcast(g, to);
    if (op == Op::sub) k.sub_backward_b(g, to);
    if (op == Op::mul) k.mul_backward(g, inputs[0], to);
    if (op == Op::div) k.div_backward_b(g, inputs[0], inputs[1], to);
    if (op == Op::matmul) k.matmul_backward_b(inputs[0], g, to);
    if (op == Op::linear) k.linear_backward_weight(g, inputs[0], to);
    if (op == Op::mean_squared_error) k.mean_squared_error_backward(g, inputs[1], inputs[0], to);
  }
  if (n > 2 && wanted(grad_inputs[2])) k.linear_backward_bias(g, grad_inputs[2]);
}

void impl::backward(const std::vector<GraphNode>& nodes, const std::vector<ConstView>& values, std::int64_t root,
                    const std::vector<View>& gradients) {
  KILN_REQUIRE("a value for each node", values.size() == nodes.size());
  KILN_REQUIRE("a gradient for each node", gradients.size() == nodes.size());
  std::vector<std::int64_t> first_input{0}, inputs, order(nodes.size());
  for (const GraphNode& node : nodes) {
    for (const std::int64_t input : node.inputs) inputs.push_back(input);
    first_input.push_back(static_cast<std::int64_t>(inputs.size()));
  }
  const std::int64_t count = kernels<AutogradSlots>().topological_order(first_input, inputs, root, order);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
    if (!wanted(gradients[at])) continue;
    std::vector<ConstView> in;
    std::vector<View> grads;
    for (const std::int64_t input : nodes[at].inputs) {
      const bool again = !in.empty() && input == nodes[at].inputs.front();
      in.push_back(values[static_cast<std::size_t>(input)]);
      grads.push_back(again ? View{nullptr, {0}, {1}} : gradients[static_cast<std::size_t>(input)]);
    }
    impl::backward_step(nodes[at], in, values[at], gradients[at], grads);
  }
}
