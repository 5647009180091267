// What a profile says: the run's facts, as text and as JSON, and what to do next.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "profile/summary.hpp"
#include "profile/tensor_memory.hpp"
#include "speed/roofs.hpp"

namespace kiln::profile {

struct Overhead {
  double plain = 0, recorded = 0;  ///< seconds of a step, medians; 0 where nothing was measured
  double share = 0;                ///< recorded / plain - 1 of steps that follow each other, median
  double low = 0, high = 0;        ///< between them lies half of the pairs
};

struct Report {
  std::string milestone, title, backend;
  std::vector<std::string> backends;  ///< that this program knows
  std::int64_t steps = 0;             ///< that were recorded
  std::int64_t wanted = 0;
  std::int64_t steps_at_once = 1;  ///< how many lie between two moments at which the milestone can stop
  double step_seconds = 0;         ///< median
  bool stopped = false;            ///< by Ctrl-C
  Summary summary;
  speed::Roofs roofs;
  MemoryPeak memory;
  Overhead overhead;
  std::vector<std::string> files;  ///< that were written
};

/// The kernel or place that costs most, why, and what to do next.
struct Bottleneck {
  std::string name;   ///< a kernel, or "outside of kernels"
  double share = 0;   ///< of the time
  std::string bound;  ///< "compute", "memory", "calls", "loader" or "framework"
  std::string why, next;
};
Bottleneck bottleneck(const Report& report);

std::string format(const Report& report);
nlohmann::json to_json(const Report& report);

}  // namespace kiln::profile
