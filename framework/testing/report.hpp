// What a test program tells: words for a student on the terminal, and a JSON report for the grader.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "speed/measure.hpp"
#include "testing/options.hpp"

namespace kiln::testing {

/// Replaces GoogleTest's printer: a line a test, and what failed in words. Owned by GoogleTest once appended.
::testing::TestEventListener* make_printer();

/// {"suite", "name", "status": passed|failed|skipped, "kind", "message", "output", "milliseconds"} for every test that ran;
/// the output is what a worker printed that died in it.
nlohmann::json tests_report();
/// One measured case.
nlohmann::json speed_report(const SpeedRequest& request, const speed::Measurement& measurement);

/// Writes `report` whole or not at all. Throws Error(judge) where that fails.
void write_report(const std::string& path, const nlohmann::json& report);

struct Counts {
  int passed = 0, failed = 0, skipped = 0;
  bool judge_failed = false;  ///< some test failed by our own fault
};
Counts count_tests();

}  // namespace kiln::testing
