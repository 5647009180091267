// Timer: what is run and read, what comes out, and that what is timed is really done.
#include "profile/timer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <stdexcept>

#include "meters.hpp"

namespace kiln::profile {
namespace {

using testing::FakeClock;

TEST(Timer, warms_up_then_times_each_run) {
  FakeClock clock;
  int calls = 0;
  const Timing timing = Timer::measure([&] { clock.time += ++calls <= 3 ? 9000 : 100 * calls; }, 3, 4, clock);
  EXPECT_EQ(calls, 7);
  EXPECT_EQ(clock.readings, 8);
  ASSERT_EQ(timing.samples.size(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(timing.samples[static_cast<std::size_t>(i)], (400 + 100 * i) * 1e-9, 1e-18);
  EXPECT_NEAR(timing.seconds.p50, 550e-9, 1e-18);
  EXPECT_NEAR(timing.seconds.p95, 685e-9, 1e-18);
  EXPECT_NEAR(timing.seconds.p99, 697e-9, 1e-18);
}

TEST(Timer, has_the_courses_defaults) {
  int calls = 0;
  const Timing timing = Timer::measure([&] { ++calls; });
  EXPECT_EQ(calls, 103);
  EXPECT_EQ(timing.seconds.runs, 100);
}

TEST(Timer, repeats_what_is_short) {
  FakeClock clock;
  const Timing timing = Timer::measure_short([&] { clock.time += 3; }, 1000, 10, clock);
  EXPECT_EQ(timing.repeats, 512) << "the first power of two that lasts 1000 ns";
  EXPECT_NEAR(timing.seconds.p50, 3e-9, 1e-20);
}

TEST(Timer, takes_results_of_any_kind) {
  EXPECT_EQ(Timer::measure([] { return 7; }, 0, 2).seconds.runs, 2);
  EXPECT_EQ(Timer::measure([] { return std::vector<float>(3); }, 0, 2).seconds.runs, 2);
  EXPECT_EQ(Timer::measure([] { return std::make_unique<int>(3); }, 0, 2).seconds.runs, 2);
  const std::vector<float> lasting(3);
  EXPECT_EQ(Timer::measure([&]() -> const std::vector<float>& { return lasting; }, 0, 2).seconds.runs, 2);
  int calls = 0;
  auto function = [&calls] { ++calls; };
  Timer::measure(function, 1, 2);
  EXPECT_EQ(calls, 3);
}

/// Work without any effect but its result, which an optimiser takes away as soon as nobody wants it.
std::uint64_t steps(int count) {
  std::uint64_t state = 1;
  for (int i = 0; i < count; ++i) state = (state ^ (state >> 7)) * 6364136223846793005u;
  return state;
}

TEST(Timer, what_is_timed_is_done) {
  ThreadClock clock;
  const double nothing = Timer::measure([] {}, 3, 20, clock).seconds.p50;
  const double returned = Timer::measure([] { return steps(200'000); }, 3, 20, clock).seconds.p50;
  const double kept = Timer::measure([] { keep(steps(200'000)); }, 3, 20, clock).seconds.p50;
  EXPECT_GT(returned, 20 * nothing) << "the compiler took the work away";
  EXPECT_GT(kept, 20 * nothing) << "the compiler took the work away";
  // Why keep() is there: where this is no longer so, the test above proves nothing.
  const double lost = Timer::measure([] { steps(200'000); }, 3, 20, clock).seconds.p50;
  EXPECT_LT(lost, returned / 20) << "the compiler no longer takes away what nobody wants";
}

TEST(Timer, refuses_no_runs_and_lets_exceptions_out) {
  EXPECT_THROW(Timer::measure([] {}, 3, 0), Error);
  EXPECT_THROW(Timer::measure([] {}, 3, -1), Error);
  EXPECT_THROW(Timer::measure([] {}, -1, 5), Error);
  EXPECT_THROW(Timer::measure([] { throw std::runtime_error("no batch"); }), std::runtime_error);
}

TEST(Timer, says_it_in_units) {
  Timing timing;
  timing.seconds = {.runs = 100, .mean = 0, .min = 1.24e-6, .max = 0.0015, .p50 = 1.25e-6, .p95 = 2e-9, .p99 = 1.5};
  EXPECT_EQ(describe(timing), "p50 1.250 us, p95 2.000 ns, p99 1.500 s (100 runs, 1.240 us to 1.500 ms)");
}

TEST(Clocks, do_not_go_backwards) {
  ThreadClock thread;
  for (Clock* clock : {static_cast<Clock*>(&steady_clock()), static_cast<Clock*>(&thread)}) {
    std::int64_t last = clock->now();
    for (int i = 0; i < 1000; ++i) {
      const std::int64_t now = clock->now();
      ASSERT_GE(now, last);
      last = now;
    }
  }
}

}  // namespace
}  // namespace kiln::profile
