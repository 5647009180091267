// measure(): the paired measurement of one speed case, reference against student, each in its own worker.
// They alternate A B B A on fresh inputs; every timed output is verified; several worker restarts are pooled; rounds in
// which the reference drifts are thrown away; where the interval straddles a step, more is measured.
// Answers "measure again" on a machine that is too noisy, never a wrong step.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "speed/samples.hpp"
#include "speed/speed_case.hpp"
#include "speed/statistics.hpp"
#include "speed/steps.hpp"

namespace kiln::speed {

struct MeasureOptions {
  std::vector<Step> steps;        ///< empty: only measure
  Clock clock = Clock::cpu;       ///< wall for kernels that may use threads
  double restart_seconds = 0.12;  ///< of rounds in one pair of workers
  int least_restarts = 5;
  int most_restarts = 15;
  std::uint64_t seed = 1;
};

struct Measurement {
  Samples samples;    ///< all rounds, those thrown away too
  std::vector<double> ratios;  ///< of the rounds that were kept, in order
  Interval interval;  ///< of these ratios
  Decision decision;
  bool measured = false;  ///< false: `note` says why; measure again
  std::string note;
  double student_seconds = 0, reference_seconds = 0;  ///< median of one call
  int sets = 0;                                       ///< argument sets a request
  std::optional<ErrorKind> failure;  ///< how the student's kernel failed while it was timed; the message is `note`
  bool wrong = false;                ///< a timed output was wrong; `note` says how
};

/// Both sessions are renewed. Throws Error(judge) where the reference itself fails.
Measurement measure(const SpeedCase& speed_case, worker::Session& student, worker::Session& reference,
                    const MeasureOptions& options);

}  // namespace kiln::speed
