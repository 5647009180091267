// Wrong: a sum adds each element of its input.
#include <algorithm>
#include <string>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

namespace {

std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  KILN_REQUIRE("operation_cost: overflow of an int64", !__builtin_mul_overflow(a, b, &product));
  return product;
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  KILN_REQUIRE("operation_cost: overflow of an int64", !__builtin_add_overflow(a, b, &sum));
  return sum;
}

/// An extent of 0 first: what stands before it might overflow.
std::int64_t elements(const Shape& shape) {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) {
    KILN_REQUIRE("operation_cost: an extent is negative", extent >= 0);
    if (extent == 0) product = 0;
  }
  if (product == 0) return 0;
  for (const std::int64_t extent : shape) product = times(product, extent);
  return product;
}

void require_operands(const std::vector<Shape>& inputs, std::size_t least, std::size_t most) {
  KILN_REQUIRE("operation_cost: operands are missing", inputs.size() >= least);
  KILN_REQUIRE("operation_cost: there are too many operands", inputs.size() <= most);
}

void require_rank(const Shape& shape, int rank) {
  KILN_REQUIRE("operation_cost: a rank is not what the operation needs, at " + to_string(shape), shape.rank() == rank);
}

void require_shape(const Shape& shape, const Shape& expected) {
  KILN_REQUIRE("operation_cost: a shape does not fit the others", shape == expected);
}

void require_broadcast(const Shape& in, const Shape& out) {
  KILN_REQUIRE("operation_cost: an operand has more dimensions than the output", in.rank() <= out.rank());
  for (int d = 1; d <= in.rank(); ++d) {
    const std::int64_t extent = in[in.rank() - d];
    if (extent != 1)
      KILN_REQUIRE("operation_cost: an operand does not broadcast to the output", extent == out[out.rank() - d]);
  }
}

/// FLOPs an element of the output; those of `reduce` are by the input instead.
std::int64_t matmul_flops(const std::vector<Shape>& inputs, const Shape& out) {
  require_operands(inputs, 2, 2);
  const Shape &a = inputs[0], &b = inputs[1];
  const int rank = out.rank();
  KILN_REQUIRE("operation_cost: matmul needs matrices", rank >= 2);
  require_rank(a, rank);
  require_rank(b, rank);
  for (int d = 0; d < rank - 2; ++d) {
    KILN_REQUIRE("operation_cost: leading extents of matmul differ", a[d] == out[d]);
    KILN_REQUIRE("operation_cost: leading extents of matmul differ", b[d] == out[d]);
  }
  KILN_REQUIRE("operation_cost: rows of matmul differ", a[rank - 2] == out[rank - 2]);
  KILN_REQUIRE("operation_cost: columns of matmul differ", b[rank - 1] == out[rank - 1]);
  KILN_REQUIRE("operation_cost: inner extents of matmul differ", a[rank - 1] == b[rank - 2]);
  return times(2, a[rank - 1]);
}

std::int64_t linear_flops(const std::vector<Shape>& inputs, const Shape& out) {
  require_operands(inputs, 2, 3);
  require_rank(inputs[0], 2);
  require_rank(inputs[1], 2);
  require_shape(out, {inputs[0][0], inputs[1][0]});
  KILN_REQUIRE("operation_cost: in and weight of linear differ in features", inputs[0][1] == inputs[1][1]);
  if (inputs.size() == 3) require_shape(inputs[2], {out[1]});
  return plus(times(2, inputs[0][1]), inputs.size() == 3 ? 1 : 0);
}

std::int64_t conv2d_flops(const std::vector<Shape>& inputs, const Shape& out) {
  require_operands(inputs, 2, 3);
  const Shape &in = inputs[0], &weight = inputs[1];
  require_rank(in, 4);
  require_rank(weight, 4);
  require_rank(out, 4);
  KILN_REQUIRE("operation_cost: batches of conv2d differ", in[0] == out[0]);
  KILN_REQUIRE("operation_cost: input channels of conv2d differ", in[1] == weight[1]);
  KILN_REQUIRE("operation_cost: output channels of conv2d differ", weight[0] == out[1]);
  if (inputs.size() == 3) require_shape(inputs[2], {out[1]});
  return plus(times(2, elements({weight[1], weight[2], weight[3]})), inputs.size() == 3 ? 1 : 0);
}

std::int64_t pool_flops(const std::vector<Shape>& inputs, const Shape& out, const Shape& window) {
  require_operands(inputs, 1, 1);
  require_rank(inputs[0], 4);
  require_rank(out, 4);
  require_rank(window, 2);
  KILN_REQUIRE("operation_cost: a window's height is below 1", window[0] >= 1);
  KILN_REQUIRE("operation_cost: a window's width is below 1", window[1] >= 1);
  require_shape({out[0], out[1]}, {inputs[0][0], inputs[0][1]});
  return times(window[0], window[1]);
}

