// Losses: from predictions and what they should be to a scalar.
#include <utility>

#include "kiln/backend.hpp"
#include "kiln/kernels/losses.hpp"
#include "nn/context.hpp"
#include "nn/ops.hpp"

namespace kiln::nn {
namespace {

Variable loss(const char* name, Op op, void (*LossSlots::*kernel)(ConstView, ConstView, View), const Variable& in,
              const Variable& target) {
  const std::vector<Variable> operands{in, target};
  return detail::operation(name, operands, [&] {
    Tensor out(Shape{});
    (kernels<LossSlots>().*kernel)(in.data(), target.data(), out);
    return record(name, std::move(out), operands, GraphNode{.op = op});
  });
}

}  // namespace

Variable mean_squared_error(const Variable& prediction, const Variable& target) {
  return loss("mean_squared_error", Op::mean_squared_error, &LossSlots::mean_squared_error, prediction, target);
}

Variable binary_cross_entropy(const Variable& logits, const Variable& target) {
  KILN_REQUIRE("binary_cross_entropy: the target gets no gradient, but wants one; give target.detach()",
               !target.wants_gradient());
  return loss("binary_cross_entropy", Op::binary_cross_entropy, &LossSlots::binary_cross_entropy, logits, target);
}

Variable cross_entropy(const Variable& logits, std::span<const std::int32_t> labels, std::int32_t ignore_index) {
  const std::vector<Variable> operands{logits};
  return detail::operation("cross_entropy", operands, [&] {
    Tensor out(Shape{});
    kernels<LossSlots>().cross_entropy(logits.data(), labels, ignore_index, out);
    std::vector<std::int32_t> kept(labels.begin(), labels.end());
    return record("cross_entropy", std::move(out), operands,
                  [kept = std::move(kept), ignore_index](const BackwardCall& call) {
                    kernels<AutogradSlots>().cross_entropy_backward(call.grad_output, call.inputs[0], kept,
                                                                    ignore_index, call.grad_inputs[0]);
                  });
  });
}

}  // namespace kiln::nn
