// The roofs in relation to each other and to plain loops: figures of a machine cannot be expected, orders can.
#include "speed/roofs.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kiln/error.hpp"

namespace {

using kiln::speed::measure_roofs;
using kiln::speed::Roofs;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Operations a second of one chain in which each step waits for the one before.
double chain_flops() {
  volatile float seed = 0.5f;
  constexpr int kSteps = 20'000'000;
  float value = seed;
  const double start = cpu_seconds();
  for (int i = 0; i < kSteps; ++i) value = value * 0.999f + 0.001f;
  const double taken = cpu_seconds() - start;
  seed = value;
  return 2.0 * kSteps / taken;
}

/// Bytes a second of a loop that reads memory in order, an element at a time.
double plain_read_bytes() {
  const std::vector<float> data(16 << 20, 1.0f);
  volatile float sink = 0;
  float sum = 0;
  const double start = cpu_seconds();
  for (const float value : data) sum += value;
  const double taken = cpu_seconds() - start;
  sink = sum;
  static_cast<void>(sink);
  return 4.0 * static_cast<double>(data.size()) / taken;
}

TEST(Roofs, LieAbovePlainLoops) {
  const Roofs roofs = measure_roofs(1, 0.3);
  EXPECT_EQ(roofs.threads, 1);
  // Vectors of that many elements; and several chains hide the latency for which the plain loop waits.
  const int elements = std::stoi(roofs.vectors) / 32;
  ASSERT_GE(elements, 4);
  EXPECT_GT(roofs.flops, 5 * elements * chain_flops());
  EXPECT_GT(roofs.bytes, plain_read_bytes());
}

TEST(Roofs, MatchTheInstructionSet) {
  const Roofs roofs = measure_roofs(1, 0.2);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    EXPECT_NE(roofs.vectors, "128-bit multiply and add");
  } else {
    EXPECT_EQ(roofs.vectors, "128-bit multiply and add");
  }
}

TEST(Roofs, NearerMemoryIsFaster) {
  const Roofs roofs = measure_roofs(1, 0.3);
  EXPECT_GT(roofs.l1_bytes, roofs.l2_bytes);
  EXPECT_GT(roofs.l2_bytes, roofs.read_bytes);
  EXPECT_EQ(roofs.bytes, std::max(roofs.read_bytes, roofs.triad_bytes));
}

TEST(Roofs, OfSeveralThreadsAreTheirSum) {
  const Roofs one = measure_roofs(1, 0.3), two = measure_roofs(2, 0.3);
  EXPECT_EQ(two.threads, 2);
  // On a busy machine two threads may share a core, and then take turns on it; they never gain more than another core.
  EXPECT_GT(two.flops, 0.2 * one.flops);
  EXPECT_LT(two.flops, 3 * one.flops);
}

TEST(Roofs, RefuseNoThreadsAndNoTime) {
  EXPECT_THROW(measure_roofs(0, 0.1), kiln::Error);
  EXPECT_THROW(measure_roofs(1, 0), kiln::Error);
  EXPECT_THROW(measure_roofs(1, std::nan("")), kiln::Error);
}

}  // namespace
