// Words and figures of a run.
#include "testing/report.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "testing/run.hpp"

namespace kiln::testing {

namespace {

using ::testing::TestInfo;
using ::testing::TestPartResult;

template <class Body>
void for_each_test(Body body) {
  const auto* unit = ::testing::UnitTest::GetInstance();
  for (int s = 0; s < unit->total_test_suite_count(); ++s) {
    const auto* suite = unit->GetTestSuite(s);
    for (int t = 0; t < suite->total_test_count(); ++t)
      if (suite->GetTestInfo(t)->should_run()) body(*suite->GetTestInfo(t));
  }
}

std::string property_of(const TestInfo& test, const std::string& key) {
  const auto& result = *test.result();
  std::string value;
  for (int i = 0; i < result.test_property_count(); ++i)
    if (result.GetTestProperty(i).key() == key) value = result.GetTestProperty(i).value();
  return value;
}

/// What failed, a paragraph a failure. GoogleTest's frame of a stray exception is taken off.
std::string message_of(const TestInfo& test) {
  std::string text;
  const auto& result = *test.result();
  for (int i = 0; i < result.total_part_count(); ++i) {
    const TestPartResult& part = result.GetTestPartResult(i);
    if (part.passed()) continue;
    std::string words = part.message();
    if (words.rfind("Failed\n", 0) == 0) words.erase(0, 7);
    if (words.rfind("Skipped\n", 0) == 0) words.erase(0, 8);
    while (!words.empty() && words.back() == '\n') words.pop_back();
    if (!text.empty()) text += '\n';
    text += words;
  }
  return text;
}

const char* status_of(const TestInfo& test) {
  return test.result()->Failed() ? "failed" : test.result()->Skipped() ? "skipped" : "passed";
}

bool use_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return (no_colour == nullptr || *no_colour == '\0') && isatty(STDOUT_FILENO) != 0;
}

class Printer : public ::testing::EmptyTestEventListener {
 public:
  void OnTestEnd(const TestInfo& test) override {
    const char* mark = test.result()->Failed() ? "FAILED" : test.result()->Skipped() ? "todo  " : "ok    ";
    const char* colour = test.result()->Failed() ? "\033[31m" : test.result()->Skipped() ? "\033[33m" : "\033[32m";
    std::printf("%s%s%s %s.%s\n", colour_ ? colour : "", mark, colour_ ? "\033[0m" : "", test.test_suite_name(),
                test.name());
    const std::string message = test.result()->Passed() ? "" : message_of(test);
    for (std::size_t start = 0; start < message.size();) {
      const std::size_t end = std::min(message.find('\n', start), message.size());
      std::printf("       %s\n", message.substr(start, end - start).c_str());
      start = end + 1;
    }
    std::fflush(stdout);
  }

 private:
  bool colour_ = use_colour();
};

}  // namespace

::testing::TestEventListener* make_printer() { return new Printer; }

nlohmann::json tests_report() {
  nlohmann::json tests = nlohmann::json::array();
  for_each_test([&](const TestInfo& test) {
    tests.push_back({{"suite", test.test_suite_name()},
                     {"name", test.name()},
                     {"status", status_of(test)},
                     {"kind", test.result()->Passed() ? "" : property_of(test, "kind")},
                     {"message", test.result()->Passed() ? "" : message_of(test)},
                     {"output", property_of(test, "output")},
                     {"milliseconds", test.result()->elapsed_time()}});
  });
  return tests;
}

nlohmann::json speed_report(const SpeedRequest& request, const speed::Measurement& measurement) {
  nlohmann::json report{{"name", request.name},
                        {"ratio", measurement.interval.median},
                        {"low", measurement.interval.low},
                        {"high", measurement.interval.high},
                        {"points", measurement.decision.points},
                        {"max", request.steps.empty() ? 0.0 : request.steps.back().points},
                        {"settled", measurement.decision.settled},
                        {"measured", measurement.measured},
                        {"note", measurement.note},
                        {"wrong", measurement.wrong},
                        {"failure", measurement.failure ? std::string(to_string(*measurement.failure)) : ""},
                        {"student_seconds", measurement.student_seconds},
                        {"reference_seconds", measurement.reference_seconds},
                        {"sets", measurement.sets},
                        {"restarts", measurement.samples.restarts().size()}};
  report["samples"] = measurement.ratios;
  if (!measurement.samples.empty()) report["wall_over_cpu"] = measurement.samples.student_wall_over_cpu();
  return report;
}

void write_report(const std::string& path, const nlohmann::json& report) {
  const std::string partial = path + ".partial";
  {
    std::ofstream file(partial);
    // A kernel's exception may hold any bytes.
    file << report.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    file.flush();
    if (!file) throw Error(ErrorKind::judge, "cannot write the report to " + partial);
  }
  if (std::rename(partial.c_str(), path.c_str()) != 0)
    throw Error(ErrorKind::judge, "cannot rename the report to " + path);
}

Counts count_tests() {
  Counts counts;
  for_each_test([&](const TestInfo& test) {
    if (test.result()->Failed()) {
      ++counts.failed;
      counts.judge_failed |= property_of(test, "kind") == "judge";
    } else {
      ++(test.result()->Skipped() ? counts.skipped : counts.passed);
    }
  });
  return counts;
}

}  // namespace kiln::testing
