// Kernels without a backward, and networks put together by hand: optimisers over several steps, a schedule,
// initialisers, a diamond, and a small MLP through the slots.
#include "kiln/backend.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/kernels/training.hpp"
#include "kiln/tensor.hpp"
#include "kiln/view_ops.hpp"
#include "options.hpp"
#include "routes.hpp"

namespace kiln::golden {

namespace {

using testing::Layout;
using testing::Operand;

// ---- optimisers

/// What an optimiser reads and writes, and what it held after each step so far: (steps, shape of the parameter...).
class History {
 public:
  History(const Case& golden, Layout layout) : golden_(golden), gradients_(placed("gradient", layout)) {
    for (const auto& [name, files] : golden.expected) {
      states_.emplace(name, state(name, layout));
      records_.emplace(name, Operand(name, gradients_.shape(), Layout::dense));
    }
  }

  std::int64_t steps() const { return gradients_.shape()[0]; }
  ConstView gradient(std::int64_t step) const { return select(gradients_.view(), 0, step); }
  /// A view of shape (0) where the case expects no such state.
  View view(const std::string& name) const {
    const auto found = states_.find(name);
    return found == states_.end() ? View{nullptr, {0}, {1}} : found->second.view();
  }

  void record(std::int64_t step) const {
    for (const auto& [name, state] : states_) assign(select(records_.at(name).view(), 0, step), state.view());
  }
  void expect_all() const {
    for (const auto& [name, record] : records_) expect(golden_, name, record.view());
  }

 private:
  static void assign(const View& to, const ConstView& from) {
    const auto at = [](const auto& view, const Shape& index) -> auto& {
      std::int64_t offset = 0;
      for (int d = 0; d < index.rank(); ++d) offset += index[d] * view.strides[d];
      return view.data[offset];
    };
    testing::for_each_index(to.shape, [&](const Shape& index) { at(to, index) = at(from, index); });
  }
  Operand placed(const std::string& name, Layout layout) const {
    const testing::Array64 values = golden_.input(name);
    Operand operand(name, values.shape, layout);
    operand.assign(values);
    return operand;
  }
  /// What the case gives, or else zeros.
  Operand state(const std::string& name, Layout layout) const {
    if (golden_.has_input("initial_" + name)) return placed("initial_" + name, layout);
    Operand zeros(name, golden_.input("initial_parameter").shape, layout);
    zeros.fill(0);
    return zeros;
  }

