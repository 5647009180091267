// Timer: how long a call takes, as percentiles of many runs after a warm-up, on this machine's clocks.
// Composed of module 14's timer and percentiles.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "kiln/keep.hpp"
#include "kiln/kernels/profiling.hpp"

namespace kiln::profile {

/// Real time; it goes on while others have the processor.
class SteadyClock final : public Clock {
 public:
  std::int64_t now() override;
};

/// The processor time of the calling thread; it stands still while the thread sleeps or waits for its turn.
class ThreadClock final : public Clock {
 public:
  std::int64_t now() override;
};

/// One for the whole program.
SteadyClock& steady_clock();

struct Timing {
  TimingSummary seconds;        ///< of one call
  std::vector<double> samples;  ///< in the order of the runs
  std::int64_t repeats = 1;     ///< calls a sample
};

/// "p50 1.250 us, p95 1.300 us, p99 1.410 us (100 runs, 1.240 us to 1.500 us)"
std::string describe(const Timing& timing);

class Timer {
 public:
  /// Times fn(). What it returns is kept, so that the compiler cannot take the work away; what it writes elsewhere,
  /// keep() in it. Error(invalid_argument) where warmup is negative or runs is below 1; what fn throws leaves here.
  template <class Function>
  static Timing measure(Function&& fn, std::int64_t warmup = 3, std::int64_t runs = 100,
                        Clock& clock = steady_clock()) {
    TaskOf<Function> task(fn);
    return measure_task(task, {warmup, runs, 1}, clock);
  }

  /// The same for a call that is shorter than a reading of the clock: as many calls a sample as last `least_ns`.
  template <class Function>
  static Timing measure_short(Function&& fn, std::int64_t least_ns = 10'000, std::int64_t runs = 100,
                              Clock& clock = steady_clock()) {
    TaskOf<Function> task(fn);
    return measure_short_task(task, least_ns, runs, clock);
  }

 private:
  template <class Function>
  class TaskOf final : public Task {
   public:
    explicit TaskOf(Function& fn) : fn_(fn) {}
    void run() override {
      if constexpr (std::is_void_v<std::invoke_result_t<Function&>>) {
        fn_();
        keep(&fn_);
      } else {
        const auto& result = fn_();
        keep(result);
      }
    }

   private:
    std::remove_reference_t<Function>& fn_;
  };

  static Timing measure_task(Task& task, TimerOptions options, Clock& clock);
  static Timing measure_short_task(Task& task, std::int64_t least_ns, std::int64_t runs, Clock& clock);
};

}  // namespace kiln::profile
