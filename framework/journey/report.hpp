// What a journey tells: the tables, break-even points, the whole span, as text, JSON and SVG.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "journey/break_even.hpp"
#include "journey/plot.hpp"
#include "speed/roofs.hpp"

namespace kiln::journey {

struct Report {
  Ladder ladder;
  std::vector<Measured> table;  ///< the sizes asked for, in their order
  std::vector<Measured> fine;   ///< others, measured for break-even points
  speed::Roofs one, all;        ///< of one thread, and of as many as the parallel rungs have
  bool stopped = false;
  std::vector<std::string> files;
};

/// From the first rung to the last and to the fastest, at 512 where both ends were timed, else at the largest such
/// problem. Rungs that are the student's are left out.
struct Span {
  std::string at, first, last, fastest;
  double last_factor = 0, fastest_factor = 0;  ///< over the first; 0 where there is no span
};
Span span_of(const Report& report);

/// Whether a rung gave a wrong result, or threw.
bool any_wrong(const Report& report);

std::string format(const Report& report, const PlotStyle& style);
nlohmann::json to_json(const Report& report);
std::string chart(const Report& report);

}  // namespace kiln::journey
