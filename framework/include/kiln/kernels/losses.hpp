// Module 04, losses: one number that says how wrong a batch of predictions is.
// Views are float32 and of any strides; `loss` is () and overlaps no input. Each loss is the mean over what counts, so
// that it does not grow with the batch. NaN in what counts gives NaN. No kernel here allocates.
#pragma once

#include <span>

#include "kiln/kernels/contract.hpp"

namespace kiln {

namespace KILN_IMPL {

// ---- mean_squared_error.cpp

/// loss = mean over all elements of (prediction - target)^2.
/// Error(invalid_argument) where the shapes differ or there is no element.
KILN_DECLARE void mean_squared_error(ConstView prediction, ConstView target, View loss);

// ---- binary_cross_entropy.cpp

/// loss = mean over all elements of -(t log s(x) + (1 - t) log(1 - s(x))), where x is a logit, t its target in [0, 1]
/// and s the sigmoid. No finite logit overflows, and no probability is rounded to 0 before its logarithm is taken:
/// an element is max(x, 0) - x t + log(1 + exp(-|x|)), to a few eps of these three terms.
/// Error(invalid_argument) where the shapes differ, there is no element, or a target lies outside [0, 1] or is NaN.
KILN_DECLARE void binary_cross_entropy(ConstView logits, ConstView target, View loss);

// ---- cross_entropy.cpp

/// loss = mean, over the rows i with labels[i] != ignore_index, of log(sum over j of exp(logits[i, j])) - logits[i,
/// labels[i]]: cross-entropy fused with log_softmax. logits is (batch, classes), there are `batch` labels in
/// [0, classes) or equal to ignore_index, which may be any number. No finite logit overflows; a logit of -inf is a
/// class that cannot be (its label costs inf), a row with inf gives NaN, and so does a row of nothing but -inf.
/// Error(invalid_argument) where a shape does not fit, a label is out of range, or no row counts (an empty batch too).
KILN_DECLARE void cross_entropy(ConstView logits, std::span<const std::int32_t> labels, std::int32_t ignore_index,
                                View loss);

}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct LossSlots {
  decltype(impl::mean_squared_error)* mean_squared_error;
  decltype(impl::binary_cross_entropy)* binary_cross_entropy;
  decltype(impl::cross_entropy)* cross_entropy;

  static constexpr const char* kFamily = "losses";
  static constexpr auto list() {
    return std::tuple{
        slot<&LossSlots::mean_squared_error>("mean_squared_error", "prediction", "target", "loss"),
        slot<&LossSlots::binary_cross_entropy>("binary_cross_entropy", "logits", "target", "loss"),
        slot<&LossSlots::cross_entropy>("cross_entropy", "logits", "labels", "ignore_index", "loss"),
    };
  }
};

static_assert(sizeof(LossSlots) == kSlotCount<LossSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline LossSlots table(const LossSlots*) {
  return {
      .mean_squared_error = mean_squared_error,
      .binary_cross_entropy = binary_cross_entropy,
      .cross_entropy = cross_entropy,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