  const Case& golden_;
  Operand gradients_;
  std::map<std::string, Operand> states_, records_;
};

void sgd_step(const Case& golden, const Placing& placing) {
  const History history(golden, placing.layout);
  for (std::int64_t step = 0; step < history.steps(); ++step) {
    kernels<OptimizerSlots>().sgd_step(history.gradient(step), sgd_options(golden), history.view("parameter"),
                                       history.view("velocity"));
    history.record(step);
  }
  history.expect_all();
}

BySlots adam(decltype(OptimizerSlots::adam_step) OptimizerSlots::*kernel) {
  return [=](const Case& golden, const Placing& placing) {
    const History history(golden, placing.layout);
    for (std::int64_t step = 0; step < history.steps(); ++step) {
      (kernels<OptimizerSlots>().*kernel)(history.gradient(step), adam_options(golden), step + 1,
                                          history.view("parameter"), history.view("first_moment"),
                                          history.view("second_moment"));
      history.record(step);
    }
    history.expect_all();
  };
}

void learning_rate(const Case& golden, const Placing&) {
  const ScheduleOptions options{.peak = static_cast<float>(golden.number("peak")),
                                .last = static_cast<float>(golden.number("last")),
                                .total_steps = golden.integer("total_steps")};
  Tensor rates(golden.shape_of("rates"));
  std::int64_t step = 0;
  for (float& rate : rates.flat()) rate = kernels<TrainingSlots>().learning_rate(step++, options);
  expect(golden, "rates", rates.data());
}

// ---- initialisers

BySlots initialiser(void (*LayerSlots::*kernel)(std::uint64_t, View)) {
  return [=](const Case& golden, const Placing& placing) {
    const Operand weight("weight", golden.shape_of("weight"), placing.layout);
    (kernels<LayerSlots>().*kernel)(static_cast<std::uint64_t>(golden.number("seed")), weight);
    expect(golden, "weight", weight.view());
  };
}

// ---- networks

void diamond(const Case& golden, const Placing&) {
  const TensorSlots& tensor = kernels<TensorSlots>();
  const AutogradSlots& autograd = kernels<AutogradSlots>();
  const Tensor x = tensor_of(golden, "in"), grad_out = tensor_of(golden, "grad_out");
  Tensor square(x.shape()), out(x.shape()), grad_in(x.shape());
  tensor.mul(x.data(), x.data(), square.data());
  tensor.add(square.data(), x.data(), out.data());
  expect(golden, "out", out.data());
  autograd.unbroadcast(grad_out.data(), grad_in.data());
  autograd.mul_backward(grad_out.data(), x.data(), grad_in.data());
  autograd.mul_backward(grad_out.data(), x.data(), grad_in.data());
  expect(golden, "grad_in", grad_in.data());
}

void shared(const Case& golden, const Placing&) {
  const TensorSlots& tensor = kernels<TensorSlots>();
  const AutogradSlots& autograd = kernels<AutogradSlots>();
  const Tensor x = tensor_of(golden, "in"), grad_out = tensor_of(golden, "grad_out");
  Tensor a(x.shape()), b(x.shape()), c(x.shape()), out(x.shape());
  tensor.mul(x.data(), x.data(), a.data());
  tensor.add(a.data(), x.data(), b.data());
  tensor.mul(a.data(), b.data(), c.data());
  tensor.add(c.data(), a.data(), out.data());
  expect(golden, "out", out.data());

  Tensor grad_a(x.shape()), grad_b(x.shape()), grad_in(x.shape());
  autograd.unbroadcast(grad_out.data(), grad_a.data());
  autograd.mul_backward(grad_out.data(), b.data(), grad_a.data());
  autograd.mul_backward(grad_out.data(), a.data(), grad_b.data());
  autograd.unbroadcast(grad_b.data(), grad_a.data());
  autograd.unbroadcast(grad_b.data(), grad_in.data());
  autograd.mul_backward(grad_a.data(), x.data(), grad_in.data());
  autograd.mul_backward(grad_a.data(), x.data(), grad_in.data());
  expect(golden, "grad_in", grad_in.data());
}

/// The end of an MLP: the loss, and its gradient by the output.
Tensor loss_gradient(const Case& golden, const Tensor& output) {
  const bool labelled = golden.word("loss") == "cross_entropy";
  Tensor loss{Shape{}}, grad_output(output.shape());
  const Tensor one = Tensor::full(Shape{}, 1);
  if (labelled) {
    const std::vector<std::int32_t> labels = golden.labels();
    kernels<LossSlots>().cross_entropy(output.data(), labels, -100, loss.data());
    kernels<AutogradSlots>().cross_entropy_backward(one.data(), output.data(), labels, -100, grad_output.data());
  } else {
    const Tensor target = tensor_of(golden, "target");
    kernels<LossSlots>().mean_squared_error(output.data(), target.data(), loss.data());
    kernels<AutogradSlots>().mean_squared_error_backward(one.data(), output.data(), target.data(), grad_output.data());
  }
  expect(golden, "loss", loss.data());
  return grad_output;
}

/// Backward of one linear layer; returns the gradient of its input.
Tensor linear_gradients(const Case& golden, const std::string& number, const Tensor& in, const Tensor& weight,
                        const Tensor& grad_out) {
  const AutogradSlots& autograd = kernels<AutogradSlots>();
  Tensor grad_in(in.shape()), grad_weight(weight.shape()), grad_bias(Shape{weight.shape()[0]});
  autograd.linear_backward_in(grad_out.data(), weight.data(), grad_in.data());
  autograd.linear_backward_weight(grad_out.data(), in.data(), grad_weight.data());
  autograd.linear_backward_bias(grad_out.data(), grad_bias.data());
  expect(golden, "grad_weight" + number, grad_weight.data());
  expect(golden, "grad_bias" + number, grad_bias.data());
  return grad_in;
}

void mlp(const Case& golden, const Placing&) {
  const LayerSlots& layers = kernels<LayerSlots>();
  const bool relu = golden.word("hidden") == "relu";
  const Tensor in = tensor_of(golden, "in");
  const Tensor weight1 = tensor_of(golden, "weight1"), bias1 = tensor_of(golden, "bias1");
  const Tensor weight2 = tensor_of(golden, "weight2"), bias2 = tensor_of(golden, "bias2");

  // Forward: in (batch, n), before and hidden (batch, m), output (batch, k).
  Tensor before(Shape{in.shape()[0], weight1.shape()[0]}), hidden(before.shape());
  Tensor output(Shape{in.shape()[0], weight2.shape()[0]});
  layers.linear(in.data(), weight1.data(), bias1.data(), before.data());
  (relu ? kernels<ActivationSlots>().relu : kernels<ActivationSlots>().tanh)(before.data(), hidden.data());
  layers.linear(hidden.data(), weight2.data(), bias2.data(), output.data());
  expect(golden, "output", output.data());

  // Backward, in the opposite order.
  const Tensor grad_output = loss_gradient(golden, output);
  const Tensor grad_hidden = linear_gradients(golden, "2", hidden, weight2, grad_output);
  Tensor grad_before(before.shape());
  if (relu)
    kernels<AutogradSlots>().relu_backward(grad_hidden.data(), before.data(), grad_before.data());
  else
    kernels<AutogradSlots>().tanh_backward(grad_hidden.data(), hidden.data(), grad_before.data());
  const Tensor grad_in = linear_gradients(golden, "1", in, weight1, grad_before);
  expect(golden, "grad_in", grad_in.data());
}

}  // namespace

void add_steps(std::map<std::string, BySlots>& routes) {
  routes["sgd_step"] = sgd_step;
  routes["adam_step"] = adam(&OptimizerSlots::adam_step);
  routes["adamw_step"] = adam(&OptimizerSlots::adamw_step);
  routes["learning_rate"] = learning_rate;
  routes["xavier_uniform"] = initialiser(&LayerSlots::xavier_uniform);
  routes["xavier_normal"] = initialiser(&LayerSlots::xavier_normal);
  routes["kaiming_uniform"] = initialiser(&LayerSlots::kaiming_uniform);
  routes["kaiming_normal"] = initialiser(&LayerSlots::kaiming_normal);
  routes["diamond"] = diamond;
  routes["shared"] = shared;
  routes["mlp"] = mlp;
}

}  // namespace kiln::golden