/// `along` is the dimension that each of the vectors behind the first operand runs along.
std::int64_t norm_flops(const std::vector<Shape>& inputs, const Shape& out, std::size_t vectors, int along,
                        std::int64_t flops) {
  require_operands(inputs, vectors + 1, vectors + 1);
  KILN_REQUIRE("operation_cost: a norm needs more dimensions", along >= 0);
  KILN_REQUIRE("operation_cost: a norm needs more dimensions", along < out.rank());
  require_shape(inputs[0], out);
  for (std::size_t i = 1; i <= vectors; ++i) require_shape(inputs[i], {out[along]});
  return flops;
}

std::int64_t elementwise_flops(const std::vector<Shape>& inputs, const Shape& out) {
  KILN_REQUIRE("operation_cost: operands are missing", inputs.size() >= 1u);
  for (const Shape& in : inputs) require_broadcast(in, out);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(inputs.size()) - 1);
}

std::int64_t copy_flops(const std::vector<Shape>& inputs, const Shape& out) {
  require_operands(inputs, 1, 1);
  KILN_REQUIRE("operation_cost: a copy has as many elements as its input", elements(inputs[0]) == elements(out));
  return 0;
}

std::int64_t softmax_flops(const std::vector<Shape>& inputs, const Shape& out) {
  require_operands(inputs, 1, 1);
  KILN_REQUIRE("operation_cost: softmax needs rows", out.rank() >= 1);
  require_shape(inputs[0], out);
  return 5;
}

std::int64_t flops_an_element(Work work, const std::vector<Shape>& inputs, const Shape& out, const Shape& window) {
  if (work != Work::pool) require_rank(window, 0);
  switch (work) {
    case Work::copy: return copy_flops(inputs, out);
    case Work::elementwise: return elementwise_flops(inputs, out);
    case Work::softmax: return softmax_flops(inputs, out);
    case Work::batch_norm: return norm_flops(inputs, out, 4, 1, 4);
    case Work::layer_norm: return norm_flops(inputs, out, 2, out.rank() - 1, 7);
    case Work::matmul: return matmul_flops(inputs, out);
    case Work::linear: return linear_flops(inputs, out);
    case Work::conv2d: return conv2d_flops(inputs, out);
    case Work::pool: return pool_flops(inputs, out, window);
    default:
      throw Error(ErrorKind::invalid_argument,
                  "operation_cost: there is no operation " + std::to_string(static_cast<int>(work)));
  }
}

}  // namespace

// Example: matmul of (2, 3) and (3, 4) to (2, 4): 8 elements of 2 * 3 FLOP are 48; 6 + 12 + 8 floats are 104 bytes.
WorkCost impl::operation_cost(Work work, const std::vector<Shape>& inputs, Shape out, Shape window) {
  for (const Shape& in : inputs) elements(in);
  const std::int64_t size = elements(out);
  WorkCost cost;
  if (work == Work::leaf) {
    require_operands(inputs, 0, 0);
    require_rank(window, 0);
    return cost;
  }
  // Count what is computed.
  if (work == Work::reduce) {
    require_operands(inputs, 1, 1);
    require_rank(window, 0);
    cost.flops = std::min(size, elements(inputs[0]));
    if (cost.flops > 0)
      KILN_REQUIRE("operation_cost: a reduction has more elements than its input", size <= cost.flops);
  } else {
    const std::int64_t each = flops_an_element(work, inputs, out, window);
    cost.flops = size == 0 ? 0 : times(size, each);
  }
  // Count what is moved.
  cost.bytes = times(size, 4);
  for (const Shape& in : inputs) cost.bytes = plus(cost.bytes, times(elements(in), 4));
  return cost;
}

// Example: nodes 0 and 1 are leaves (2, 3) and (3, 4), node 2 their matmul, node 3 a copy of node 2:
//   {0, 0}, {0, 0}, {48, 104}, {0, 64}, and in total {48, 168}.
GraphCost impl::graph_cost(const std::vector<WorkNode>& nodes) {
  GraphCost cost;
  for (std::size_t number = 0; number < nodes.size(); ++number) {
    const WorkNode& node = nodes[number];
    try {
      std::vector<Shape> inputs;
      for (const std::int64_t input : node.inputs) {
        KILN_REQUIRE("graph_cost: an input is no node", input >= 0);
        KILN_REQUIRE("graph_cost: an input is no earlier node", input < static_cast<std::int64_t>(number));
        inputs.push_back(nodes[static_cast<std::size_t>(input)].shape);
      }
      cost.nodes.push_back(impl::operation_cost(node.work, inputs, node.shape, node.window));
      cost.total.flops = plus(cost.total.flops, cost.nodes.back().flops);
      cost.total.bytes = plus(cost.total.bytes, cost.nodes.back().bytes);
    } catch (const Error& error) {
      throw Error(error.kind(), "node " + std::to_string(number) + ": " + error.what());
    }
  }
  return cost;
}
