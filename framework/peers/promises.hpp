// What the optimized kernels promise to reach beside the best libraries: a table, and how a run stands by it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "peers/contest.hpp"
#include "speed/roofs.hpp"

namespace kiln::peers {

/// One case held to one promise; all promises are of one thread.
struct Verdict {
  std::string name;                ///< the case
  std::string against;             ///< "the better of openblas and onednn", "the FMA roof"
  double at_least = 0;             ///< times as fast as those, or the share of the roof
  std::optional<double> measured;  ///< none: the contestants that it needs were not timed
  bool holds = false;              ///< false also where nothing was measured
};

/// Of the cases among `results` that a promise is about.
std::vector<Verdict> verdicts(const std::vector<Result>& results, const std::vector<speed::Roofs>& roofs);

}  // namespace kiln::peers
