// Cases as graphs given as data, through the kernels backward and backward_step. Values come from the forward kernels;
// an operand whose gradient the case does not know is one that nobody wants.
#include <algorithm>
#include <limits>

#include "kiln/backend.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/tensor.hpp"
#include "options.hpp"
#include "routes.hpp"

namespace kiln::golden {

namespace {

const ConstView kNoBias{nullptr, {0}, {1}};

void forward(const GraphNode& node, const std::vector<ConstView>& in, View out) {
  const TensorSlots& tensor = kernels<TensorSlots>();
  const ActivationSlots& activations = kernels<ActivationSlots>();
  // clang-format off
  switch (node.op) {
    case Op::leaf: return;
    case Op::add: return tensor.add(in[0], in[1], out);
    case Op::sub: return tensor.sub(in[0], in[1], out);
    case Op::mul: return tensor.mul(in[0], in[1], out);
    case Op::div: return tensor.div(in[0], in[1], out);
    case Op::sum: return tensor.sum(in[0], node.axis, node.keepdims, out);
    case Op::mean: return tensor.mean(in[0], node.axis, node.keepdims, out);
    case Op::max: return tensor.max(in[0], node.axis, node.keepdims, out);
    case Op::matmul: return tensor.matmul(in[0], in[1], out);
    case Op::linear: return kernels<LayerSlots>().linear(in[0], in[1], in.size() > 2 ? in[2] : kNoBias, out);
    case Op::relu: return activations.relu(in[0], out);
    case Op::sigmoid: return activations.sigmoid(in[0], out);
    case Op::tanh: return activations.tanh(in[0], out);
    case Op::gelu: return activations.gelu(in[0], out);
    case Op::gelu_tanh: return activations.gelu_tanh(in[0], out);
    case Op::softmax: return activations.softmax(in[0], out);
    case Op::log_softmax: return activations.log_softmax(in[0], out);
    case Op::mean_squared_error: return kernels<LossSlots>().mean_squared_error(in[0], in[1], out);
    case Op::binary_cross_entropy: return kernels<LossSlots>().binary_cross_entropy(in[0], in[1], out);
  }
  // clang-format on
}

/// A graph, its values and its gradients.
class Graph {
 public:
  explicit Graph(const Case& golden, const Numbering& numbering) : golden_(golden), numbering_(numbering) {}

  /// What the case gives; its gradient is wanted where the case knows it.
  std::int64_t leaf(const std::string& name) {
    Tensor value = tensor_of(golden_, name);
    Tensor gradient;
    if (golden_.expects("grad_" + name)) gradient = Tensor::full(value.shape(), numbering_.start);
    return push({}, std::move(value), std::move(gradient));
  }

  /// Computes `node` from those before it; `shape` is its result's.
  std::int64_t compute(GraphNode node, const Shape& shape) {
    Tensor out = Tensor::full(shape, std::numeric_limits<float>::quiet_NaN());
    std::vector<ConstView> in;
    for (const std::int64_t input : node.inputs) in.push_back(value(input).data());
    forward(node, in, out.data());
    return push(std::move(node), std::move(out), Tensor(shape));
  }

  const Tensor& value(std::int64_t node) const { return values_[static_cast<std::size_t>(node)]; }

  void backward(std::int64_t root, Tensor cotangent) {
    gradients_[static_cast<std::size_t>(root)] = std::move(cotangent);
    std::vector<GraphNode> nodes = nodes_;
    std::vector<ConstView> values;
    std::vector<View> gradients;
    for (const Tensor& value : values_) values.push_back(value.data());
    for (Tensor& gradient : gradients_) gradients.push_back(gradient.data());
    if (numbering_.reversed) {
      const auto last = static_cast<std::int64_t>(nodes.size()) - 1;
      for (GraphNode& node : nodes)
        for (std::int64_t& input : node.inputs) input = last - input;
      std::reverse(nodes.begin(), nodes.end());
      std::reverse(values.begin(), values.end());
      std::reverse(gradients.begin(), gradients.end());
      root = last - root;
    }
    kernels<AutogradSlots>().backward(nodes, values, root, gradients);
  }

  void expect_value(const std::string& name, std::int64_t node) const { expect(golden_, name, value(node).data()); }
  /// Of a leaf.
  void expect_gradient(const std::string& name, std::int64_t node) const {
    expect(golden_, name, gradients_[static_cast<std::size_t>(node)].data(), numbering_.start);
  }

 private:
  std::int64_t push(GraphNode node, Tensor value, Tensor gradient) {
    nodes_.push_back(std::move(node));
    values_.push_back(std::move(value));
    gradients_.push_back(std::move(gradient));
    return static_cast<std::int64_t>(nodes_.size()) - 1;
  }

