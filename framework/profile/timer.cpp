// Timer on the slots, and the clocks of this machine.
#include "profile/timer.hpp"

#include <ctime>

#include "kiln/backend.hpp"
#include "profile/units.hpp"

namespace kiln::profile {

namespace {

std::int64_t read(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::int64_t SteadyClock::now() { return read(CLOCK_MONOTONIC); }
std::int64_t ThreadClock::now() { return read(CLOCK_THREAD_CPUTIME_ID); }

SteadyClock& steady_clock() {
  static SteadyClock clock;
  return clock;
}

std::string describe(const Timing& timing) {
  const TimingSummary& seconds = timing.seconds;
  return "p50 " + show_seconds(seconds.p50) + ", p95 " + show_seconds(seconds.p95) + ", p99 " +
         show_seconds(seconds.p99) + " (" + std::to_string(seconds.runs) + " runs, " + show_seconds(seconds.min) +
         " to " + show_seconds(seconds.max) + ")";
}

Timing Timer::measure_task(Task& task, TimerOptions options, Clock& clock) {
  KILN_REQUIRE("Timer::measure: there are no runs", options.runs >= 1);
  Timing timing;
  timing.repeats = options.repeats;
  timing.samples.resize(static_cast<std::size_t>(options.runs));
  const ProfilingSlots& slots = kernels<ProfilingSlots>();
  slots.time_runs(task, clock, options, timing.samples);
  timing.seconds = slots.timing_summary(timing.samples);
  return timing;
}

Timing Timer::measure_short_task(Task& task, std::int64_t least_ns, std::int64_t runs, Clock& clock) {
  // Calibrating warms up as well.
  constexpr std::int64_t kMostRepeats = std::int64_t{1} << 30;
  const std::int64_t repeats = kernels<ProfilingSlots>().calibrate_repeats(task, clock, least_ns, kMostRepeats);
  return measure_task(task, {0, runs, repeats}, clock);
}

}  // namespace kiln::profile
