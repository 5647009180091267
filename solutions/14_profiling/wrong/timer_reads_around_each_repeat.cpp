// Wrong: the clock is read once a run, so that the sample holds as many readings.
#include "kiln/kernels/profiling.hpp"

using namespace kiln;

namespace {

std::int64_t time_of(Task& task, Clock& clock, std::int64_t repeats) {
  std::int64_t ns = 0;
  for (std::int64_t i = 0; i < repeats; ++i) {
    const std::int64_t begin = clock.now();
    task.run();
    ns += clock.now() - begin;
  }
  return ns;
}

}  // namespace

// Example: warmup 1, runs 2, repeats 3, for a task of 100 ns and readings that take none:
//   run, (read, run, run, run, read), (read, run, run, run, read), and seconds = {1e-7, 1e-7}.
void impl::time_runs(Task& task, Clock& clock, TimerOptions options, std::span<double> seconds) {
  KILN_REQUIRE("time_runs: warmup is negative", options.warmup >= 0);
  KILN_REQUIRE("time_runs: there are no runs", options.runs >= 1);
  KILN_REQUIRE("time_runs: there are no repeats", options.repeats >= 1);
  KILN_REQUIRE("time_runs: seconds has no room for each run",
               static_cast<std::int64_t>(seconds.size()) == options.runs);
  for (std::int64_t i = 0; i < options.warmup; ++i) task.run();
  for (double& sample : seconds) {
    const std::int64_t ns = time_of(task, clock, options.repeats);
    sample = static_cast<double>(ns) * 1e-9 / static_cast<double>(options.repeats);
  }
}

// Example: for a task of 30 ns, readings that take none, and least_ns = 100: 1 run takes 30, 2 take 60, 4 take 120
// -> 4.
std::int64_t impl::calibrate_repeats(Task& task, Clock& clock, std::int64_t least_ns, std::int64_t most) {
  KILN_REQUIRE("calibrate_repeats: least_ns is below 1", least_ns >= 1);
  KILN_REQUIRE("calibrate_repeats: most is below 1", most >= 1);
  for (std::int64_t repeats = 1;; repeats *= 2) {
    if (time_of(task, clock, repeats) >= least_ns) return repeats;
    if (repeats > most / 2) return most;
  }
}
