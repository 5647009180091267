// Paired timings: what one speed measurement collected, grouped by worker restart.
// A round times reference and student twice each, in the order A B B A, so that a linear drift of the machine's clock
// cancels in the round's ratio. A ratio is the reference's time over the student's: 1 is as fast as the reference.
// Theory: Georges, Buytaert, Eeckhout, "Statistically Rigorous Java Performance Evaluation", OOPSLA 2007.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace kiln::speed {

/// Which clock scores: the worker's CPU time for kernels of one thread, wall time for parallel ones.
enum class Clock { cpu, wall };

/// One side's timed call. Both in seconds a call, finite and greater than 0.
struct Timing {
  double cpu_seconds = 0;
  double wall_seconds = 0;
};

double seconds(const Timing& timing, Clock clock);

/// Two timings a side, each side's in the order in which they were taken.
struct Round {
  std::array<Timing, 2> reference;
  std::array<Timing, 2> student;
};

/// The reference's two times over the student's two.
double ratio(const Round& round, Clock clock);

/// Values by restart: groups[r][i] is value i of restart r.
using Groups = std::vector<std::vector<double>>;

/// Identical binaries differ by up to 3 % from start to start, so a measurement pools at least this many.
inline constexpr std::size_t kMinimumRestarts = 3;

class Samples {
 public:
  /// The rounds added from now on come from a fresh pair of workers.
  void begin_restart();

  /// Adds a round to the current restart. Error(invalid_argument) before begin_restart(), and where a time is NaN,
  /// infinite, zero or negative; the samples are then unchanged.
  void add(const Round& round);

  const std::vector<std::vector<Round>>& restarts() const { return restarts_; }
  std::size_t rounds() const;
  bool empty() const { return rounds() == 0; }

  /// The ratios of each restart that has any rounds.
  Groups ratios(Clock clock) const;
  /// The same in one list, in order of time.
  std::vector<double> pooled_ratios(Clock clock) const;

  /// Median seconds of one call. Error(invalid_argument) where there are no rounds.
  double reference_seconds(Clock clock) const;
  double student_seconds(Clock clock) const;

  /// Median of the student's wall time over its CPU time: near 1 where one thread computes, well above it where the
  /// kernel sleeps or is preempted, below it where several threads compute. Error(invalid_argument) without rounds.
  double student_wall_over_cpu() const;

 private:
  std::vector<std::vector<Round>> restarts_;
};

}  // namespace kiln::speed
