// Running a property's cases in both placements, and turning what a kernel threw into a test's result.
#include "testing/property.hpp"

#include <gtest/gtest.h>

#include <cstdio>

#include "kiln/error.hpp"
#include "testing/run.hpp"

namespace kiln::testing {

namespace {

struct CurrentTest {
  std::string suite, name;
};

CurrentTest current_test() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  return {info->test_suite_name(), info->name()};
}

std::string rerun_command(const CurrentTest& test, int number) {
  const std::string where = " --seed " + hexadecimal(run().seed) + " --case " + std::to_string(number);
  if (!run().rerun.empty()) return run().rerun + " " + test.suite + " --test " + test.name + where;
  return "run again: --gtest_filter=" + test.suite + "." + test.name + where;
}

std::string context(const CurrentTest& test, int number, const Generator& generator) {
  std::string text =
      "case " + std::to_string(number) + ", seed " + hexadecimal(run().seed) + "\n" + generator.describe();
  return text + "alone: " + rerun_command(test, number);
}

/// One case in one placement. Returns false where the test is to stop.
bool run_case(const CurrentTest& test, int number, const std::function<void(Generator&)>& body) {
  Generator generator(case_seed(run().seed, test.suite + "." + test.name, number));
  std::string kind = "fail", message, printed;
  bool threw = true;
  try {
    body(generator);
    threw = false;
  } catch (const Error& error) {
    kind = to_string(error.kind());
    message = error.what();
    // The next call starts another worker; what this one printed is known only now.
    const bool died = error.kind() == ErrorKind::crash || error.kind() == ErrorKind::exited;
    if (died && run().session != nullptr) printed = run().session->output();
  } catch (const std::exception& error) {  // in process only: a worker hands on kiln::Error
    kind = "exception";
    message = std::string("an exception left the kernel: ") + error.what();
  }
  if (!threw && !::testing::Test::HasFailure()) return true;
  if (threw && message.empty()) message = "the kernel threw an exception without any words";
  ::testing::Test::RecordProperty("kind", kind);
  ::testing::Test::RecordProperty("case", number);
  if (!printed.empty()) ::testing::Test::RecordProperty("output", printed);
  if (kind == "stub") {
    [&] { GTEST_SKIP() << message; }();
    return false;
  }
  if (kind == "timeout" || kind == "violation" || kind == "protocol") run().hopeless.emplace(test.suite, kind);
  if (threw) ADD_FAILURE() << message;
  ADD_FAILURE() << context(test, number, generator);
  return false;
}

}  // namespace

void for_each_case(int count, const std::function<void(Generator&)>& body) {
  const CurrentTest test = current_test();
  if (::testing::Test::HasFailure() || ::testing::Test::IsSkipped()) return;
  if (const auto reason = run().hopeless.find(test.suite); reason != run().hopeless.end()) {
    ::testing::Test::RecordProperty("kind", reason->second);
    ADD_FAILURE() << "not run: a kernel of " << test.suite
                  << (reason->second == "timeout" ? " has already used up its time in an earlier test"
                                                  : " did in an earlier test what no kernel may do");
    return;
  }
  constexpr worker::Placement kPlacements[] = {worker::Placement::guarded, worker::Placement::aligned};
  for (int number = 0; number < count; ++number) {
    if (run().only_case >= 0 && number != run().only_case) continue;
    for (worker::Placement placement : kPlacements) {
      if (run().session != nullptr) run().session->set_placement(placement);
      if (!run_case(test, number, body)) return;
      if (run().session == nullptr) break;  // in process operands lie where they lie
    }
  }
}

Run& run() {
  static Run the_run;
  return the_run;
}

std::string hexadecimal(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::uint64_t case_seed(std::uint64_t seed, const std::string& test, int number) {
  std::uint64_t hash = seed ^ 0xcbf29ce484222325u;  // FNV-1a
  auto mix = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3u; };
  for (char letter : test) mix(static_cast<unsigned char>(letter));
  for (int i = 0; i < 4; ++i) mix(static_cast<unsigned char>(number >> (8 * i)));
  return hash;
}

}  // namespace kiln::testing
