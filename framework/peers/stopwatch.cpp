// Clocks and the kernel's count of busy processors.
#include "peers/stopwatch.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace kiln::peers {
namespace {

/// Seconds of all processors that anybody has computed on since the system's start; 0 where nobody counts them.
double busy_seconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  // user nice system idle iowait irq softirq steal
  double ticks[8] = {};
  file >> word;
  for (double& each : ticks) file >> each;
  return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

double now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void rest() {
  constexpr timespec kNap{0, 1'000'000};
  const double deadline = now(CLOCK_MONOTONIC) + 0.1;
  for (double before = now(CLOCK_PROCESS_CPUTIME_ID); now(CLOCK_MONOTONIC) < deadline;) {
    nanosleep(&kNap, nullptr);
    const double after = now(CLOCK_PROCESS_CPUTIME_ID);
    if (after - before < 0.2e-3) return;
    before = after;
  }
}

Others::Others() : busy_(busy_seconds()), own_(now(CLOCK_PROCESS_CPUTIME_ID)), wall_(now(CLOCK_MONOTONIC)) {}

double Others::processors() const {
  const double all = busy_seconds() - busy_, own = now(CLOCK_PROCESS_CPUTIME_ID) - own_;
  return std::max(0.0, (all - own) / (now(CLOCK_MONOTONIC) - wall_));
}

}  // namespace kiln::peers
