// What the tests of matmul_backward, activations_backward and losses_backward share: their kernels as tables, and
// gradients in which something stands already.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kiln/kernels/autograd.hpp"
#include "oracle_of_layers.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::layers {

using testing::Array64;
using testing::Expected;
using testing::Generator;
using testing::Layout;
using testing::Operand;
using Labels = std::vector<std::int32_t>;

inline const AutogradSlots& kernel() { return testing::under_test<AutogradSlots>(); }

/// A kernel that reads two tensors and adds to a third.
struct Backward {
  const char* name;
  void (*AutogradSlots::*slot)(ConstView, ConstView, View);
  Expected (*oracle)(const Array64&, const Array64&, const Array64&);
  const char* operands[3];

  void operator()(ConstView first, ConstView second, View gradient) const { (kernel().*slot)(first, second, gradient); }
};

/// A gradient of a product; its operands' shapes from m, k and n, which stand for batch, in_features and out_features
/// where the product is a layer's.
struct Product : Backward {
  int first[2], second[2], gradient[2];  ///< numbers of extents: 0 for m, 1 for k, 2 for n
};

inline Shape extents_of(const int (&numbers)[2], const Shape& m_k_n) { return {m_k_n[numbers[0]], m_k_n[numbers[1]]}; }

inline const Product kProducts[] = {
    {{"matmul_backward_a", &AutogradSlots::matmul_backward_a, oracle::matmul_backward_a, {"grad_c", "b", "grad_a"}},
     {0, 2},
     {1, 2},
     {0, 1}},
    {{"matmul_backward_b", &AutogradSlots::matmul_backward_b, oracle::matmul_backward_b, {"a", "grad_c", "grad_b"}},
     {0, 1},
     {0, 2},
     {1, 2}},
    {{"linear_backward_in",
      &AutogradSlots::linear_backward_in,
      oracle::linear_backward_in,
      {"grad_out", "weight", "grad_in"}},
     {0, 2},
     {2, 1},
     {0, 1}},
    {{"linear_backward_weight",
      &AutogradSlots::linear_backward_weight,
      oracle::linear_backward_weight,
      {"grad_out", "in", "grad_weight"}},
     {0, 2},
     {0, 1},
     {2, 1}},
};

/// A gradient of an activation, and between which values lies what it needs of the forward pass.
struct Activation : Backward {
  float low, high;
};

inline const Activation kElementwise[] = {
    {{"relu_backward", &AutogradSlots::relu_backward, oracle::relu_backward, {"grad_out", "in", "grad_in"}}, -3, 3},
    {{"sigmoid_backward", &AutogradSlots::sigmoid_backward, oracle::sigmoid_backward, {"grad_out", "out", "grad_in"}},
     0,
     1},
    {{"tanh_backward", &AutogradSlots::tanh_backward, oracle::tanh_backward, {"grad_out", "out", "grad_in"}}, -1, 1},
    {{"gelu_backward", &AutogradSlots::gelu_backward, oracle::gelu_backward, {"grad_out", "in", "grad_in"}}, -4, 4},
    {{"gelu_tanh_backward",
      &AutogradSlots::gelu_tanh_backward,
      oracle::gelu_tanh_backward,
      {"grad_out", "in", "grad_in"}},
     -4,
     4},
};

/// Probabilities, and their logarithms: any numbers in these ranges make a sound row.
inline const Activation kRows[] = {
    {{"softmax_backward", &AutogradSlots::softmax_backward, oracle::softmax_backward, {"grad_out", "out", "grad_in"}},
     0,
     1},
    {{"log_softmax_backward",
      &AutogradSlots::log_softmax_backward,
      oracle::log_softmax_backward,
      {"grad_out", "out", "grad_in"}},
     -5,
     0},
};

/// Both tables, one after the other.
inline void for_each_activation(const std::function<void(const Activation&)>& body) {
  for (const Activation& activation : kElementwise) body(activation);
  for (const Activation& activation : kRows) body(activation);
}

/// A gradient to be added to, full of random values.
inline Operand gradient(Generator& g, const char* name, const Shape& shape, Layout layout = Layout::dense) {
  const Operand operand = g.output(name, shape, layout);
  Array64 values(shape);
  for (double& value : values.values) value = g.random().uniform(-2.0f, 2.0f);
  operand.assign(values);
  return operand;
}

/// Runs a kernel on a gradient in which something stands, and compares. The gradient is a view, or an operand, whose
/// name a failure then tells.
template <class ViewOrOperand = View>
void expect_adds(const Backward& backward, ConstView first, ConstView second, const ViewOrOperand& into) {
  using testing::to_array64;
  const Expected expected = backward.oracle(to_array64(first), to_array64(second), to_array64(into));
  backward(first, second, into);
  expect_close(into, expected);
}

/// The gradient of a loss of a prediction and a target.
struct Loss {
  const char* name;
  void (*AutogradSlots::*slot)(ConstView, ConstView, ConstView, View);
  Expected (*oracle)(const Array64&, const Array64&, const Array64&, const Array64&);

  void operator()(float grad_loss, ConstView prediction, ConstView target, View gradient) const {
    (kernel().*slot)({&grad_loss, {}, {}}, prediction, target, gradient);
  }
  /// Runs it, and compares.
  template <class ViewOrOperand = View>
  void expect_adds(float grad_loss, ConstView prediction, ConstView target, const ViewOrOperand& gradient) const {
    using testing::to_array64;
    const Expected expected =
        oracle(Array64({}, grad_loss), to_array64(prediction), to_array64(target), to_array64(gradient));
    (*this)(grad_loss, prediction, target, gradient);
    expect_close(gradient, expected);
  }
};

inline const Loss kMeanSquared{"mean_squared_error_backward", &AutogradSlots::mean_squared_error_backward,
                               oracle::mean_squared_error_backward};
inline const Loss kBinary{"binary_cross_entropy_backward", &AutogradSlots::binary_cross_entropy_backward,
                          oracle::binary_cross_entropy_backward};
inline const Loss kLosses[] = {kMeanSquared, kBinary};

inline void cross_entropy_backward(float grad_loss, ConstView logits, const Labels& labels, std::int32_t ignore_index,
                                   View gradient) {
  kernel().cross_entropy_backward({&grad_loss, {}, {}}, logits, labels, ignore_index, gradient);
}

template <class ViewOrOperand = View>
void expect_cross_entropy(float grad_loss, ConstView logits, const Labels& labels, std::int32_t ignore_index,
                          const ViewOrOperand& gradient) {
  const Expected expected = oracle::cross_entropy_backward(Array64({}, grad_loss), testing::to_array64(logits), labels,
                                                           ignore_index, testing::to_array64(gradient));
  cross_entropy_backward(grad_loss, logits, labels, ignore_index, gradient);
  expect_close(gradient, expected);
}

inline Labels random_labels(Generator& g, std::int64_t batch, std::int64_t classes) {
  Labels labels;
  for (std::int64_t i = 0; i < batch; ++i)
    labels.push_back(static_cast<std::int32_t>(g.random().below(static_cast<std::uint64_t>(classes))));
  return labels;
}

/// A shape without an extent of 0: the mean of nothing is an error, not a case.
inline Shape shape_of_something(Generator& g, int rank) {
  Shape shape = g.shape(rank);
  for (std::int64_t& extent : shape) extent = extent == 0 ? 1 : extent;
  return shape;
}

}  // namespace kiln::layers
