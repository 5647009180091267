// The command line of a module's test program.
#pragma once

#include <string>
#include <vector>

#include "speed/steps.hpp"
#include "worker/session.hpp"

namespace kiln::testing {

/// A speed case to measure, and the steps that its ratio is compared with.
struct SpeedRequest {
  std::string name;
  std::vector<speed::Step> steps;
  bool parallel = false;  ///< scored by wall time
};

struct Options {
  worker::LaunchOptions student, reference;
  std::uint64_t seed = 0;
  int only_case = -1;
  int cpu = -1;  ///< processor that judge and workers share; -1: any
  int time_limit_ms = 2000;
  int threads = 1;  ///< that a kernel may use
  bool correctness = true;  ///< run the tests
  bool quiet = false;       ///< no words on standard output; the report says it all
  std::vector<SpeedRequest> speed;
  std::string report;  ///< path of the JSON report, "" for none
  std::string rerun;
};

/// Parses what GoogleTest left of the command line. Ends in CLI11's exceptions for main to turn into an exit status.
Options parse_options(int argc, char** argv);

/// "matmul.square=0.4:2,0.8:4", with "@wall" behind the name for a parallel kernel. Error(invalid_argument) otherwise.
SpeedRequest parse_speed_request(const std::string& text);

}  // namespace kiln::testing
