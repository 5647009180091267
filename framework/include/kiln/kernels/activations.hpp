// Module 02, activations: what stands between the layers of a network.
// Views are float32 and of any strides. In every kernel `out` may be the very same view as `in`; otherwise the two do
// not overlap. No kernel here allocates. Error(invalid_argument) where in.shape and out.shape differ. NaN gives NaN.
#pragma once

#include "kiln/kernels/contract.hpp"

namespace kiln {

namespace KILN_IMPL {

// ---- relu.cpp

/// out = max(in, 0), element by element (Nair and Hinton, "Rectified linear units improve restricted Boltzmann
/// machines", 2010). -inf and both zeros give a zero.
KILN_DECLARE void relu(ConstView in, View out);

// ---- sigmoid.cpp

/// out = 1 / (1 + exp(-in)), element by element, to a few units in the last place for every finite input: down to the
/// subnormals for in = -100, and 1 for in = 100. -inf gives 0, inf gives 1.
KILN_DECLARE void sigmoid(ConstView in, View out);

// ---- tanh.cpp

/// out = tanh(in), element by element, to a few units in the last place also where `in` is tiny. -inf gives -1, inf
/// gives 1.
KILN_DECLARE void tanh(ConstView in, View out);

// ---- gelu.cpp

/// out = in * Phi(in), with Phi(x) = (1 + erf(x / sqrt(2))) / 2, the normal distribution's cumulative function
/// (Hendrycks and Gimpel, "Gaussian error linear units", 2016). -inf gives a zero, inf gives inf.
/// The error is at most a few eps * |in|.
KILN_DECLARE void gelu(ConstView in, View out);

/// The approximation of the same paper: out = in / 2 * (1 + tanh(sqrt(2 / pi) * (in + 0.044715 in^3))). -inf gives a
/// zero, inf gives inf. The error, against this formula, is at most a few eps * |in|.
KILN_DECLARE void gelu_tanh(ConstView in, View out);

// ---- softmax.cpp

/// Over each row, a run of the last dimension: out[i] = exp(in[i]) / sum over j of exp(in[j]). No finite input
/// overflows (subtract the row's maximum first). Every element is right to a few eps of itself times (the row's length
/// + its input's distance from the maximum, whose rounding exp shows), or to a few of the least subnormals.
/// A row of nothing but -inf gives zeros; a row with a NaN or inf is NaN throughout.
/// Error(invalid_argument) also where the rank is 0. An empty row is left alone.
KILN_DECLARE void softmax(ConstView in, View out);

// ---- log_softmax.cpp

/// Over each row, a run of the last dimension: out[i] = in[i] - log(sum over j of exp(in[j])), without taking the
/// logarithm of a probability that was rounded to 0: log_softmax of (0, 200) is (-200, 0). No finite input overflows.
/// Every element is right to a few eps times (the row's length + its input's distance from the maximum), however large
/// the inputs themselves are.
/// A row of nothing but -inf gives -inf; a row with a NaN or inf is NaN throughout.
/// Error(invalid_argument) also where the rank is 0. An empty row is left alone.
KILN_DECLARE void log_softmax(ConstView in, View out);

}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct ActivationSlots {
  decltype(impl::relu)* relu;
  decltype(impl::sigmoid)* sigmoid;
  decltype(impl::tanh)* tanh;
  decltype(impl::gelu)* gelu;
  decltype(impl::gelu_tanh)* gelu_tanh;
  decltype(impl::softmax)* softmax;
  decltype(impl::log_softmax)* log_softmax;

  static constexpr const char* kFamily = "activations";
  static constexpr auto list() {
    return std::tuple{
        slot<&ActivationSlots::relu>("relu", "in", "out"),
        slot<&ActivationSlots::sigmoid>("sigmoid", "in", "out"),
        slot<&ActivationSlots::tanh>("tanh", "in", "out"),
        slot<&ActivationSlots::gelu>("gelu", "in", "out"),
        slot<&ActivationSlots::gelu_tanh>("gelu_tanh", "in", "out"),
        slot<&ActivationSlots::softmax>("softmax", "in", "out"),
        slot<&ActivationSlots::log_softmax>("log_softmax", "in", "out"),
    };
  }
};

static_assert(sizeof(ActivationSlots) == kSlotCount<ActivationSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline ActivationSlots table(const ActivationSlots*) {
  return {
      .relu = relu,
      .sigmoid = sigmoid,
      .tanh = tanh,
      .gelu = gelu,
      .gelu_tanh = gelu_tanh,
      .softmax = softmax,
      .log_softmax = log_softmax,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
