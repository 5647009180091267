// What a graph holds, and when it lets go; graphs of 100,000 nodes on a small stack.
#include <gtest/gtest.h>
#include <pthread.h>

#include <cmath>
#include <functional>
#include <utility>

#include "live_bytes.hpp"
#include "nn/ops.hpp"
#include "throws.hpp"

namespace kiln::nn {
namespace {

constexpr std::int64_t kElements = 16 * 1024;
/// A tensor of kElements, with what the allocator adds.
constexpr std::int64_t kTensor = kElements * 4 + 256;

Parameter large() { return Parameter(Tensor::full({kElements}, 0.5f)); }

/// tanh(tanh(...(x))), `depth` of them, and their mean.
Variable chain(const Variable& x, int depth) {
  Variable y = x;
  for (int i = 0; i < depth; ++i) y = tanh(y);
  return mean(y, 0);
}

TEST(Memory, IsFreedOnTheWayBack) {
  Parameter x = large();
  const std::int64_t before = live_bytes();
  Variable loss = chain(x, 32);
  const std::int64_t graph = live_bytes() - before;
  EXPECT_GE(graph, 32 * kElements * 4);
  forget_peak();
  loss.backward();
  // Beside the graph: the gradients that one node reads and writes, and the leaf's.
  EXPECT_LE(peak_bytes(), before + graph + 3 * kTensor);
  // What stays is the leaf's gradient, and the scalar.
  EXPECT_LE(live_bytes(), before + 2 * kTensor);
  x.zero_grad();
  EXPECT_LE(live_bytes(), before + kTensor);
}

TEST(Memory, StaysForWhatTheUserHolds) {
  Parameter x = large();
  const std::int64_t before = live_bytes();
  Variable held;
  {
    const Variable first = tanh(x);
    held = tanh(first);
    chain(held, 8).backward();
  }
  // The value and gradient of `held`, and the gradient of x.
  EXPECT_LE(live_bytes(), before + 3 * kTensor + 256);
  EXPECT_GE(live_bytes(), before + 3 * kElements * 4);
  EXPECT_EQ(held.data().shape, Shape{kElements});
  EXPECT_NEAR(held.value().flat()[7], std::tanh(std::tanh(0.5)), 1e-6);
  EXPECT_GT(held.gradient().flat()[7], 0);
}

TEST(Memory, StaysWhereTheGraphIsKept) {
  Parameter x = large();
  const std::int64_t before = live_bytes();
  {
    Variable loss = chain(x, 8);
    loss.backward({.keep_graph = true});
    EXPECT_GE(live_bytes(), before + 8 * kElements * 4);
    loss.backward();
    EXPECT_LE(live_bytes(), before + 2 * kTensor);
  }
  EXPECT_FLOAT_EQ(x.gradient().flat()[0] / x.gradient().flat()[1], 1);
}

TEST(Memory, NothingIsHeldWithoutAGradient) {
  const std::int64_t before = live_bytes();
  {
    const Variable data = Tensor::full({kElements}, 1);
    const Variable out = chain(data, 8);
    EXPECT_LE(live_bytes(), before + 2 * kTensor);
    Parameter x = large();
    const NoGrad guard;
    const Variable also = chain(x, 8);
    EXPECT_LE(live_bytes(), before + 3 * kTensor);
  }
  EXPECT_EQ(live_bytes(), before);
}

TEST(Memory, AGraphThatNobodyWalkedGoesWithItsHandle) {
  const std::int64_t before = live_bytes();
  {
    Parameter x = large();
    Variable loss = chain(x, 8);
    loss = Variable();
    EXPECT_LE(live_bytes(), before + kTensor);
  }
  EXPECT_EQ(live_bytes(), before);
}

/// Runs `body` in a thread with `bytes` of stack.
void on_a_small_stack(std::size_t bytes, std::function<void()> body) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, bytes), 0);
  pthread_t thread;
  const auto run = [](void* function) -> void* {
    (*static_cast<std::function<void()>*>(function))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &body), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kStack = 256 * 1024;
#else
constexpr std::size_t kStack = 64 * 1024;
#endif
constexpr int kDepth = 100'000;

TEST(DeepGraphs, WalkAndFree) {
  on_a_small_stack(kStack, [] {
    Parameter x(Tensor::full({2}, 3));
    {
      Variable y = x;
      for (int i = 0; i < kDepth; ++i) y = y + 1.0f;
      sum(y).backward();
    }
    EXPECT_EQ(x.gradient().flat()[0], 1);
  });
}

TEST(DeepGraphs, FreeWithoutAWalk) {
  const std::int64_t before = live_bytes();
  on_a_small_stack(kStack, [] {
    Parameter x(Tensor::full({2}, 3));
    Variable y = x;
    // Each step twice from the one before: 2^100,000 paths.
    for (int i = 0; i < kDepth; ++i) y = y * y;
    const Variable fork = y + 1.0f;
    y = Variable();
  });
  EXPECT_EQ(live_bytes(), before);
}

TEST(DeepGraphs, DiamondsAreWalkedOnce) {
  on_a_small_stack(kStack, [] {
    Parameter x(Tensor::full({2}, 3));
    Variable y = x;
    for (int i = 0; i < kDepth / 2; ++i) y = (y + y) * 0.5f;
    sum(y).backward({.keep_graph = true});
    EXPECT_EQ(x.gradient().flat()[1], 1);
  });
}

TEST(DeepGraphs, WideGraphsGather) {
  Parameter x(Tensor::full({2}, 3));
  Variable total = 0.0f;
  for (int i = 0; i < 1000; ++i) total = total + x * 2.0f;
  sum(total).backward();
  EXPECT_EQ(x.gradient().flat()[0], 2000);
}

}  // namespace
}  // namespace kiln::nn
