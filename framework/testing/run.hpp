// The run: what a test program was asked to do, and the state that its tests share.
// One program, one run; set by the tests' main before any test starts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "worker/session.hpp"

namespace kiln::testing {

struct Run {
  std::uint64_t seed = 20260101;
  int only_case = -1;                  ///< the case of a property to run alone, -1: all
  std::string rerun;                   ///< the command that a failure names; "" : this program's own
  worker::Session* session = nullptr;  ///< nullptr in process
  /// Suites whose other tests are not run, and the kind of failure that is why: a timeout, or what costs all points.
  std::map<std::string, std::string> hopeless;
};

Run& run();

/// "0x1a2b"
std::string hexadecimal(std::uint64_t value);

/// The case seed of a property: a hash of the run's seed, the test's name and the case's number.
std::uint64_t case_seed(std::uint64_t seed, const std::string& test, int number);

// Defined by table_remote.cpp and table_local.cpp, once a module; linking picks one.
bool runs_in_process();
worker::Family family_under_test();

}  // namespace kiln::testing
