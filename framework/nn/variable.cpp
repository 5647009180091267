// Handles, nodes and how a node joins the graph. The walk back is in backward.cpp.
#include "nn/variable.hpp"

#include <algorithm>
#include <utility>

#include "kiln/backend.hpp"
#include "kiln/kernels/tensor.hpp"
#include "nn/node.hpp"

namespace kiln::nn {
namespace {

thread_local bool grad_is_enabled = true;
thread_local std::string current_layer;
thread_local bool walks_back = false;

}  // namespace

namespace detail {

// Releasing inputs one in another would take a stack as deep as the graph. Those that nobody else holds wait in a list
// instead, linked through the nodes themselves, because a destructor had better not allocate.
Node::~Node() {
  std::shared_ptr<Node> dying;
  const auto release = [&dying](Node& node) {
    for (std::shared_ptr<Node>& input : node.inputs) {
      if (input.use_count() == 1) {
        input->next_to_die = std::move(dying);
        dying = std::move(input);
      } else {
        input.reset();
      }
    }
  };
  release(*this);
  while (dying) {
    const std::shared_ptr<Node> node = std::move(dying);
    dying = std::move(node->next_to_die);
    release(*node);
    node->inputs.clear();
  }
}

Tensor& Node::gather() {
  if (!gradient) gradient.emplace(value.shape());
  return *gradient;
}

// The names change places, so that nothing is allocated for each node.
BackwardOf::BackwardOf(Node& node) : node_(node), before_(std::exchange(walks_back, true)) {
  std::swap(current_layer, node_.layer);
}
BackwardOf::~BackwardOf() {
  std::swap(current_layer, node_.layer);
  walks_back = before_;
}

void Node::free_graph() {
  inputs.clear();
  backward = nullptr;
  freed = true;
}

}  // namespace detail

Variable::Variable(Tensor value, bool wants_gradient) : node_(std::make_shared<detail::Node>()) {
  node_->value = std::move(value);
  node_->wants_gradient = wants_gradient;
}

const Shape& Variable::shape() const { return node_->value.shape(); }
View Variable::data() { return node_->value.data(); }
ConstView Variable::data() const { return value().data(); }
const Tensor& Variable::value() const { return node_->value; }

float Variable::item() const {
  KILN_REQUIRE("item of a Variable of shape " + to_string(shape()) + ": it has not one element", size() == 1);
  return *data().data;
}

bool Variable::wants_gradient() const { return node_->wants_gradient; }
bool Variable::has_gradient() const { return node_->gradient.has_value(); }

Tensor& Variable::gradient() {
  if (!has_gradient()) {
    throw Error(ErrorKind::invalid_argument,
                "gradient of a Variable of shape " + to_string(shape()) +
                    (wants_gradient() ? ": there is none yet; call backward() on what depends on it"
                                      : ": it wants none; make it a Parameter, or compute it from one"));
  }
  return *node_->gradient;
}
const Tensor& Variable::gradient() const { return const_cast<Variable*>(this)->gradient(); }
void Variable::zero_grad() { node_->gradient.reset(); }

void Variable::backward(BackwardOptions options) {
  KILN_REQUIRE("backward of a Variable of shape " + to_string(shape()) +
                   ": without a cotangent it has to have one element; give backward(cotangent), or take the sum first",
               size() == 1);
  backward(Tensor::full(shape(), 1), options);
}

void Variable::backward(const Tensor& cotangent, BackwardOptions options) {
  KILN_REQUIRE("backward: the cotangent's shape is not the Variable's", cotangent.shape() == shape());
  // Hold the root: the caller's handle may be assigned to by a backward function of his own.
  const std::shared_ptr<detail::Node> root = node_;
  detail::run_backward(root, cotangent, options);
}

Variable Variable::detach() const {
  Tensor copy(shape());
  kernels<TensorSlots>().copy(data(), copy);
  return copy;
}

Parameter Parameter::renamed(std::string name) const {
  Parameter same = *this;
  same.name_ = std::move(name);
  return same;
}

Variable record(const char* op, Tensor value, const std::vector<Variable>& inputs, BackwardFunction backward) {
  const bool wanted = grad_enabled() && std::ranges::any_of(inputs, &Variable::wants_gradient);
  Variable result(std::move(value), wanted);
  if (!wanted) return result;
  result.node_->op = op;
  result.node_->layer = current_layer;
  result.node_->inputs.reserve(inputs.size());
  for (const Variable& input : inputs) result.node_->inputs.push_back(input.node_);
  result.node_->backward = std::move(backward);
  return result;
}

// One mechanism for all: the kernel stands behind a backward function as any other.
Variable record(const char* op, Tensor value, const std::vector<Variable>& inputs, const GraphNode& node) {
  return record(op, std::move(value), inputs, [node](const BackwardCall& call) {
    kernels<AutogradSlots>().backward_step(node, call.inputs, call.output, call.grad_output, call.grad_inputs);
  });
}

NoGrad::NoGrad() : before_(std::exchange(grad_is_enabled, false)) {}
NoGrad::~NoGrad() { grad_is_enabled = before_; }
bool grad_enabled() { return grad_is_enabled; }

InLayer::InLayer(const std::string& name) : before_(current_layer.size()) {
  if (before_ > 0) current_layer += '/';
  current_layer += name;
}
InLayer::~InLayer() { current_layer.resize(before_); }
Place current_place() { return {current_layer, walks_back}; }

}  // namespace kiln::nn
