// One rule a kernel. A formula reads operands by their place in the contract's signature.
#include "profile/cost.hpp"

#include <algorithm>
#include <array>

namespace kiln::profile {

namespace {

using Operands = std::span<const Operand>;

/// An extent; 0 where the operand has too few, so that a wrong call costs nothing.
double extent(const Operand& operand, int dimension) {
  return dimension < operand.shape.rank() ? static_cast<double>(operand.shape[dimension]) : 0;
}
/// Elements by the shape: repeated ones count.
double count(const Operand& operand) { return static_cast<double>(operand.shape.elements()); }
double bytes(const Operand& operand) {
  return static_cast<double>(operand.elements) * static_cast<double>(operand.element_bytes);
}

/// `Each` operations an element of operand `Which`.
template <int Which, int Each>
double each(Operands o) {
  return Each * count(o[Which]);
}

/// A product: two operations for each element of operand `Which` and each step along an extent of operand `Along`.
template <int Which, int Along, int Dimension>
double product(Operands o) {
  return 2 * count(o[Which]) * extent(o[Along], Dimension);
}

/// Two operations for each element of operand `Which` and each tap of a filter (out, in, height, width).
template <int Which, int Weight>
double taps(Operands o) {
  return 2 * count(o[Which]) * extent(o[Weight], 1) * extent(o[Weight], 2) * extent(o[Weight], 3);
}

double linear(Operands o) { return product<3, 0, 1>(o) + (count(o[2]) > 0 ? count(o[3]) : 0); }
double conv2d(Operands o) { return taps<4, 1>(o) + (count(o[2]) > 0 ? count(o[4]) : 0); }
double window(const Operand& pool) { return extent(pool, 0) * extent(pool, 1); }
double max_pool2d(Operands o) { return count(o[2]) * window(o[1]); }
double average_pool2d(Operands o) { return count(o[2]) * (window(o[1]) + 1); }
double average_pool2d_backward(Operands o) { return count(o[0]) * (window(o[1]) + 1); }
double mean(Operands o) { return count(o[0]) + count(o[3]); }
double mean_backward(Operands o) { return count(o[0]) + count(o[3]); }
/// p -= rate v, and v = momentum v + gradient where there is a velocity.
double sgd_step(Operands o) { return 2 * count(o[2]) + 2 * count(o[3]); }

/// A batch of a data set: the rest of the set is not touched.
double collate_bytes(Operands o) { return 2 * bytes(o[2]) + bytes(o[1]); }

}  // namespace

struct CostRule {
  std::string_view kernel;
  double (*flops)(Operands) = nullptr;  ///< nullptr: none, the kernel moves
  bool adds = false;                    ///< what is written is read first
  double (*bytes)(Operands) = nullptr;  ///< nullptr: each operand once
};

namespace {

constexpr bool kAdds = true;

constexpr std::array kRules{
    // tensor
    CostRule{"fill"}, CostRule{"copy"}, CostRule{"add", each<2, 1>}, CostRule{"sub", each<2, 1>},
    CostRule{"mul", each<2, 1>}, CostRule{"div", each<2, 1>}, CostRule{"sum", each<0, 1>}, CostRule{"mean", mean},
    CostRule{"max", each<0, 1>}, CostRule{"matmul", product<2, 0, 1>}, CostRule{"batched_matmul", product<2, 0, 2>},
    // activations
    CostRule{"relu", each<1, 1>}, CostRule{"sigmoid", each<1, 4>}, CostRule{"tanh", each<1, 1>},
    CostRule{"gelu", each<1, 5>}, CostRule{"gelu_tanh", each<1, 9>}, CostRule{"softmax", each<1, 5>},
    CostRule{"log_softmax", each<1, 5>},
    // layers; the update of perceptron_step comes with a mistake only, and is not counted
    CostRule{"flatten"}, CostRule{"perceptron_step", each<0, 2>, kAdds}, CostRule{"dropout", each<4, 1>},
    CostRule{"linear", linear},
    // losses
    CostRule{"mean_squared_error", each<0, 3>}, CostRule{"binary_cross_entropy", each<0, 7>},
    CostRule{"cross_entropy", each<0, 4>},
    // optimizers
    CostRule{"sgd_step", sgd_step, kAdds}, CostRule{"adam_step", each<3, 14>, kAdds},
    CostRule{"adamw_step", each<3, 16>, kAdds},
    // autograd
    CostRule{"unbroadcast", each<0, 1>, kAdds}, CostRule{"sub_backward_b", each<0, 1>, kAdds},
    CostRule{"mul_backward", each<0, 2>, kAdds}, CostRule{"div_backward_a", each<0, 2>, kAdds},
    CostRule{"div_backward_b", each<0, 4>, kAdds}, CostRule{"sum_backward", each<3, 1>, kAdds},
    CostRule{"mean_backward", mean_backward, kAdds}, CostRule{"max_backward", each<5, 2>, kAdds},
    CostRule{"matmul_backward_a", product<0, 1, 0>, kAdds}, CostRule{"matmul_backward_b", product<0, 1, 1>, kAdds},
    CostRule{"linear_backward_in", product<0, 1, 1>, kAdds},
    CostRule{"linear_backward_weight", product<0, 1, 1>, kAdds}, CostRule{"linear_backward_bias", each<0, 1>, kAdds},
    CostRule{"relu_backward", each<2, 2>, kAdds}, CostRule{"sigmoid_backward", each<2, 4>, kAdds},
    CostRule{"tanh_backward", each<2, 4>, kAdds}, CostRule{"gelu_backward", each<2, 12>, kAdds},
    CostRule{"gelu_tanh_backward", each<2, 19>, kAdds}, CostRule{"softmax_backward", each<2, 5>, kAdds},
    CostRule{"log_softmax_backward", each<2, 5>, kAdds}, CostRule{"mean_squared_error_backward", each<3, 3>, kAdds},
    CostRule{"binary_cross_entropy_backward", each<3, 7>, kAdds}, CostRule{"cross_entropy_backward", each<4, 7>, kAdds},
    // training
    CostRule{"predicted_classes", each<0, 1>}, CostRule{"clip_gradients", each<0, 2>},
    CostRule{"accumulate_gradients", each<0, 2>, kAdds},
    // spatial
    CostRule{"conv2d", conv2d}, CostRule{"conv2d_grouped", conv2d}, CostRule{"conv2d_backward_in", taps<0, 1>, kAdds},
    CostRule{"conv2d_backward_weight", taps<0, 3>, kAdds}, CostRule{"conv2d_backward_bias", each<0, 1>, kAdds},
    CostRule{"max_pool2d", max_pool2d}, CostRule{"max_pool2d_backward", each<0, 1>, kAdds},
    CostRule{"average_pool2d", average_pool2d}, CostRule{"average_pool2d_backward", average_pool2d_backward, kAdds},
    CostRule{"batch_norm_train", each<0, 8>}, CostRule{"batch_norm_eval", each<0, 3>},
    CostRule{"batch_norm_backward_in", each<0, 10>, kAdds}, CostRule{"batch_norm_backward_weight", each<0, 4>, kAdds},
    CostRule{"batch_norm_backward_bias", each<0, 1>, kAdds},
    // data
    CostRule{"collate", nullptr, false, collate_bytes}, CostRule{"collate_labels", nullptr, false, collate_bytes},
    CostRule{"channel_statistics", each<0, 4>}, CostRule{"normalise", each<0, 2>}, CostRule{"flip_image"},
    CostRule{"crop_image"}, CostRule{"augment"},
    // acceleration
    CostRule{"matmul_blocked", product<3, 0, 1>}, CostRule{"matmul_packed", product<4, 1, 1>},
    CostRule{"matmul_parallel", product<4, 1, 1>}, CostRule{"im2col"}, CostRule{"conv2d_im2col", conv2d},
    CostRule{"softmax_simd", each<1, 5>}, CostRule{"layer_norm_simd", each<0, 8>}, CostRule{"bias_gelu", each<2, 10>},
    CostRule{"matmul_dispatched", product<3, 0, 1>}};

}  // namespace

const CostRule* cost_rule(std::string_view kernel) {
  const auto found = std::ranges::find(kRules, kernel, &CostRule::kernel);
  return found == kRules.end() ? nullptr : &*found;
}

Cost cost_of(const CostRule& rule, std::span<const Operand> operands) {
  Cost cost;
  if (rule.flops != nullptr) cost.flops = rule.flops(operands);
  if (rule.bytes != nullptr) {
    cost.bytes = rule.bytes(operands);
    return cost;
  }
  for (const Operand& operand : operands) cost.bytes += bytes(operand) * (rule.adds && operand.written ? 2 : 1);
  return cost;
}

}  // namespace kiln::profile
