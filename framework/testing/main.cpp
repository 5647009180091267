// The one main of every module's tests: sets up the run, runs tests and speed cases, reports.
#include <gtest/gtest.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "testing/options.hpp"
#include "testing/report.hpp"
#include "testing/run.hpp"

namespace kiln::testing {

namespace {

constexpr int kAllSkipped = 77;

/// Judge and worker share one processor and block: a call then costs a third of what two processors cost.
void pin_to(int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    throw Error(ErrorKind::judge, "cannot run on processor " + std::to_string(cpu));
}

worker::SessionOptions session_options(const worker::LaunchOptions& launch, const Options& options) {
  worker::SessionOptions session;
  session.launch = launch;
  session.time_limit = std::chrono::milliseconds(options.time_limit_ms);
  session.threads = options.threads;
  if (options.threads > 1)
    for (const std::string& word : {std::string("--threads"), std::to_string(options.threads)})
      session.launch.arguments.push_back(word);
  return session;
}

/// The state of each slot, listed without running any. A worker that does not even start has none; its tests will tell.
nlohmann::json slots_report(worker::Session& session) {
  constexpr const char* kStates[] = {"written", "stub", "missing"};
  nlohmann::json slots = nlohmann::json::array();
  try {
    const auto& states = session.slots();
    for (std::size_t i = 0; i < states.size(); ++i)
      slots.push_back({{"name", session.family().slots[i].name}, {"state", kStates[static_cast<int>(states[i])]}});
  } catch (const Error& error) {
    // What the kernel's file did is told by the first test, with its kind. A worker that does not even start would cost
    // each test the time that it may take.
    if (error.kind() == ErrorKind::judge) throw;
  }
  return slots;
}

void print_speed(const SpeedRequest& request, const speed::Measurement& measurement) {
  if (!measurement.measured)
    std::printf("speed  %s: not measured: %s\n", request.name.c_str(), measurement.note.c_str());
  else if (request.steps.empty())
    std::printf("speed  %s: %.2f (%.2f to %.2f) of the reference's speed\n", request.name.c_str(),
                measurement.interval.median, measurement.interval.low, measurement.interval.high);
  else
    std::printf("speed  %s: %s\n", request.name.c_str(),
                speed::describe(measurement.decision, measurement.interval).c_str());
}

/// Measures what was asked for. Returns whether every step but the last was reached by nobody's fault but the kernel's.
bool measure_speed(const Options& options, worker::Session& student, nlohmann::json& report) {
  worker::Session reference(student.family(), session_options(options.reference, options));
  report["speed"] = nlohmann::json::array();
  bool all_full = true;
  for (const SpeedRequest& request : options.speed) {
    const speed::SpeedCase* found = nullptr;
    std::string known;
    for (const speed::SpeedCase* candidate : speed::speed_cases()) {
      if (candidate->name == request.name) found = candidate;
      known += " " + candidate->name;
    }
    if (found == nullptr)
      throw Error(ErrorKind::invalid_argument, "--speed: no case named \"" + request.name + "\"; there are:" + known);
    speed::MeasureOptions how;
    how.steps = request.steps;
    how.clock = request.parallel ? speed::Clock::wall : speed::Clock::cpu;
    how.seed = case_seed(options.seed, request.name, 0);
    const speed::Measurement measurement = speed::measure(*found, student, reference, how);
    report["speed"].push_back(speed_report(request, measurement));
    if (!options.quiet) print_speed(request, measurement);
    all_full &= measurement.measured && (request.steps.empty() || measurement.decision.full());
  }
  return all_full;
}

int run_all(const Options& options) {
  pin_to(options.cpu);
  run().seed = options.seed;
  run().only_case = options.only_case;
  run().rerun = options.rerun;
  nlohmann::json report{{"seed", hexadecimal(options.seed)}};
  std::unique_ptr<worker::Session> session;
  int status = 0;
  try {
    if (!runs_in_process()) {
      session = std::make_unique<worker::Session>(family_under_test(), session_options(options.student, options));
      worker::Session::set_current(session.get());
      run().session = session.get();
      if (!options.report.empty()) report["slots"] = slots_report(*session);
    }
    if (options.correctness) {
      auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
      delete listeners.Release(listeners.default_result_printer());
      if (!options.quiet) listeners.Append(make_printer());
      const int tests_failed = RUN_ALL_TESTS();
      const Counts counts = count_tests();
      report["tests"] = tests_report();
      if (!options.quiet)
        std::printf("%d passed, %d failed, %d to do (seed %s)\n", counts.passed, counts.failed, counts.skipped,
                    hexadecimal(options.seed).c_str());
      status = counts.judge_failed                        ? 3
               : tests_failed != 0                        ? 1
               : counts.passed == 0 && counts.skipped > 0 ? kAllSkipped
                                                          : 0;
    }
    if (!options.speed.empty() && status == 0 && !measure_speed(options, *session, report)) status = 1;
    if (session) report["output"] = session->output();
  } catch (const Error& error) {
    status = error.kind() == ErrorKind::invalid_argument ? 2 : 3;
    report["error"] = error.what();
    std::fprintf(stderr, "%s\n", error.what());
  }
  if (!options.report.empty()) write_report(options.report, report);
  return status;
}

}  // namespace
}  // namespace kiln::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  try {
    const kiln::testing::Options options = kiln::testing::parse_options(argc, argv);
    if (GTEST_FLAG_GET(list_tests)) return RUN_ALL_TESTS();
    return kiln::testing::run_all(options);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return 0;
    std::fprintf(stderr, "%s\nTry --help.\n", error.what());
    return 2;
  } catch (const kiln::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.kind() == kiln::ErrorKind::invalid_argument ? 2 : 3;
  }
}
