// backward: what one operation hands back, and the walk over a whole graph.
// Contract: kiln/kernels/autograd.hpp. Lesson: modules/06_autograd/README.md, step 8.
#include <string>

#include "kiln/kernels/autograd.hpp"

using namespace kiln;

// Nothing is differentiated here any more: each rule is a kernel that you have written, and
// kernels<AutogradSlots>().mul_backward(...) calls it.

// BEGIN SOLUTION
namespace {

/// What a step has at hand.
struct Operation {
  const GraphNode& node;
  const std::vector<ConstView>& in;
  ConstView out;
  ConstView grad_out;
  const std::vector<View>& grads;

  bool wants(std::size_t operand) const { return !(grads[operand].shape == Shape{0}); }
};

/// How many operands an operation takes: from, to.
std::pair<std::size_t, std::size_t> operands_of(Op op) {
  switch (op) {
    case Op::leaf: return {0, 0};
    case Op::linear: return {2, 3};
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::matmul:
    case Op::mean_squared_error:
    case Op::binary_cross_entropy: return {2, 2};
    default: return {1, 1};
  }
}

/// Everything is checked before anything is written, as far as it can be told without the operation's own rule.
void check(const Operation& step) {
  const auto [least, most] = operands_of(step.node.op);
  KILN_REQUIRE("backward_step: too few operands for operation " + std::to_string(static_cast<int>(step.node.op)),
               step.in.size() >= least);
  KILN_REQUIRE("backward_step: too many operands for operation " + std::to_string(static_cast<int>(step.node.op)),
               step.in.size() <= most);
  KILN_REQUIRE("backward_step: there is a gradient for each operand", step.grads.size() == step.in.size());
  KILN_REQUIRE("backward_step: grad_output has output's shape", step.grad_out.shape == step.out.shape);
  for (std::size_t i = 0; i < step.in.size(); ++i)
    if (step.wants(i))
      KILN_REQUIRE("backward_step: gradient " + std::to_string(i) + " has its value's shape",
                   step.grads[i].shape == step.in[i].shape);
}

void step_by_first(const Operation& s, const AutogradSlots& k) {
  const ConstView& grad = s.grad_out;
  const View& to = s.grads[0];
  const int axis = s.node.axis;
  const bool keepdims = s.node.keepdims;
  switch (s.node.op) {
    case Op::leaf: return;
    case Op::add:
    case Op::sub: return k.unbroadcast(grad, to);
    case Op::mul: return k.mul_backward(grad, s.in[1], to);
    case Op::div: return k.div_backward_a(grad, s.in[1], to);
    case Op::sum: return k.sum_backward(grad, axis, keepdims, to);
    case Op::mean: return k.mean_backward(grad, axis, keepdims, to);
    case Op::max: return k.max_backward(grad, s.in[0], s.out, axis, keepdims, to);
    case Op::matmul: return k.matmul_backward_a(grad, s.in[1], to);
    case Op::linear: return k.linear_backward_in(grad, s.in[1], to);
    case Op::relu: return k.relu_backward(grad, s.in[0], to);
    case Op::sigmoid: return k.sigmoid_backward(grad, s.out, to);
    case Op::tanh: return k.tanh_backward(grad, s.out, to);
    case Op::gelu: return k.gelu_backward(grad, s.in[0], to);
    case Op::gelu_tanh: return k.gelu_tanh_backward(grad, s.in[0], to);
    case Op::softmax: return k.softmax_backward(grad, s.out, to);
    case Op::log_softmax: return k.log_softmax_backward(grad, s.out, to);
    case Op::mean_squared_error: return k.mean_squared_error_backward(grad, s.in[0], s.in[1], to);
    case Op::binary_cross_entropy: return k.binary_cross_entropy_backward(grad, s.in[0], s.in[1], to);
  }
  throw Error(ErrorKind::invalid_argument,
              "backward_step: there is no operation " + std::to_string(static_cast<int>(s.node.op)));
}

void step_by_second(const Operation& s, const AutogradSlots& k) {
  const ConstView& grad = s.grad_out;
  const View& to = s.grads[1];
  switch (s.node.op) {
    case Op::add: return k.unbroadcast(grad, to);
    case Op::sub: return k.sub_backward_b(grad, to);
    case Op::mul: return k.mul_backward(grad, s.in[0], to);
    case Op::div: return k.div_backward_b(grad, s.in[0], s.in[1], to);
    case Op::matmul: return k.matmul_backward_b(s.in[0], grad, to);
    case Op::linear: return k.linear_backward_weight(grad, s.in[0], to);
    // (p - t)^2 is (t - p)^2: by the target it is the same rule with the two exchanged.
    case Op::mean_squared_error: return k.mean_squared_error_backward(grad, s.in[1], s.in[0], to);
    default: return;
  }
}

}  // namespace
// END SOLUTION

// Example: node {mul, {0, 1}}, inputs {x, y}, grad_inputs {gx, gy}: gx += grad_output * y, gy += grad_output * x.
void impl::backward_step(const GraphNode& node, const std::vector<ConstView>& inputs, ConstView output,
                         ConstView grad_output, const std::vector<View>& grad_inputs) {
  // BEGIN SOLUTION
  const Operation step{node, inputs, output, grad_output, grad_inputs};
  check(step);
  const AutogradSlots& k = kernels<AutogradSlots>();
  if (inputs.size() > 0 && step.wants(0)) step_by_first(step, k);
  if (inputs.size() > 1 && step.wants(1)) step_by_second(step, k);
  if (inputs.size() > 2 && step.wants(2)) k.linear_backward_bias(grad_output, grad_inputs[2]);
  // END SOLUTION
}

// Example: nodes {leaf}, {mul, {0, 0}} are y = x * x. With x = 3 and gradients {0, 1}, gradients[0] becomes 6.
void impl::backward(const std::vector<GraphNode>& nodes, const std::vector<ConstView>& values, std::int64_t root,
                    const std::vector<View>& gradients) {
  // BEGIN SOLUTION
  KILN_REQUIRE("backward: there is a value for each node", values.size() == nodes.size());
  KILN_REQUIRE("backward: there is a gradient for each node", gradients.size() == nodes.size());

  // Write the graph as one list of inputs, node by node.
  std::vector<std::int64_t> first_input{0}, inputs;
  for (const GraphNode& node : nodes) {
    inputs.insert(inputs.end(), node.inputs.begin(), node.inputs.end());
    first_input.push_back(static_cast<std::int64_t>(inputs.size()));
  }
  std::vector<std::int64_t> order(nodes.size());
  const std::int64_t count = kernels<AutogradSlots>().topological_order(first_input, inputs, root, order);

  // Each node comes after everything that uses it: its gradient is complete when it hands on.
  std::vector<ConstView> in;
  std::vector<View> grads;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto number = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
    if (gradients[number].shape == Shape{0}) continue;
    in.clear();
    grads.clear();
    for (const std::int64_t input : nodes[number].inputs) {
      in.push_back(values[static_cast<std::size_t>(input)]);
      grads.push_back(gradients[static_cast<std::size_t>(input)]);
    }
    impl::backward_step(nodes[number], in, values[number], gradients[number], grads);
  }
  // END SOLUTION
}
