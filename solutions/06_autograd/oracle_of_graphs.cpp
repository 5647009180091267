// Graphs in double: the operations by their formulas, and derivatives by central differences.
#include "oracle_of_graphs.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "oracle.hpp"
#include "testing/gradient.hpp"

namespace kiln::oracle {
namespace {

using testing::for_each_index;

double broadcast_at(const Array64& operand, const Shape& index) {
  Shape own = Shape::filled(operand.shape.rank(), 0);
  const int missing = index.rank() - own.rank();
  for (int d = 0; d < own.rank(); ++d)
    if (operand.shape[d] != 1) own[d] = index[d + missing];
  return operand.at(own);
}

Array64 elementwise(const Array64& a, const Array64& b, const std::function<double(double, double)>& op) {
  Array64 out(broadcast(a.shape, b.shape));
  for_each_index(out.shape,
                 [&](const Shape& index) { out.at(index) = op(broadcast_at(a, index), broadcast_at(b, index)); });
  return out;
}

Array64 map(const Array64& in, const std::function<double(double)>& op) {
  Array64 out = in;
  for (double& value : out.values) value = op(value);
  return out;
}

/// The sum over an axis, divided.
Array64 reduced(const Array64& in, int axis, bool keepdims, bool mean) {
  Array64 out(maxima(in, axis, keepdims).shape);
  if (axis < 0) axis += in.shape.rank();
  for_each_index(in.shape, [&](const Shape& index) {
    Shape to;
    for (int d = 0; d < index.rank(); ++d)
      if (d != axis || keepdims) to.push_back(d == axis ? 0 : index[d]);
    out.at(to) += in.at(index) / (mean ? static_cast<double>(in.shape[axis]) : 1.0);
  });
  return out;
}

/// (m, k) times (k, n), or where `transposed` (n, k), plus a row.
Array64 product(const Array64& a, const Array64& b, bool transposed, const Array64* row) {
  const std::int64_t m = a.shape[0], inner = a.shape[1], n = transposed ? b.shape[0] : b.shape[1];
  Array64 out({m, n});
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      if (row != nullptr) out(i, j) = (*row)(j);
      for (std::int64_t k = 0; k < inner; ++k) out(i, j) += a(i, k) * (transposed ? b(j, k) : b(k, j));
    }
  return out;
}

Array64 softmax(const Array64& in, bool logarithm) {
  const Array64 exponentials = map(in, [](double x) { return std::exp(x); });
  const Array64 sums = reduced(exponentials, -1, true, false);
  return elementwise(in, sums, [&](double x, double sum) { return logarithm ? x - std::log(sum) : std::exp(x) / sum; });
}

/// The mean of op over all elements, as a scalar.
Array64 mean_of(const Array64& a, const Array64& b, const std::function<double(double, double)>& op) {
  const Array64 each = elementwise(a, b, op);
  Array64 out{Shape{}};
  for (const double value : each.values) out.values[0] += value / static_cast<double>(each.values.size());
  return out;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double gelu(double x) { return x * 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double gelu_tanh(double x) {
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}
double binary_cross_entropy(double logit, double target) {
  return std::max(logit, 0.0) - logit * target + std::log1p(std::exp(-std::abs(logit)));
}

/// The values of a graph in which node `fixed` keeps the value that it has.
std::vector<Array64> evaluate_but(const std::vector<GraphNode>& nodes, std::vector<Array64> values,
                                  std::int64_t fixed) {
  std::vector<bool> known(nodes.size(), false);
  const std::function<const Array64&(std::int64_t)> value_of = [&](std::int64_t number) -> const Array64& {
    const auto i = static_cast<std::size_t>(number);
    if (!known[i] && number != fixed && nodes[i].op != Op::leaf) {
      std::vector<Array64> inputs;
      for (const std::int64_t input : nodes[i].inputs) inputs.push_back(value_of(input));
      values[i] = forward(nodes[i], inputs);
    }
    known[i] = true;
    return values[i];
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) value_of(static_cast<std::int64_t>(i));
  return values;
}

}  // namespace

Array64 forward(const GraphNode& node, const std::vector<Array64>& in) {
  switch (node.op) {
    case Op::leaf: break;
    case Op::add: return elementwise(in[0], in[1], std::plus<double>());
    case Op::sub: return elementwise(in[0], in[1], std::minus<double>());
    case Op::mul: return elementwise(in[0], in[1], std::multiplies<double>());
    case Op::div: return elementwise(in[0], in[1], std::divides<double>());
    case Op::sum: return reduced(in[0], node.axis, node.keepdims, false);
    case Op::mean: return reduced(in[0], node.axis, node.keepdims, true);
    case Op::max: return maxima(in[0], node.axis, node.keepdims);
    case Op::matmul: return product(in[0], in[1], false, nullptr);
    case Op::linear: return product(in[0], in[1], true, in.size() > 2 ? &in[2] : nullptr);
    case Op::relu: return map(in[0], [](double x) { return std::max(x, 0.0); });
    case Op::sigmoid: return map(in[0], sigmoid);
    case Op::tanh: return map(in[0], [](double x) { return std::tanh(x); });
    case Op::gelu: return map(in[0], gelu);
    case Op::gelu_tanh: return map(in[0], gelu_tanh);
    case Op::softmax: return softmax(in[0], false);
    case Op::log_softmax: return softmax(in[0], true);
    case Op::mean_squared_error: return mean_of(in[0], in[1], [](double p, double t) { return (p - t) * (p - t); });
    case Op::binary_cross_entropy: return mean_of(in[0], in[1], binary_cross_entropy);
  }
  return {};
}

std::vector<Array64> evaluate(const std::vector<GraphNode>& nodes, std::vector<Array64> values) {
  return evaluate_but(nodes, std::move(values), -1);
}

Expected backward_step(const GraphNode& node, const std::vector<Array64>& inputs, std::size_t by,
                       const Array64& grad_output, const Array64& before) {
  Expected out{before, before, 8 + static_cast<double>(grad_output.values.size())};
  std::vector<Array64> moved = inputs;
  for (std::size_t i = 0; i < before.values.size(); ++i) {
    // Column i of the Jacobian, all outputs at once, extrapolated as testing/gradient.cpp does.
    auto slope = [&](double step) {
      moved[by].values[i] = inputs[by].values[i] + step;
      const Array64 up = forward(node, moved);
      moved[by].values[i] = inputs[by].values[i] - step;
      const Array64 down = forward(node, moved);
      moved[by].values[i] = inputs[by].values[i];
      return elementwise(up, down, [=](double u, double d) { return (u - d) / (2 * step); });
    };
    const Array64 wide = slope(0x1p-10), narrow = slope(0x1p-11);
    out.magnitude.values[i] = std::abs(before.values[i]);
    for (std::size_t j = 0; j < grad_output.values.size(); ++j) {
      const double derivative = (4 * narrow.values[j] - wide.values[j]) / 3;
      out.value.values[i] += grad_output.values[j] * derivative;
      // The parts of a rule may be of size 1 where the derivative is small, as those of gelu.
      out.magnitude.values[i] += std::abs(grad_output.values[j]) * std::max(1.0, std::abs(derivative));
    }
  }
  return out;
}

Array64 backward(const std::vector<GraphNode>& nodes, const std::vector<Array64>& values, std::int64_t root,
                 const Array64& grad_root, std::int64_t by, double grid) {
  Array64 out(values[static_cast<std::size_t>(by)].shape);
  std::vector<Array64> moved = values;
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    double& x = moved[static_cast<std::size_t>(by)].values[i];
    const double here = x;
    const testing::Difference slope = testing::central_difference(
        [&](double step) {
          x = here + step;
          const double result = testing::dot(grad_root, evaluate_but(nodes, moved, by)[static_cast<std::size_t>(root)]);
          x = here;
          return result;
        },
        0);
    out.values[i] = std::round(slope.value / grid) * grid;
  }
  return out;
}

}  // namespace kiln::oracle
