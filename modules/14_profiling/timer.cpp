// timer: warm-up, then samples between two readings of the clock, each long enough to be told from the readings.
// Contract: kiln/kernels/profiling.hpp. Lesson: modules/14_profiling/README.md, step 2.
//
// Write what stands below as STUB(); then run `kiln check timer`.
// Stuck? `kiln hint timer`.
#include "kiln/kernels/profiling.hpp"

using namespace kiln;

// Example: warmup 1, runs 2, repeats 3, for a task of 100 ns and readings that take none:
//   run, (read, run, run, run, read), (read, run, run, run, read), and seconds = {1e-7, 1e-7}.
void impl::time_runs(Task& task, Clock& clock, TimerOptions options, std::span<double> seconds) {
  STUB();
}

// Example: for a task of 30 ns, readings that take none, and least_ns = 100: 1 run takes 30, 2 take 60, 4 take 120
// -> 4.
std::int64_t impl::calibrate_repeats(Task& task, Clock& clock, std::int64_t least_ns, std::int64_t most) {
  STUB();
}