  const Case& golden_;
  const Numbering& numbering_;
  std::vector<GraphNode> nodes_;
  std::vector<Tensor> values_, gradients_;
};

// ---- one operation

ByGraph operation(Op op, std::vector<std::string> operands, std::string result = "out") {
  return [=](const Case& golden, const Numbering& numbering) {
    Graph graph(golden, numbering);
    GraphNode node{.op = op};
    if (golden.numbers.contains("axis")) {
      node.axis = golden.integer("axis");
      node.keepdims = golden.flag("keepdims");
    }
    std::map<std::string, std::int64_t> leaves;
    for (const std::string& name : operands) {
      // No bias is one operand less.
      if (name == "bias" && golden.input(name).values.empty()) continue;
      leaves[name] = graph.leaf(name);
      node.inputs.push_back(leaves[name]);
    }
    const std::int64_t root = graph.compute(node, golden.shape_of(result));
    graph.expect_value(result, root);
    if (!golden.has_input("grad_" + result)) return;
    graph.backward(root, tensor_of(golden, "grad_" + result));
    for (const auto& [name, leaf] : leaves)
      if (golden.expects("grad_" + name)) graph.expect_gradient("grad_" + name, leaf);
  };
}

// ---- several

void diamond(const Case& golden, const Numbering& numbering) {
  Graph graph(golden, numbering);
  const std::int64_t x = graph.leaf("in");
  const Shape shape = graph.value(x).shape();
  const std::int64_t square = graph.compute({.op = Op::mul, .inputs = {x, x}}, shape);
  const std::int64_t root = graph.compute({.op = Op::add, .inputs = {square, x}}, shape);
  graph.expect_value("out", root);
  graph.backward(root, tensor_of(golden, "grad_out"));
  graph.expect_gradient("grad_in", x);
}

void shared(const Case& golden, const Numbering& numbering) {
  Graph graph(golden, numbering);
  const std::int64_t x = graph.leaf("in");
  const Shape shape = graph.value(x).shape();
  const std::int64_t a = graph.compute({.op = Op::mul, .inputs = {x, x}}, shape);
  const std::int64_t b = graph.compute({.op = Op::add, .inputs = {a, x}}, shape);
  const std::int64_t c = graph.compute({.op = Op::mul, .inputs = {a, b}}, shape);
  const std::int64_t root = graph.compute({.op = Op::add, .inputs = {c, a}}, shape);
  graph.expect_value("out", root);
  graph.backward(root, tensor_of(golden, "grad_out"));
  graph.expect_gradient("grad_in", x);
}

/// Cross-entropy is no operation of a graph as data: its gradient flows in at the output.
void mlp(const Case& golden, const Numbering& numbering) {
  Graph graph(golden, numbering);
  std::map<std::string, std::int64_t> leaves;
  for (const char* name : {"in", "weight1", "bias1", "weight2", "bias2"}) leaves[name] = graph.leaf(name);
  const std::int64_t batch = graph.value(leaves["in"]).shape()[0];
  const Shape hidden{batch, graph.value(leaves["weight1"]).shape()[0]};
  const std::int64_t before =
      graph.compute({.op = Op::linear, .inputs = {leaves["in"], leaves["weight1"], leaves["bias1"]}}, hidden);
  const Op activation = golden.word("hidden") == "relu" ? Op::relu : Op::tanh;
  const std::int64_t after = graph.compute({.op = activation, .inputs = {before}}, hidden);
  const std::int64_t output = graph.compute({.op = Op::linear, .inputs = {after, leaves["weight2"], leaves["bias2"]}},
                                            {batch, graph.value(leaves["weight2"]).shape()[0]});
  graph.expect_value("output", output);
  const Tensor one = Tensor::full(Shape{}, 1);
  if (golden.word("loss") == "cross_entropy") {
    Tensor gradient(graph.value(output).shape());
    kernels<AutogradSlots>().cross_entropy_backward(one.data(), graph.value(output).data(), golden.labels(), -100,
                                                    gradient.data());
    graph.backward(output, std::move(gradient));
  } else {
    const std::int64_t target = graph.leaf("target");
    const std::int64_t loss = graph.compute({.op = Op::mean_squared_error, .inputs = {output, target}}, Shape{});
    graph.expect_value("loss", loss);
    graph.backward(loss, one);
  }
  for (const auto& [name, leaf] : leaves) graph.expect_gradient("grad_" + name, leaf);
}

}  // namespace

const std::map<std::string, ByGraph>& by_graph() {
  static const std::map<std::string, ByGraph> routes{
      {"add", operation(Op::add, {"a", "b"})},
      {"sub", operation(Op::sub, {"a", "b"})},
      {"mul", operation(Op::mul, {"a", "b"})},
      {"div", operation(Op::div, {"a", "b"})},
      {"sum", operation(Op::sum, {"in"})},
      {"mean", operation(Op::mean, {"in"})},
      {"max", operation(Op::max, {"in"})},
      {"matmul", operation(Op::matmul, {"a", "b"}, "c")},
      {"linear", operation(Op::linear, {"in", "weight", "bias"})},
      {"relu", operation(Op::relu, {"in"})},
      {"sigmoid", operation(Op::sigmoid, {"in"})},
      {"tanh", operation(Op::tanh, {"in"})},
      {"gelu", operation(Op::gelu, {"in"})},
      {"gelu_tanh", operation(Op::gelu_tanh, {"in"})},
      {"softmax", operation(Op::softmax, {"in"})},
      {"log_softmax", operation(Op::log_softmax, {"in"})},
      {"mean_squared_error", operation(Op::mean_squared_error, {"prediction", "target"}, "loss")},
      {"binary_cross_entropy", operation(Op::binary_cross_entropy, {"logits", "target"}, "loss")},
      {"diamond", diamond},
      {"shared", shared},
      {"mlp", mlp},
  };
  return routes;
}

}  // namespace kiln::golden
