// Module 06, autograd: reverse-mode differentiation (Baydin et al., "Automatic differentiation in machine learning: a
// survey", 2018). Each kernel takes the gradient of a loss by an operation's output, and *adds* to the gradient by one
// of its operands what flows back: a value that is used twice gets two contributions.
// Views are float32 and of any strides; the gradient that is written overlaps no input. A gradient has its value's
// shape. Error(invalid_argument) where shapes do not fit; nothing was written then. No kernel allocates unless it says
// so.
#pragma once

#include <span>
#include <vector>

#include "kiln/kernels/contract.hpp"

namespace kiln {

/// The operations that a graph given as data may hold, named as the kernels that compute them.
enum class Op : std::int32_t {
  leaf,  ///< no operation: an input or a parameter
  add,
  sub,
  mul,
  div,
  sum,
  mean,
  max,
  matmul,
  linear,  ///< of (in, weight, bias) or (in, weight)
  relu,
  sigmoid,
  tanh,
  gelu,
  gelu_tanh,
  softmax,
  log_softmax,
  mean_squared_error,    ///< of (prediction, target)
  binary_cross_entropy,  ///< of (logits, target); the target gets no gradient
};

/// One node of a graph: a value, what computed it, and from which nodes.
struct GraphNode {
  Op op = Op::leaf;
  std::vector<std::int64_t> inputs;  ///< numbers of nodes, in the order of the operation's operands; repeated for x * x
  int axis = -1;                     ///< of sum, mean and max
  bool keepdims = false;             ///< of sum, mean and max
};

namespace KILN_IMPL {

// ---- unbroadcast.cpp

/// The gradient of an operand that was broadcast: grad_in += grad_out, summed over every dimension along which `in` was
/// repeated. Where nothing was, this is a plain addition. It is also the backward of add, and of copying.
/// Error(invalid_argument) where grad_in.shape does not broadcast to grad_out.shape.
KILN_DECLARE void unbroadcast(ConstView grad_out, View grad_in);

// ---- topological_order.cpp

/// The order in which backward visits a graph: order[0] is `root`; then every node that root depends on stands there
/// once, each before all of its own inputs. Returns how many there are; the rest of `order` stays as it is.
/// Node i reads the nodes inputs[first_input[i]] ... inputs[first_input[i + 1] - 1], for i in [0, nodes);
/// first_input has nodes + 1 elements, `order` has room for `nodes`, and overlaps neither. A node may read one twice.
/// Takes time and memory (which it allocates) in proportion to nodes and inputs, and no stack that grows with the
/// depth. Error(invalid_argument) where root or an input is no node, first_input does not rise from 0 to inputs.size(),
/// `order` has another size, or what root depends on goes round in a cycle.
KILN_DECLARE std::int64_t topological_order(std::span<const std::int64_t> first_input,
                                            std::span<const std::int64_t> inputs, std::int64_t root,
                                            std::span<std::int64_t> order);

// ---- elementwise_backward.cpp
// out = a (op) b with a and b broadcast to out.shape; grad_out has out.shape, and each gradient its operand's.

/// Of a - b by b: grad_b -= grad_out, summed as unbroadcast does. (By a it is unbroadcast itself.)
KILN_DECLARE void sub_backward_b(ConstView grad_out, View grad_b);
/// Of a * b by either operand: grad_in += grad_out * other, summed as unbroadcast does; `other` is the other operand.
KILN_DECLARE void mul_backward(ConstView grad_out, ConstView other, View grad_in);
/// Of a / b by a: grad_a += grad_out / b, summed.
KILN_DECLARE void div_backward_a(ConstView grad_out, ConstView b, View grad_a);
/// Of a / b by b: grad_b -= grad_out * a / b^2, summed. b^2 alone may overflow, or vanish, where this does not.
KILN_DECLARE void div_backward_b(ConstView grad_out, ConstView a, ConstView b, View grad_b);

// ---- reduce_backward.cpp
// grad_in has the shape of what was reduced over `axis` (negative counts from the end); grad_out has that shape without
// the dimension, or with extent 1 there where `keepdims`. Error(invalid_argument) where axis is out of range, too.

/// grad_in[..., i, ...] += grad_out[...]
KILN_DECLARE void sum_backward(ConstView grad_out, int axis, bool keepdims, View grad_in);
/// grad_in[..., i, ...] += grad_out[...] / n, with n the extent of the axis.
KILN_DECLARE void mean_backward(ConstView grad_out, int axis, bool keepdims, View grad_in);
/// Where in[..., i, ...] equals the maximum: grad_in += grad_out / (how many do), so that ties share. `out` holds the
/// maxima, in grad_out's shape. Where the maximum is NaN, the elements that are NaN share.
KILN_DECLARE void max_backward(ConstView grad_out, ConstView in, ConstView out, int axis, bool keepdims, View grad_in);

// ---- matmul_backward.cpp

/// Of c = a b by a: grad_a += grad_c b^T, with a (m, k), b (k, n), c (m, n).
KILN_DECLARE void matmul_backward_a(ConstView grad_c, ConstView b, View grad_a);
/// Of c = a b by b: grad_b += a^T grad_c.
KILN_DECLARE void matmul_backward_b(ConstView a, ConstView grad_c, View grad_b);
/// Of out = in weight^T + bias by in: grad_in += grad_out weight, with in (batch, in_features), weight (out_features,
/// in_features), out (batch, out_features).
KILN_DECLARE void linear_backward_in(ConstView grad_out, ConstView weight, View grad_in);
/// By weight: grad_weight += grad_out^T in.
KILN_DECLARE void linear_backward_weight(ConstView grad_out, ConstView in, View grad_weight);
/// By bias (out_features): grad_bias += grad_out, summed over the batch.
KILN_DECLARE void linear_backward_bias(ConstView grad_out, View grad_bias);

// ---- activations_backward.cpp
// All shapes are one. What each needs of the forward pass is `in`, what went in, or `out`, what came out.
// A row is a run of the last dimension: where there are rows, rank 0 is an Error(invalid_argument), too.

/// grad_in += grad_out where in > 0. At 0 the derivative counts as 0, where `in` is NaN the result is NaN.
KILN_DECLARE void relu_backward(ConstView grad_out, ConstView in, View grad_in);
/// grad_in += grad_out * out * (1 - out)
KILN_DECLARE void sigmoid_backward(ConstView grad_out, ConstView out, View grad_in);
/// grad_in += grad_out * (1 - out^2)
KILN_DECLARE void tanh_backward(ConstView grad_out, ConstView out, View grad_in);
/// grad_in += grad_out * (Phi(in) + in * phi(in)), with phi the normal density. The factor is 0 at -inf and 1 at inf,
/// and errs by a few eps at most.
KILN_DECLARE void gelu_backward(ConstView grad_out, ConstView in, View grad_in);
/// grad_in += grad_out * the derivative of gelu_tanh at `in`: (1 + tanh(u)) / 2 + in / 2 * (1 - tanh(u)^2) * u', with
/// u = sqrt(2 / pi) * (in + 0.044715 in^3). The factor is 0 at -inf and 1 at inf, and errs by a few eps * (1 + |in
/// u'|).
KILN_DECLARE void gelu_tanh_backward(ConstView grad_out, ConstView in, View grad_in);
/// Over each row: grad_in[i] += out[i] * (grad_out[i] - sum over j of grad_out[j] * out[j])
KILN_DECLARE void softmax_backward(ConstView grad_out, ConstView out, View grad_in);
/// Over each row: grad_in[i] += grad_out[i] - exp(out[i]) * sum over j of grad_out[j]
KILN_DECLARE void log_softmax_backward(ConstView grad_out, ConstView out, View grad_in);

// ---- losses_backward.cpp
// grad_loss is (), the gradient by the loss itself: 1 where nothing stands behind it. Errors are those of the losses
// (kiln/kernels/losses.hpp). No finite logit overflows.

/// grad_prediction += grad_loss * 2 (prediction - target) / elements
KILN_DECLARE void mean_squared_error_backward(ConstView grad_loss, ConstView prediction, ConstView target,
                                              View grad_prediction);
/// grad_logits += grad_loss * (sigmoid(logits) - target) / elements
KILN_DECLARE void binary_cross_entropy_backward(ConstView grad_loss, ConstView logits, ConstView target,
                                                View grad_logits);
/// grad_logits[i, j] += grad_loss * (softmax(logits[i])[j] - (j == labels[i])) / rows that count; a row whose label is
/// ignore_index gets nothing, a row that costs NaN gets NaN.
KILN_DECLARE void cross_entropy_backward(ConstView grad_loss, ConstView logits, std::span<const std::int32_t> labels,
                                         std::int32_t ignore_index, View grad_logits);

// ---- backward.cpp

/// What one node hands back: calls the backward kernels of node.op, one for each operand whose gradient is wanted.
/// `inputs` are the operands' values and grad_inputs their gradients, one each in the order of the operands; the same
/// view stands there twice for x * x. A gradient that nobody wants is given as a view of shape (0). A leaf hands back
/// nothing. node.inputs is not read. Scratch memory may be allocated.
/// Error(invalid_argument) where the number of operands is not the operation's.
KILN_DECLARE void backward_step(const GraphNode& node, const std::vector<ConstView>& inputs, ConstView output,
                                ConstView grad_output, const std::vector<View>& grad_inputs);

/// Backward over a whole graph: gradients[i] += d(sum of gradients[root] * values[root]) / d values[i] for every node
/// that root depends on, each visited once, after everything that uses it. The caller has set gradients[root] to what
/// flows in (ones, for a loss) and the others to zeros; a leaf's may hold what has gathered so far. A node whose
/// gradient is not wanted (shape (0)) is passed over, and hands nothing on. Memory in proportion to the graph may be
/// allocated.
/// Error(invalid_argument) where `nodes`, `values` and `gradients` differ in number, or for what topological_order and
/// backward_step refuse; where a step refuses, those before it have written.
KILN_DECLARE void backward(const std::vector<GraphNode>& nodes, const std::vector<ConstView>& values, std::int64_t root,
                           const std::vector<View>& gradients);

}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct AutogradSlots {
  decltype(impl::unbroadcast)* unbroadcast;
  decltype(impl::topological_order)* topological_order;
  decltype(impl::sub_backward_b)* sub_backward_b;
  decltype(impl::mul_backward)* mul_backward;
  decltype(impl::div_backward_a)* div_backward_a;
  decltype(impl::div_backward_b)* div_backward_b;
  decltype(impl::sum_backward)* sum_backward;
  decltype(impl::mean_backward)* mean_backward;
  decltype(impl::max_backward)* max_backward;
  decltype(impl::matmul_backward_a)* matmul_backward_a;
  decltype(impl::matmul_backward_b)* matmul_backward_b;
  decltype(impl::linear_backward_in)* linear_backward_in;
  decltype(impl::linear_backward_weight)* linear_backward_weight;
  decltype(impl::linear_backward_bias)* linear_backward_bias;
  decltype(impl::relu_backward)* relu_backward;
  decltype(impl::sigmoid_backward)* sigmoid_backward;
  decltype(impl::tanh_backward)* tanh_backward;
  decltype(impl::gelu_backward)* gelu_backward;
  decltype(impl::gelu_tanh_backward)* gelu_tanh_backward;
  decltype(impl::softmax_backward)* softmax_backward;
  decltype(impl::log_softmax_backward)* log_softmax_backward;
  decltype(impl::mean_squared_error_backward)* mean_squared_error_backward;
  decltype(impl::binary_cross_entropy_backward)* binary_cross_entropy_backward;
  decltype(impl::cross_entropy_backward)* cross_entropy_backward;
  decltype(impl::backward_step)* backward_step;
  decltype(impl::backward)* backward;

  static constexpr const char* kFamily = "autograd";
  static constexpr auto list() {
    return std::tuple{
        slot<&AutogradSlots::unbroadcast>("unbroadcast", "grad_out", "grad_in"),
        slot<&AutogradSlots::topological_order>("topological_order", "first_input", "inputs", "root", "order"),
        slot<&AutogradSlots::sub_backward_b>("sub_backward_b", "grad_out", "grad_b"),
        slot<&AutogradSlots::mul_backward>("mul_backward", "grad_out", "other", "grad_in"),
        slot<&AutogradSlots::div_backward_a>("div_backward_a", "grad_out", "b", "grad_a"),
        slot<&AutogradSlots::div_backward_b>("div_backward_b", "grad_out", "a", "b", "grad_b"),
        slot<&AutogradSlots::sum_backward>("sum_backward", "grad_out", "axis", "keepdims", "grad_in"),
        slot<&AutogradSlots::mean_backward>("mean_backward", "grad_out", "axis", "keepdims", "grad_in"),
        slot<&AutogradSlots::max_backward>("max_backward", "grad_out", "in", "out", "axis", "keepdims", "grad_in"),
        slot<&AutogradSlots::matmul_backward_a>("matmul_backward_a", "grad_c", "b", "grad_a"),
        slot<&AutogradSlots::matmul_backward_b>("matmul_backward_b", "a", "grad_c", "grad_b"),
        slot<&AutogradSlots::linear_backward_in>("linear_backward_in", "grad_out", "weight", "grad_in"),
        slot<&AutogradSlots::linear_backward_weight>("linear_backward_weight", "grad_out", "in", "grad_weight"),
        slot<&AutogradSlots::linear_backward_bias>("linear_backward_bias", "grad_out", "grad_bias"),
        slot<&AutogradSlots::relu_backward>("relu_backward", "grad_out", "in", "grad_in"),
        slot<&AutogradSlots::sigmoid_backward>("sigmoid_backward", "grad_out", "out", "grad_in"),
        slot<&AutogradSlots::tanh_backward>("tanh_backward", "grad_out", "out", "grad_in"),
        slot<&AutogradSlots::gelu_backward>("gelu_backward", "grad_out", "in", "grad_in"),
        slot<&AutogradSlots::gelu_tanh_backward>("gelu_tanh_backward", "grad_out", "in", "grad_in"),
        slot<&AutogradSlots::softmax_backward>("softmax_backward", "grad_out", "out", "grad_in"),
        slot<&AutogradSlots::log_softmax_backward>("log_softmax_backward", "grad_out", "out", "grad_in"),
        slot<&AutogradSlots::mean_squared_error_backward>("mean_squared_error_backward", "grad_loss", "prediction",
                                                          "target", "grad_prediction"),
        slot<&AutogradSlots::binary_cross_entropy_backward>("binary_cross_entropy_backward", "grad_loss", "logits",
                                                            "target", "grad_logits"),
        slot<&AutogradSlots::cross_entropy_backward>("cross_entropy_backward", "grad_loss", "logits", "labels",
                                                     "ignore_index", "grad_logits"),
        slot<&AutogradSlots::backward_step>("backward_step", "node", "inputs", "output", "grad_output", "grad_inputs"),
        slot<&AutogradSlots::backward>("backward", "nodes", "values", "root", "gradients"),
    };
  }
};

static_assert(sizeof(AutogradSlots) == kSlotCount<AutogradSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline AutogradSlots table(const AutogradSlots*) {
  return {
      .unbroadcast = unbroadcast,
      .topological_order = topological_order,
      .sub_backward_b = sub_backward_b,
      .mul_backward = mul_backward,
      .div_backward_a = div_backward_a,
      .div_backward_b = div_backward_b,
      .sum_backward = sum_backward,
      .mean_backward = mean_backward,
      .max_backward = max_backward,
      .matmul_backward_a = matmul_backward_a,
      .matmul_backward_b = matmul_backward_b,
      .linear_backward_in = linear_backward_in,
      .linear_backward_weight = linear_backward_weight,
      .linear_backward_bias = linear_backward_bias,
      .relu_backward = relu_backward,
      .sigmoid_backward = sigmoid_backward,
      .tanh_backward = tanh_backward,
      .gelu_backward = gelu_backward,
      .gelu_tanh_backward = gelu_tanh_backward,
      .softmax_backward = softmax_backward,
      .log_softmax_backward = log_softmax_backward,
      .mean_squared_error_backward = mean_squared_error_backward,
      .binary_cross_entropy_backward = binary_cross_entropy_backward,
      .cross_entropy_backward = cross_entropy_backward,
      .backward_step = backward_step,
      .backward = backward,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
