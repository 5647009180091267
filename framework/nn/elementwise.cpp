// add, sub, mul and div of operands that broadcast.
#include <utility>

#include "kiln/backend.hpp"
#include "kiln/kernels/tensor.hpp"
#include "nn/context.hpp"
#include "nn/ops.hpp"

namespace kiln::nn {
namespace {

Variable binary(const char* name, Op op, void (*TensorSlots::*kernel)(ConstView, ConstView, View), const Variable& a,
                const Variable& b) {
  const std::vector<Variable> operands{a, b};
  return detail::operation(name, operands, [&] {
    const TensorSlots& tensor = kernels<TensorSlots>();
    Tensor out(tensor.broadcast_shapes(a.shape(), b.shape()));
    (tensor.*kernel)(a.data(), b.data(), out);
    return record(name, std::move(out), operands, GraphNode{.op = op});
  });
}

}  // namespace

Variable add(const Variable& a, const Variable& b) { return binary("add", Op::add, &TensorSlots::add, a, b); }
Variable sub(const Variable& a, const Variable& b) { return binary("sub", Op::sub, &TensorSlots::sub, a, b); }
Variable mul(const Variable& a, const Variable& b) { return binary("mul", Op::mul, &TensorSlots::mul, a, b); }
Variable div(const Variable& a, const Variable& b) { return binary("div", Op::div, &TensorSlots::div, a, b); }

}  // namespace kiln::nn
