// sum, mean and max over an axis or over everything.
#include <string>
#include <utility>

#include "kiln/backend.hpp"
#include "kiln/kernels/tensor.hpp"
#include "nn/context.hpp"
#include "nn/ops.hpp"

namespace kiln::nn {
namespace {

Shape reduced_shape(const Shape& shape, int axis, bool keepdims) {
  const int rank = shape.rank();
  KILN_REQUIRE("there is no axis " + std::to_string(axis), axis >= -rank);
  KILN_REQUIRE("there is no axis " + std::to_string(axis), axis < rank);
  const int reduced = axis < 0 ? axis + rank : axis;
  Shape result;
  for (int d = 0; d < rank; ++d) {
    if (d != reduced) result.push_back(shape[d]);
    if (d == reduced && keepdims) result.push_back(1);
  }
  return result;
}

Variable reduce(const char* name, Op op, void (*TensorSlots::*kernel)(ConstView, int, bool, View), const Variable& in,
                int axis, bool keepdims) {
  const std::vector<Variable> operands{in};
  return detail::operation(name, operands, [&] {
    Tensor out(reduced_shape(in.shape(), axis, keepdims));
    (kernels<TensorSlots>().*kernel)(in.data(), axis, keepdims, out);
    return record(name, std::move(out), operands, GraphNode{.op = op, .axis = axis, .keepdims = keepdims});
  });
}

/// All dimensions as one.
Variable in_a_row(const Variable& in) { return in.rank() == 1 ? in : flatten(in, 0, -1); }

}  // namespace

Variable sum(const Variable& in, int axis, bool keepdims) {
  return reduce("sum", Op::sum, &TensorSlots::sum, in, axis, keepdims);
}
Variable mean(const Variable& in, int axis, bool keepdims) {
  return reduce("mean", Op::mean, &TensorSlots::mean, in, axis, keepdims);
}
Variable max(const Variable& in, int axis, bool keepdims) {
  return reduce("max", Op::max, &TensorSlots::max, in, axis, keepdims);
}

Variable sum(const Variable& in) { return sum(in_a_row(in), 0); }
Variable mean(const Variable& in) { return mean(in_a_row(in), 0); }
Variable max(const Variable& in) { return max(in_a_row(in), 0); }

}  // namespace kiln::nn
