// Networks on a chosen backend: who answers, mixtures, and a kernel that is wrong.
#include "kiln/backend.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/tensor.hpp"
#include "nn/ops.hpp"
#include "nn/report.hpp"
#include "throws.hpp"

namespace kiln::nn {
namespace {

/// A product that is right, by a loop of its own.
void naive_matmul(ConstView a, ConstView b, View c) {
  for (std::int64_t i = 0; i < c.shape[0]; ++i)
    for (std::int64_t j = 0; j < c.shape[1]; ++j) {
      c(i, j) = 0;
      for (std::int64_t k = 0; k < a.shape[1]; ++k) c(i, j) += a(i, k) * b(k, j);
    }
}

/// A product that forgets its first column.
void wrong_matmul(ConstView a, ConstView b, View c) {
  naive_matmul(a, b, c);
  for (std::int64_t i = 0; i < c.shape[0]; ++i) c(i, 0) = 0;
}

class Backends : public testing::Test {
 protected:
  void TearDown() override {
    set_overrides({});
    set_backend("reference");
  }

  static std::vector<float> product() {
    const Variable a = Tensor::from({2, 2}, {1, 2, 3, 4}), b = Tensor::from({2, 2}, {1, 1, 0, 1});
    const Variable c = matmul(a, b);
    return {c.value().flat().begin(), c.value().flat().end()};
  }

  static SlotReport who(const char* kernel) {
    const std::vector<SlotReport> slots = backend_report(get_backend());
    return *std::ranges::find(slots, kernel, &SlotReport::kernel);
  }
};

const std::vector<float> kProduct{1, 3, 3, 7};

TEST_F(Backends, AnUnknownOneIsRefused) {
  EXPECT_ERROR(set_backend("nobody"), invalid_argument, "no backend named \"nobody\"; known are ");
  EXPECT_EQ(product(), kProduct);
}

TEST_F(Backends, OneKernelMayComeFromAnother) {
  register_backend<TensorSlots>("nn naive", {.matmul = naive_matmul});
  set_backend("nn naive");
  EXPECT_EQ(product(), kProduct);
  EXPECT_EQ(kernels<TensorSlots>().matmul, &naive_matmul);
  EXPECT_EQ(who("matmul").answer, Answer::student);
  EXPECT_EQ(who("add").answer, Answer::reference);
  EXPECT_NE(report().find("matmul"), std::string::npos);
}

TEST_F(Backends, AWrongKernelChangesTheResultUntilItIsOverridden) {
  register_backend<TensorSlots>("nn wrong", {.matmul = wrong_matmul});
  EXPECT_EQ(product(), kProduct);
  set_backend("nn wrong");
  EXPECT_EQ(product(), (std::vector<float>{0, 3, 0, 7}));
  set_overrides({parse_override("matmul=reference")});
  EXPECT_EQ(product(), kProduct);
  EXPECT_EQ(who("matmul").reason, Reason::override_);
}

TEST_F(Backends, TheReportShowsEveryFamily) {
  const std::string text = report();
  for (const char* kernel : {"broadcast_shapes", "gelu_tanh", "dropout", "cross_entropy", "adamw_step", "unbroadcast",
                             "learning_rate", "batch_norm_eval", "shuffle"})
    EXPECT_NE(text.find(kernel), std::string::npos) << kernel;
}

/// What backward_step was asked for, and nothing else.
std::vector<std::size_t> wanted_counts;
void watching_step(const GraphNode& node, const std::vector<ConstView>& inputs, ConstView output, ConstView grad_output,
                   const std::vector<View>& grad_inputs) {
  wanted_counts.push_back(static_cast<std::size_t>(
      std::ranges::count_if(grad_inputs, [](const View& view) { return !(view.shape == Shape{0}); })));
  kernels<AutogradSlots>("reference").backward_step(node, inputs, output, grad_output, grad_inputs);
}

TEST_F(Backends, GradientsThatNobodyWantsAreNotAskedFor) {
  register_backend<AutogradSlots>("nn watching", {.backward_step = watching_step});
  set_backend("nn watching");
  wanted_counts.clear();
  Parameter x(Tensor::full({3}, 2));
  const Variable data = Tensor::full({3}, 5);
  // Of data * data no step is taken; of x * (data * data) one gradient is wanted; x * x is asked for both of its own.
  sum(x * (data * data) + x * x, 0).backward();
  std::ranges::sort(wanted_counts);
  EXPECT_EQ(wanted_counts, (std::vector<std::size_t>{1, 1, 2, 2})) << "sum and x * data^2; x * x and the addition";
}

std::int64_t wrong_order(std::span<const std::int64_t>, std::span<const std::int64_t>, std::int64_t,
                         std::span<std::int64_t> order) {
  std::ranges::fill(order, 1'000'000);
  return static_cast<std::int64_t>(order.size());
}
std::int64_t backward_order(std::span<const std::int64_t>, std::span<const std::int64_t>, std::int64_t,
                            std::span<std::int64_t> order) {
  std::iota(order.rbegin(), order.rend(), 0);
  return static_cast<std::int64_t>(order.size());
}

TEST_F(Backends, AWrongOrderDoesNotLeadOutOfTheGraph) {
  Parameter x(Tensor::full({3}, 2));
  register_backend<AutogradSlots>("nn disorder", {.topological_order = wrong_order});
  set_backend("nn disorder");
  EXPECT_ERROR(sum(x * x).backward(), broken_promise, "topological_order");
  EXPECT_FALSE(x.has_gradient());
  // Leaves first: wrong gradients, and no harm.
  register_backend<AutogradSlots>("nn disorder", {.topological_order = backward_order});
  Variable y = tanh(x) * x;
  sum(y).backward();
  EXPECT_EQ(y.shape(), Shape{3});
}

}  // namespace
}  // namespace kiln::nn
