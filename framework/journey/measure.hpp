// Rungs timed side by side on one problem: rung after rung in every round, each round in another order, on inputs that
// change from call to call. A rung is verified before it is timed, and after each round.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "journey/ladder.hpp"

namespace kiln::journey {

/// What a rung did on a problem.
struct Result {
  double seconds = 0;  ///< of one call, median of the rounds; 0 where it was not timed
  int rounds = 0;
  std::string skipped;  ///< why it was not timed
  std::string wrong;    ///< what was wrong with its output, or what it threw
};

struct MeasureOptions {
  int rounds = 7;
  double round_seconds = 1e-3;  ///< of one rung: short calls are repeated
  double limit_seconds = 3;     ///< of one call: a rung that is expected to take longer is skipped
  std::uint64_t seed = 1;
  std::function<bool()> stop = [] { return false; };  ///< asked between calls that are timed
};

struct Measured {
  Problem problem;
  std::vector<Result> results;  ///< one a rung
};

/// `expected` are seconds of a call of each rung, 0 where nothing is known: for the limit.
Measured measure(const Ladder& ladder, const Problem& problem, const std::vector<double>& expected,
                 const MeasureOptions& options);

/// Seconds that each rung will take on `problem`, from what was measured before: the largest problem's rate.
std::vector<double> expected_seconds(const std::vector<Measured>& before, const Problem& problem, std::size_t rungs);

}  // namespace kiln::journey
