// ProfilerContext, ProfileScope and FlopCounter: what they measure, what the report says, and when it is written.
#include "profile/profiler_context.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <stdexcept>

#include "kiln/backend.hpp"
#include "meters.hpp"
#include "profile/flop_counter.hpp"

namespace kiln::profile {
namespace {

using testing::FakeClock;

struct Fixture {
  FakeClock clock;
  MemoryProfiler memory;
  std::ostringstream out;

  ProfilerOptions options(std::int64_t events = 100) { return {&clock, &memory, {100e9, 25e9}, events}; }
};

void expect_words(const std::string& text, std::initializer_list<const char*> words) {
  for (const char* word : words) EXPECT_NE(text.find(word), std::string::npos) << word << " is not in\n" << text;
}

TEST(ProfilerContext, scopes_measure_blocks) {
  Fixture f;
  ProfilerContext profiler("a step", f.out, f.options());
  {
    ProfileScope step(profiler, "step");
    const std::int64_t block = f.memory.allocate(3 << 20, "activations");
    {
      ProfileScope forward(profiler, "forward");
      f.clock.time += 2'000'000;
      f.memory.release(f.memory.allocate(4 << 20, "scratch"));
      const ScopeFigures figures = forward.end();
      EXPECT_EQ(figures.time_ms, 2);
      EXPECT_EQ(figures.peak_memory_mb, 7);
      EXPECT_EQ(figures.current_memory_mb, 3);
      f.clock.time += 50'000'000;  // after the end
    }
    f.memory.release(block);
    f.clock.time += 1'000'000;
  }
  ASSERT_EQ(profiler.scopes().size(), 2u) << "a scope that was ended ends once";
  EXPECT_EQ(profiler.scopes()[0].name, "forward");
  EXPECT_EQ(profiler.scopes()[1].time_ms, 53);
  EXPECT_EQ(profiler.scopes()[1].peak_memory_mb, 7);
  EXPECT_EQ(profiler.scopes()[1].current_memory_mb, 0);
}

TEST(ProfilerContext, writes_its_report_when_it_ends) {
  Fixture f;
  {
    ProfilerContext profiler("digits", f.out, f.options());
    ProfileScope(profiler, "forward").end();
    EXPECT_EQ(f.out.str(), "");
  }
  expect_words(f.out.str(), {"digits", "forward", "time ms"});
  const std::string once = f.out.str();
  {
    ProfilerContext profiler("digits", f.out, f.options());
    ProfileScope(profiler, "forward").end();
    profiler.end();
    EXPECT_EQ(f.out.str(), once + once);
  }
  EXPECT_EQ(f.out.str(), once + once) << "the report is written once";
}

TEST(ProfilerContext, writes_its_report_when_an_exception_passes) {
  Fixture f;
  EXPECT_THROW(
      {
        ProfilerContext profiler("fails", f.out, f.options());
        ProfileScope scope(profiler, "forward");
        throw std::runtime_error("no batch");
      },
      std::runtime_error);
  expect_words(f.out.str(), {"fails", "forward"});
}

TEST(ProfilerContext, names_the_bottleneck) {
  Fixture f;
  ProfilerContext profiler("kernels", f.out, f.options());
  const std::int64_t matmul = profiler.kernel("matmul"), relu = profiler.kernel("relu");
  EXPECT_EQ(profiler.kernel("matmul"), matmul);
  for (int i = 0; i < 2; ++i) {
    profiler.begin_kernel(matmul);
    f.clock.time += 4'000'000;
    profiler.end_kernel();
    profiler.begin_kernel(relu);
    f.clock.time += 1'000'000;
    profiler.end_kernel();
    profiler.add_work(matmul, {240'000'000, 4'000'000});
  }
  const BottleneckReport report = profiler.bottlenecks();
  EXPECT_EQ(report.bottleneck, "matmul");
  EXPECT_NEAR(report.most_speedup, 5, 1e-12);
  EXPECT_EQ(report.next, NextStep::compute_less);
  ASSERT_EQ(report.lines.size(), 2u);
  EXPECT_NEAR(report.lines[0].point.share, 0.6, 1e-12);
  expect_words(profiler.report(), {"The bottleneck is matmul", "60.0 %", "80.0 %", "8.000 ms", "5.00x"});
}

TEST(ProfilerContext, kernels_that_are_open_count_until_now) {
  Fixture f;
  ProfilerContext profiler("open", f.out, f.options());
  profiler.begin_kernel(profiler.kernel("train"));
  f.clock.time += 7'000;
  EXPECT_NEAR(profiler.bottlenecks().seconds, 7e-6, 1e-15);
  f.clock.time += 1'000;
  profiler.end_kernel();
  EXPECT_NEAR(profiler.bottlenecks().seconds, 8e-6, 1e-15);
  EXPECT_THROW(profiler.end_kernel(), Error);
}

TEST(ProfilerContext, a_full_trace_is_told) {
  Fixture f;
  ProfilerContext profiler("short", f.out, f.options(4));
  const std::int64_t kernel = profiler.kernel("add");
  for (int i = 0; i < 5; ++i) {
    profiler.begin_kernel(kernel);
    profiler.end_kernel();
  }
  EXPECT_EQ(profiler.dropped(), 3);
  expect_words(profiler.report(), {"3 calls"});
}

TEST(ProfilerContext, without_a_roof_times_are_told) {
  Fixture f;
  ProfilerOptions options = f.options();
  options.roof = {};
  ProfilerContext profiler("no roof", f.out, options);
  profiler.begin_kernel(profiler.kernel("add"));
  f.clock.time += 1'000;
  profiler.end_kernel();
  EXPECT_THROW(profiler.bottlenecks(), Error);
  expect_words(profiler.report(), {"add", "1.000 us", "The bottleneck is add"});
  EXPECT_EQ(profiler.report().find("FLOP/s"), std::string::npos);
}

TEST(ProfilerContext, refuses_misuse) {
  Fixture f;
  ProfilerContext profiler("misuse", f.out, f.options());
  EXPECT_THROW(profiler.begin_kernel(0), Error);
  EXPECT_THROW(profiler.begin_kernel(-1), Error);
  EXPECT_THROW(profiler.add_work(0, {1, 1}), Error);
  EXPECT_THROW(ProfilerContext("x", f.out, f.options(-1)), Error);
  auto outer = std::make_unique<ProfileScope>(profiler, "outer");
  ProfileScope inner(profiler, "inner");
  EXPECT_THROW(outer->end(), Error) << "the inner scope has not ended";
  inner.end();
  outer.reset();
  profiler.end();
  EXPECT_THROW(ProfileScope(profiler, "late"), Error);
}

TEST(ProfilerContext, measures_this_machine) {
  std::ostringstream out;
  {
    ProfilerContext profiler("real", out);
    ProfileScope scope(profiler, "block");
    EXPECT_GE(scope.end().time_ms, 0);
    EXPECT_GE(profiler.scopes()[0].peak_memory_mb, profiler.scopes()[0].current_memory_mb);
  }
  expect_words(out.str(), {"real", "block"});
}

TEST(FlopCounter, counts_a_network) {
  FlopCounter counter;
  const std::int64_t in = counter.leaf({64, 784});
  const std::int64_t hidden =
      counter.add("linear", Work::linear, {in, counter.leaf({256, 784}), counter.leaf({256})}, {64, 256});
  const std::int64_t active = counter.add("relu", Work::elementwise, {hidden}, {64, 256});
  counter.add("linear", Work::linear, {active, counter.leaf({10, 256}), counter.leaf({10})}, {64, 10});
  const std::vector<KernelWork> work = counter.by_name();
  ASSERT_EQ(work.size(), 2u);
  EXPECT_EQ(work[0].name, "linear");
  EXPECT_EQ(work[0].flops, 64 * 256 * (2 * 784 + 1) + 64 * 10 * (2 * 256 + 1));
  EXPECT_EQ(work[1].flops, 64 * 256);
  EXPECT_EQ(work[1].bytes, 2 * 4 * 64 * 256);
  EXPECT_EQ(counter.cost().total.flops, work[0].flops + work[1].flops);
  expect_words(counter.table(), {"linear", "relu", "total", "16384"});
}

TEST(FlopCounter, refuses_what_does_not_fit) {
  FlopCounter counter;
  const std::int64_t in = counter.leaf({2, 3});
  counter.add("matmul", Work::matmul, {in, in}, {2, 3});
  EXPECT_THROW(counter.cost(), Error);
  EXPECT_THROW(counter.table(), Error);
  EXPECT_EQ(FlopCounter().cost().total.flops, 0);
}

}  // namespace
}  // namespace kiln::profile
