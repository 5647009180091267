// Variable: a tensor that remembers how it was computed, so that backward() can ask for its gradient.
// A cheap handle: copies share the value, the gradient and the graph behind them. What is computed from anything that
// wants a gradient joins the graph; all else keeps its value alone. Theory: modules/06_autograd/README.md. A graph
// belongs to one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kiln/kernels/autograd.hpp"
#include "kiln/tensor.hpp"

namespace kiln::nn {

namespace detail {
struct Node;
}

/// What the backward function of an operation is given. The views are valid during the call.
struct BackwardCall {
  std::vector<ConstView> inputs;  ///< the operands' values
  ConstView output;
  ConstView grad_output;
  std::vector<View> grad_inputs;  ///< to be added to, one an operand; shape (0) where nobody wants it

  bool wants(std::size_t input) const { return grad_inputs[input].data != nullptr; }
};

/// Adds to each gradient that is wanted what flows back. It may hold tensors, but no Variable: operands are given.
using BackwardFunction = std::function<void(const BackwardCall&)>;

struct BackwardOptions {
  bool keep_graph = false;  ///< so that backward can be called again; the graph's memory stays as well
};

class Variable : public ArrayInterface<Variable> {
 public:
  /// Data: no gradient is wanted, and none flows through.
  Variable() : Variable(Tensor()) {}
  Variable(Tensor value) : Variable(std::move(value), false) {}
  /// A scalar, so that one may write 2 * x.
  Variable(float value) : Variable(Tensor::full(Shape{}, value)) {}
  // A move is a copy, so that no handle is ever empty.
  Variable(const Variable&) = default;
  Variable& operator=(const Variable&) = default;
  ~Variable() = default;

  const Shape& shape() const;
  int rank() const { return shape().rank(); }
  std::int64_t size() const { return shape().elements(); }

  /// As Tensor's. Writing changes the value that a later backward() sees: do so between a backward and a forward pass.
  View data();
  ConstView data() const;
  const Tensor& value() const;
  /// The one element. Error(invalid_argument) where there are more or none.
  float item() const;

  bool wants_gradient() const;
  bool has_gradient() const;
  /// Of a leaf, the sum of what every backward() gave since zero_grad(); of what was computed, what the last one gave.
  /// Error(invalid_argument) where there is none.
  Tensor& gradient();
  const Tensor& gradient() const;
  /// Drops the gradient, and its memory.
  void zero_grad();

  /// Adds to the gradient of every leaf that this depends on d(this) / d(leaf); this has one element. The graph is
  /// freed on the way, each node once it was visited: what nobody holds by a Variable of his own goes, values and
  /// gradients. Error(invalid_argument), before anything is changed, where nothing wants a gradient, or part of the
  /// graph was freed before. After an error from a kernel gradients are incomplete.
  void backward(BackwardOptions options = {});
  /// The same of sum(cotangent * this), for any shape. Error(invalid_argument) also where the shapes differ.
  void backward(const Tensor& cotangent, BackwardOptions options = {});

  /// A copy of the value that no gradient flows through.
  Variable detach() const;

 protected:
  Variable(Tensor value, bool wants_gradient);

 private:
  friend Variable record(const char* op, Tensor value, const std::vector<Variable>& inputs, BackwardFunction backward);
  friend std::optional<struct NonFinite> first_non_finite(const Variable& result);

  std::shared_ptr<detail::Node> node_;
};

/// A tensor that wants a gradient, for training. Copies are the same tensor: so weights are tied.
class Parameter : public Variable {
 public:
  explicit Parameter(Tensor value, std::string name = "") : Variable(std::move(value), true), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  /// The same tensor under another name.
  Parameter renamed(std::string name) const;

 private:
  std::string name_;
};

/// What an operation returns: `value`, computed from `inputs` by `op` (a literal). Joins the graph where an input wants
/// a gradient and no NoGrad stands; `backward` is dropped elsewhere. How operations of one's own are made.
Variable record(const char* op, Tensor value, const std::vector<Variable>& inputs, BackwardFunction backward);
/// The same for an operation that the kernel backward_step knows; node.inputs is not read.
Variable record(const char* op, Tensor value, const std::vector<Variable>& inputs, const GraphNode& node);

/// While one lives, what this thread computes joins no graph. They nest.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// Whether this thread's operations join graphs: no NoGrad stands.
bool grad_enabled();

/// While one lives, what this thread computes is marked with the layer that computes it, for errors and reports. They
/// nest: "1.Sequential/0.Linear".
class InLayer {
 public:
  explicit InLayer(const std::string& name);
  ~InLayer();
  InLayer(const InLayer&) = delete;
  InLayer& operator=(const InLayer&) = delete;

 private:
  std::size_t before_;  ///< how long the outer name is
};

/// Where this thread computes: for profiles. The layer is "" outside of one; in a backward pass it is that of the
/// operation whose gradients are asked for. Valid until the next InLayer begins or ends.
struct Place {
  const std::string& layer;
  bool backward;
};
Place current_place();

/// A value that is no finite number, and what computed it from values that all are.
struct NonFinite {
  std::string op;            ///< "leaf" where nothing computed it: data or a parameter
  std::string layer;         ///< "" outside of one
  ConstView value;           ///< of the Variable; valid as long as the graph
  std::int64_t element = 0;  ///< the first one, in row-major order
};
/// Where NaN or an infinity first came up on the way to `result`, if one did. Needs the graph behind it, so ask before
/// backward().
std::optional<NonFinite> first_non_finite(const Variable& result);

}  // namespace kiln::nn
