// matmul, batched_matmul and linear.
#include <string>
#include <utility>

#include "kiln/backend.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/tensor.hpp"
#include "nn/context.hpp"
#include "nn/ops.hpp"

namespace kiln::nn {
namespace {

void require_rank(const char* operand, const Variable& variable, int expected) {
  const int rank = variable.rank();
  KILN_REQUIRE(std::string(operand) + " has a wrong number of dimensions", rank == expected);
}

/// Matrix i of a batch; of a batch of 1 the same one every time.
template <class T>
BasicView<T> matrix(const BasicView<T>& batch, std::int64_t i) {
  return select(batch, 0, batch.shape[0] == 1 ? 0 : i);
}

/// There is no batched kernel for this: each matrix of the batch goes by itself, and a matrix that was used for all
/// gathers from all.
void batched_matmul_backward(const BackwardCall& call) {
  const AutogradSlots& autograd = kernels<AutogradSlots>();
  const std::int64_t batch = call.output.shape[0];
  for (std::int64_t i = 0; i < batch; ++i) {
    const ConstView grad_c = matrix(call.grad_output, i);
    if (call.wants(0)) autograd.matmul_backward_a(grad_c, matrix(call.inputs[1], i), matrix(call.grad_inputs[0], i));
    if (call.wants(1)) autograd.matmul_backward_b(matrix(call.inputs[0], i), grad_c, matrix(call.grad_inputs[1], i));
  }
}

Variable linear(const std::vector<Variable>& operands, ConstView bias) {
  const Variable& in = operands[0];
  const Variable& weight = operands[1];
  return detail::operation("linear", operands, [&] {
    require_rank("linear: in", in, 2);
    require_rank("linear: weight", weight, 2);
    Tensor out({in.shape()[0], weight.shape()[0]});
    kernels<LayerSlots>().linear(in.data(), weight.data(), bias, out);
    return record("linear", std::move(out), operands, GraphNode{.op = Op::linear});
  });
}

}  // namespace

Variable matmul(const Variable& a, const Variable& b) {
  const std::vector<Variable> operands{a, b};
  return detail::operation("matmul", operands, [&] {
    require_rank("matmul: a", a, 2);
    require_rank("matmul: b", b, 2);
    Tensor out({a.shape()[0], b.shape()[1]});
    kernels<TensorSlots>().matmul(a.data(), b.data(), out);
    return record("matmul", std::move(out), operands, GraphNode{.op = Op::matmul});
  });
}

Variable batched_matmul(const Variable& a, const Variable& b) {
  const std::vector<Variable> operands{a, b};
  return detail::operation("batched_matmul", operands, [&] {
    require_rank("batched_matmul: a", a, 3);
    require_rank("batched_matmul: b", b, 3);
    const std::int64_t batch = a.shape()[0] == 1 ? b.shape()[0] : a.shape()[0];
    Tensor out({batch, a.shape()[1], b.shape()[2]});
    kernels<TensorSlots>().batched_matmul(a.data(), b.data(), out);
    return record("batched_matmul", std::move(out), operands, batched_matmul_backward);
  });
}

Variable linear(const Variable& in, const Variable& weight, const Variable& bias) {
  return linear({in, weight, bias}, bias.data());
}
Variable linear(const Variable& in, const Variable& weight) {
  return linear({in, weight}, ConstView{nullptr, {0}, {1}});
}

}  // namespace kiln::nn
