// Module 03, layers: what a network is built of, how its weights begin, and the first learning rule.
// Views are float32 and of any strides unless said otherwise. No kernel here allocates.
#pragma once

#include "kiln/kernels/contract.hpp"

namespace kiln {

namespace KILN_IMPL {

// ---- flatten.cpp

/// The shape in which the dimensions `first` to `last` (both counted from the end where negative, both included) have
/// become one, of their product: (2, 3, 4, 5) with 1 and -1 is (2, 60). Rank 0 gives (1).
/// Error(invalid_argument) where one lies outside [-rank, rank) (rank 0 counts as rank 1), or first lies behind last.
KILN_DECLARE Shape flattened_shape(Shape shape, int first, int last);

/// out = in with those dimensions run together, elements in row-major order. `out` does not overlap `in`.
/// Error(invalid_argument) as above, and where out.shape is not flattened_shape(in.shape, first, last).
KILN_DECLARE void flatten(ConstView in, int first, int last, View out);

// ---- perceptron_step.cpp

/// Rosenblatt's rule for one example ("The perceptron: a probabilistic model for information storage and organization
/// in the brain", 1958): where label * (weight . x + bias) <= 0, weight += learning_rate * label * x and bias +=
/// learning_rate * label. Returns whether it was so: whether the example was on the wrong side, or on the line. The sum
/// may be added in any order; one of NaN is no mistake and changes nothing.
/// x and weight are (features) and do not overlap, bias is ().
/// Error(invalid_argument) where a shape does not fit, label is neither 1 nor -1, or learning_rate is negative or not
/// finite; weight and bias are as they were then.
KILN_DECLARE bool perceptron_step(ConstView x, float label, float learning_rate, View weight, View bias);

// ---- initialisation.cpp

/// Random weights whose scale keeps the variance of what passes through. weight is (fan_out, fan_in), or (out, in,
/// kernel extents...) with fan_in = in * kernel elements and fan_out = out * kernel elements.
/// The draws are Random(seed)'s, one an element in row-major order of the index, whatever the strides:
/// uniform(-bound, bound), or normal(0, deviation), where bound or deviation is computed in double and then rounded to
/// float. So the same seed gives the same weights to the last bit.
/// Error(invalid_argument) where the rank is below 2. A weight without elements is left alone.
///
/// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010:
/// bound = sqrt(6 / (fan_in + fan_out)), deviation = sqrt(2 / (fan_in + fan_out)).
KILN_DECLARE void xavier_uniform(std::uint64_t seed, View weight);
KILN_DECLARE void xavier_normal(std::uint64_t seed, View weight);

/// He et al., "Delving deep into rectifiers", 2015, for layers that a relu follows:
/// bound = sqrt(6 / fan_in), deviation = sqrt(2 / fan_in).
KILN_DECLARE void kaiming_uniform(std::uint64_t seed, View weight);
KILN_DECLARE void kaiming_normal(std::uint64_t seed, View weight);

// ---- dropout.cpp

/// Inverted dropout (Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014).
/// In training, element i in row-major order is dropped where the i-th number of Random(seed).uniform() is below p:
/// mask = 0 where it is dropped and 1 / (1 - p) elsewhere. Otherwise mask = 1 everywhere, and nothing is drawn.
/// out = in * mask, but what is dropped is 0 whatever `in` is there (NaN too). `out` may be the very same view as `in`;
/// otherwise no two overlap. Error(invalid_argument) where the shapes differ or p lies outside [0, 1), in evaluation
/// too.
KILN_DECLARE void dropout(ConstView in, float p, bool training, std::uint64_t seed, View out, View mask);

// ---- linear.cpp

/// out = in weight^T + bias: in is (batch, in_features), weight is (out_features, in_features), bias is (out_features),
/// or (0) for none; out is (batch, out_features) and overlaps none of them. in_features = 0 gives the bias alone.
/// Error(invalid_argument) where a rank or an extent does not fit.
KILN_DECLARE void linear(ConstView in, ConstView weight, ConstView bias, View out);

}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct LayerSlots {
  decltype(impl::flattened_shape)* flattened_shape;
  decltype(impl::flatten)* flatten;
  decltype(impl::perceptron_step)* perceptron_step;
  decltype(impl::xavier_uniform)* xavier_uniform;
  decltype(impl::xavier_normal)* xavier_normal;
  decltype(impl::kaiming_uniform)* kaiming_uniform;
  decltype(impl::kaiming_normal)* kaiming_normal;
  decltype(impl::dropout)* dropout;
  decltype(impl::linear)* linear;

  static constexpr const char* kFamily = "layers";
  static constexpr auto list() {
    return std::tuple{
        slot<&LayerSlots::flattened_shape>("flattened_shape", "shape", "first", "last"),
        slot<&LayerSlots::flatten>("flatten", "in", "first", "last", "out"),
        slot<&LayerSlots::perceptron_step>("perceptron_step", "x", "label", "learning_rate", "weight", "bias"),
        slot<&LayerSlots::xavier_uniform>("xavier_uniform", "seed", "weight"),
        slot<&LayerSlots::xavier_normal>("xavier_normal", "seed", "weight"),
        slot<&LayerSlots::kaiming_uniform>("kaiming_uniform", "seed", "weight"),
        slot<&LayerSlots::kaiming_normal>("kaiming_normal", "seed", "weight"),
        slot<&LayerSlots::dropout>("dropout", "in", "p", "training", "seed", "out", "mask"),
        slot<&LayerSlots::linear>("linear", "in", "weight", "bias", "out"),
    };
  }
};

static_assert(sizeof(LayerSlots) == kSlotCount<LayerSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline LayerSlots table(const LayerSlots*) {
  return {
      .flattened_shape = flattened_shape,
      .flatten = flatten,
      .perceptron_step = perceptron_step,
      .xavier_uniform = xavier_uniform,
      .xavier_normal = xavier_normal,
      .kaiming_uniform = kaiming_uniform,
      .kaiming_normal = kaiming_normal,
      .dropout = dropout,
      .linear = linear,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
