// Costs by hand: each rule on shapes whose extents all differ, so that a wrong one gives another number.
#include "profile/cost.hpp"

#include <gtest/gtest.h>

#include <set>

#include "kiln/kernels/acceleration.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/data.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/kernels/training.hpp"
#include "kiln/view_ops.hpp"

namespace kiln::profile {
namespace {

ConstView in(const Shape& shape) { return contiguous_view<const float>(nullptr, shape); }
View out(const Shape& shape) { return contiguous_view<float>(nullptr, shape); }

template <class... A>
Cost cost(const char* kernel, const A&... arguments) {
  const CostRule* rule = cost_rule(kernel);
  if (rule == nullptr) {
    ADD_FAILURE() << "no rule for " << kernel;
    return {};
  }
  const std::array<Operand, sizeof...(A)> operands{operand_of(arguments)...};
  return cost_of(*rule, operands);
}

/// Floats are counted, four bytes each.
Cost of(double flops, double floats) { return {flops, 4 * floats}; }

TEST(Cost, OfTensorKernels) {
  const Shape s{2, 3};
  EXPECT_EQ(cost("fill", out(s), 1.0f), of(0, 6));
  EXPECT_EQ(cost("copy", in(s), out(s)), of(0, 12));
  for (const char* kernel : {"add", "sub", "mul", "div"})
    EXPECT_EQ(cost(kernel, in(s), in({3}), out(s)), of(6, 15)) << kernel;
  EXPECT_EQ(cost("sum", in({4, 5}), 0, false, out({5})), of(20, 25));
  EXPECT_EQ(cost("mean", in({4, 5}), 0, false, out({5})), of(25, 25));
  EXPECT_EQ(cost("max", in({4, 5}), 0, false, out({5})), of(20, 25));
  EXPECT_EQ(cost("matmul", in({2, 3}), in({3, 5}), out({2, 5})), of(2 * 2 * 3 * 5, 6 + 15 + 10));
  EXPECT_EQ(cost("batched_matmul", in({1, 2, 3}), in({7, 3, 5}), out({7, 2, 5})),
            of(7 * 2 * 2 * 3 * 5, 6 + 7 * 15 + 70));
}

TEST(Cost, ARepeatedElementIsReadOnce) {
  const ConstView row{nullptr, {4, 5}, {0, 1}};
  EXPECT_EQ(cost("add", row, in({4, 5}), out({4, 5})), of(20, 5 + 20 + 20));
}

TEST(Cost, OfActivations) {
  const Shape s{4, 5};
  const std::map<std::string, double> each{{"relu", 1},      {"sigmoid", 4}, {"tanh", 1},        {"gelu", 5},
                                           {"gelu_tanh", 9}, {"softmax", 5}, {"log_softmax", 5}, {"softmax_simd", 5}};
  for (const auto& [kernel, operations] : each)
    EXPECT_EQ(cost(kernel.c_str(), in(s), out(s)), of(20 * operations, 40)) << kernel;
  EXPECT_EQ(cost("layer_norm_simd", in(s), in({5}), in({5}), 1e-5f, out(s)), of(8 * 20, 50));
  EXPECT_EQ(cost("bias_gelu", in(s), in({5}), out(s)), of(10 * 20, 45));
}

TEST(Cost, OfLayers) {
  EXPECT_EQ(cost("flatten", in({2, 3, 4}), 1, -1, out({2, 12})), of(0, 48));
  EXPECT_EQ(cost("perceptron_step", in({4}), 1.0f, 1.0f, out({4}), out({})), of(8, 4 + 8 + 2));
  EXPECT_EQ(cost("dropout", in({6}), 0.5f, true, std::uint64_t{1}, out({6}), out({6})), of(6, 18));
  EXPECT_EQ(cost("linear", in({2, 3}), in({5, 3}), in({5}), out({2, 5})), of(2 * 2 * 3 * 5 + 10, 6 + 15 + 5 + 10));
  EXPECT_EQ(cost("linear", in({2, 3}), in({5, 3}), in({0}), out({2, 5})), of(2 * 2 * 3 * 5, 6 + 15 + 10));
}

TEST(Cost, OfLosses) {
  const std::vector<std::int32_t> labels(4);
  const std::span<const std::int32_t> four(labels);
  EXPECT_EQ(cost("mean_squared_error", in({4}), in({4}), out({})), of(12, 9));
  EXPECT_EQ(cost("binary_cross_entropy", in({4}), in({4}), out({})), of(28, 9));
  EXPECT_EQ(cost("cross_entropy", in({4, 5}), four, std::int32_t{-1}, out({})), of(80, 20 + 4 + 1));
  EXPECT_EQ(cost("mean_squared_error_backward", in({}), in({4}), in({4}), out({4})), of(12, 1 + 8 + 8));
  EXPECT_EQ(cost("binary_cross_entropy_backward", in({}), in({4}), in({4}), out({4})), of(28, 1 + 8 + 8));
  EXPECT_EQ(cost("cross_entropy_backward", in({}), in({4, 5}), four, std::int32_t{-1}, out({4, 5})),
            of(140, 1 + 20 + 4 + 40));
}

TEST(Cost, OfOptimizers) {
  EXPECT_EQ(cost("sgd_step", in({6}), SgdOptions{}, out({6}), out({0})), of(12, 6 + 12));
  EXPECT_EQ(cost("sgd_step", in({6}), SgdOptions{}, out({6}), out({6})), of(24, 6 + 24));
  EXPECT_EQ(cost("adam_step", in({6}), AdamOptions{}, std::int64_t{1}, out({6}), out({6}), out({6})),
            of(14 * 6, 6 + 36));
  EXPECT_EQ(cost("adamw_step", in({6}), AdamOptions{}, std::int64_t{1}, out({6}), out({6}), out({6})),
            of(16 * 6, 6 + 36));
}

TEST(Cost, OfBackwardKernels) {
  const Shape s{4, 5};
  EXPECT_EQ(cost("unbroadcast", in(s), out({5})), of(20, 20 + 10));
  EXPECT_EQ(cost("sub_backward_b", in(s), out({5})), of(20, 20 + 10));
  EXPECT_EQ(cost("mul_backward", in(s), in(s), out({5})), of(40, 40 + 10));
  EXPECT_EQ(cost("div_backward_a", in(s), in(s), out({5})), of(40, 40 + 10));
  EXPECT_EQ(cost("div_backward_b", in(s), in(s), in(s), out({5})), of(80, 60 + 10));
  EXPECT_EQ(cost("sum_backward", in({5}), 0, false, out(s)), of(20, 5 + 40));
  EXPECT_EQ(cost("mean_backward", in({5}), 0, false, out(s)), of(25, 5 + 40));
  EXPECT_EQ(cost("max_backward", in({5}), in(s), in({5}), 0, false, out(s)), of(40, 30 + 40));
  const std::map<std::string, double> each{{"relu", 2},       {"sigmoid", 4}, {"tanh", 4},       {"gelu", 12},
                                           {"gelu_tanh", 19}, {"softmax", 5}, {"log_softmax", 5}};
  for (const auto& [kernel, operations] : each)
    EXPECT_EQ(cost((kernel + "_backward").c_str(), in(s), in(s), out(s)), of(20 * operations, 80)) << kernel;
}

TEST(Cost, OfProductsBackward) {
  // c (2, 5) = a (2, 3) b (3, 5): each gradient is a product of as many operations as the forward one.
  EXPECT_EQ(cost("matmul_backward_a", in({2, 5}), in({3, 5}), out({2, 3})), of(60, 10 + 15 + 12));
  EXPECT_EQ(cost("matmul_backward_b", in({2, 3}), in({2, 5}), out({3, 5})), of(60, 6 + 10 + 30));
  EXPECT_EQ(cost("linear_backward_in", in({2, 5}), in({5, 3}), out({2, 3})), of(60, 10 + 15 + 12));
  EXPECT_EQ(cost("linear_backward_weight", in({2, 5}), in({2, 3}), out({5, 3})), of(60, 10 + 6 + 30));
  EXPECT_EQ(cost("linear_backward_bias", in({2, 5}), out({5})), of(10, 10 + 10));
}

TEST(Cost, OfConvolutions) {
  // 2 images of 3 channels, 11 x 13, a filter of 5 x 7 to 4 channels, stride 1: 7 x 7 out.
  const Shape image{2, 3, 11, 13}, weight{4, 3, 5, 7}, result{2, 4, 7, 7};
  const double outs = 2 * 4 * 49, taps = 2 * outs * 3 * 35, images = 2 * 3 * 11 * 13, weights = 4 * 3 * 35;
  const Conv2dOptions options;
  EXPECT_EQ(cost("conv2d", in(image), in(weight), in({4}), options, out(result)),
            of(taps + outs, images + weights + 4 + outs));
  EXPECT_EQ(cost("conv2d", in(image), in(weight), in({0}), options, out(result)), of(taps, images + weights + outs));
  EXPECT_EQ(cost("conv2d_im2col", in(image), in(weight), in({0}), options, out(result)),
            of(taps, images + weights + outs));
  EXPECT_EQ(
      cost("conv2d_grouped", in({2, 6, 11, 13}), in(weight), in({0}), GroupedConv2dOptions{.groups = 2}, out(result)),
      of(taps, 2 * images + weights + outs));
  EXPECT_EQ(cost("conv2d_backward_in", in(result), in(weight), options, out(image)),
            of(taps, outs + weights + 2 * images));
  EXPECT_EQ(cost("conv2d_backward_weight", in(result), in(image), options, out(weight)),
            of(taps, outs + images + 2 * weights));
  EXPECT_EQ(cost("conv2d_backward_bias", in(result), out({4})), of(outs, outs + 8));
  EXPECT_EQ(cost("im2col", in({3, 11, 13}), std::int64_t{5}, std::int64_t{7}, options, out({105, 49})),
            of(0, 3 * 143 + 105 * 49));
}

TEST(Cost, OfPools) {
  const Shape image{2, 3, 8, 9}, result{2, 3, 4, 3};
  const Pool2dOptions pool{.height = 2, .width = 3, .stride_height = 2, .stride_width = 3};
  std::vector<std::int64_t> winners(72);
  const Cost max = cost("max_pool2d", in(image), pool, out(result), std::span(winners));
  EXPECT_EQ(max, (Cost{72 * 6, 4 * (432 + 72) + 8 * 72}));
  const Cost back = cost("max_pool2d_backward", in(result), std::span<const std::int64_t>(winners), out(image));
  EXPECT_EQ(back, (Cost{72, 4 * (72 + 2 * 432) + 8 * 72}));
  EXPECT_EQ(cost("average_pool2d", in(image), pool, out(result)), of(72 * 7, 432 + 72));
  EXPECT_EQ(cost("average_pool2d_backward", in(result), pool, out(image)), of(72 * 7, 72 + 864));
}

TEST(Cost, OfBatchNorm) {
  const Shape s{2, 3, 4};
  EXPECT_EQ(
      cost("batch_norm_train", in(s), in({3}), in({3}), 0.1f, 1e-5f, out({3}), out({3}), out(s), out({3}), out({3})),
      of(8 * 24, 48 + 18));
  EXPECT_EQ(cost("batch_norm_eval", in(s), in({3}), in({3}), in({3}), in({3}), 1e-5f, out(s)), of(3 * 24, 48 + 12));
  EXPECT_EQ(cost("batch_norm_backward_in", in(s), in(s), in({3}), in({3}), in({3}), out(s)), of(240, 96 + 9));
  EXPECT_EQ(cost("batch_norm_backward_weight", in(s), in(s), in({3}), in({3}), out({3})), of(96, 48 + 12));
  EXPECT_EQ(cost("batch_norm_backward_bias", in(s), out({3})), of(24, 24 + 6));
}

TEST(Cost, OfTrainingAndData) {
  std::vector<std::int32_t> labels(4), many(100);
  const std::vector<std::int64_t> numbers(4);
  const std::span<const std::int64_t> indices(numbers);
  const std::vector<View> views{out({2, 3}), out({5})};
  const std::vector<ConstView> read{in({2, 3}), in({5})};
  EXPECT_EQ(cost("predicted_classes", in({4, 5}), std::span(labels)), of(20, 24));
  EXPECT_EQ(cost("clip_gradients", views, 1.0), of(22, 11));
  EXPECT_EQ(cost("accumulate_gradients", read, std::int64_t{1}, std::int64_t{2}, views), of(22, 33));
  // The set has 100 examples; the batch's four are moved.
  EXPECT_EQ(cost("collate", in({100, 7}), indices, out({4, 7})), (Cost{0, 4 * 2 * 28 + 8 * 4}));
  EXPECT_EQ(cost("collate_labels", std::span<const std::int32_t>(many), indices, std::span(labels)),
            (Cost{0, 4 * 2 * 4 + 8 * 4}));
  std::vector<double> mean(3);
  EXPECT_EQ(cost("channel_statistics", in({2, 3, 4}), std::span(mean), std::span(mean)), (Cost{96, 4 * 24 + 8 * 6}));
  EXPECT_EQ(
      cost("normalise", in({2, 3, 4}), std::span<const double>(mean), std::span<const double>(mean), out({2, 3, 4})),
      (Cost{48, 4 * 48 + 8 * 6}));
  for (const char* kernel : {"flip_image", "crop_image"})
    EXPECT_EQ(cost(kernel, in({1, 2, 3}), out({1, 2, 3})), of(0, 12)) << kernel;
  EXPECT_EQ(cost("augment", in({1, 2, 3}), AugmentOptions{}, std::span<const std::uint64_t>(), out({1, 2, 3})),
            of(0, 12));
}

TEST(Cost, OfAcceleratedProducts) {
  const ConstView a = in({2, 3}), b = in({3, 5});
  const Cost product = of(60, 6 + 15 + 10);
  EXPECT_EQ(cost("matmul_blocked", a, b, std::int64_t{32}, out({2, 5})), product);
  EXPECT_EQ(cost("matmul_packed", 1.0f, a, b, 0.0f, out({2, 5})), product);
  EXPECT_EQ(cost("matmul_parallel", 1.0f, a, b, 0.0f, out({2, 5})), product);
  EXPECT_EQ(cost("matmul_dispatched", a, b, std::int64_t{2}, out({2, 5})), product);
}

/// Names of the family's kernels; those that only a driver calls wait or count, and compute nothing.
template <class Slots>
void add_names(std::set<std::string>& names) {
  const auto add = [&](const auto& slot) {
    if (std::remove_cvref_t<decltype(slot)>::kKind == SlotKind::kernel) names.insert(slot.name);
  };
  std::apply([&](const auto&... slot) { (add(slot), ...); }, Slots::list());
}

TEST(Cost, EveryKernelHasARuleOrIsKnownToHaveNone) {
  // Work that no shape tells, integers only, or calls of others only.
  const std::set<std::string> none{"contiguous_strides",  "broadcast_shapes",  "index_to_offset", "flattened_shape",
                                   "xavier_uniform",      "xavier_normal",     "kaiming_uniform", "kaiming_normal",
                                   "distinct_parameters", "topological_order", "backward_step",   "backward",
                                   "count_correct",       "confusion_matrix",  "learning_rate",   "crc32",
                                   "encode_checkpoint",   "decode_checkpoint", "train_step",      "conv2d_shape",
                                   "pool2d_shape",        "shuffle",           "parse_idx",       "read_idx",
                                   "parse_csv",           "batch_count",       "batch_range",     "block_footprint",
                                   "block_for_cache",     "choose_matmul"};
  std::set<std::string> names;
  add_names<TensorSlots>(names);
  add_names<ActivationSlots>(names);
  add_names<LayerSlots>(names);
  add_names<LossSlots>(names);
  add_names<OptimizerSlots>(names);
  add_names<AutogradSlots>(names);
  add_names<TrainingSlots>(names);
  add_names<SpatialSlots>(names);
  add_names<DataSlots>(names);
  add_names<AccelerationSlots>(names);
  for (const std::string& name : names) EXPECT_NE(cost_rule(name) != nullptr, none.contains(name)) << name;
}

TEST(Cost, ShapesThatDoNotFitCostNothingStrange) {
  EXPECT_EQ(cost("matmul", in({2}), in({3}), out({4})), of(0, 9));
  EXPECT_EQ(cost_rule("matmul_fast"), nullptr);
}

}  // namespace
}  // namespace kiln::profile
