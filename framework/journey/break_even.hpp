// From which size on one rung beats another.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journey/measure.hpp"

namespace kiln::journey {

/// The smallest measured problem from which on `later` is faster on every larger one too. Problems on which either was
/// not timed say nothing. Nothing where there is no such problem.
struct BreakEven {
  std::string earlier, later;  ///< ids of rungs
  std::optional<Problem> at;
  bool from_the_first = false;  ///< `at` is the smallest problem that was measured: it may lie below
  std::size_t compared = 0;     ///< problems on which both were timed
};

/// Of rungs that follow each other on the ladder, missing ones and the student's left out. `measured` in any order.
std::vector<BreakEven> break_even_points(const Ladder& ladder, const std::vector<Measured>& measured);

}  // namespace kiln::journey
