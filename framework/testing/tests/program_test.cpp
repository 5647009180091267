// A module's test program from outside: its exit status, its words, its report. The program is sample_tests.cpp.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace {

using Json = nlohmann::json;

struct Ran {
  int status = -1;
  std::string words;                ///< what it printed, on both outputs
  std::vector<std::string> traces;  ///< "SUITE PLACEMENT DRAWN" a body that ran
  Json report;

  const Json& test(const std::string& suite, const std::string& name) const {
    static const Json none;
    for (const Json& test : report.at("tests"))
      if (test.at("suite") == suite && test.at("name") == name) return test;
    ADD_FAILURE() << "the report has no test " << suite << "." << name;
    return none;
  }
  bool says(const std::string& text) const { return words.find(text) != std::string::npos; }
};

/// A path as one word of a shell's command.
std::string quoted(const std::string& path) { return "'" + path + "'"; }

Ran run_program(const std::string& command) {
  const auto path = std::filesystem::temp_directory_path() / ("kiln-report-" + std::to_string(getpid()) + ".json");
  std::filesystem::remove(path);
  Ran ran;
  const std::string report = command.find("--report") == std::string::npos ? " --report " + path.string() : "";
  FILE* pipe = popen((command + report + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ran;
  std::array<char, 4096> block;
  while (const std::size_t got = fread(block.data(), 1, block.size(), pipe)) ran.words.append(block.data(), got);
  const int status = pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::istringstream lines(ran.words);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("trace ")) ran.traces.push_back(line.substr(6));
  std::ifstream file(path);
  if (file) ran.report = Json::parse(file);
  std::filesystem::remove(path);
  return ran;
}

Ran run_remote(const std::string& filter, const std::string& more = "") {
  return run_program(quoted(KILN_SAMPLE_TESTS) + " --worker " + quoted(KILN_PROBE_WORKER) +
                     " --implementation probe --gtest_filter='" + filter + "' " + more);
}

Ran run_local(const std::string& filter, const std::string& more = "") {
  return run_program(quoted(KILN_SAMPLE_TESTS_LOCAL) + " --gtest_filter='" + filter + "' " + more);
}

/// The drawn number of a trace.
std::string drawn(const std::string& trace) { return trace.substr(trace.rfind(' ') + 1); }

TEST(Program, every_case_runs_in_both_placements) {
  const Ran ran = run_remote("right.*");
  EXPECT_EQ(ran.status, 0) << ran.words;
  EXPECT_TRUE(ran.says("ok     right.sums"));
  EXPECT_TRUE(ran.says("1 passed, 0 failed, 0 to do"));
  ASSERT_EQ(ran.traces.size(), 6u);
  for (std::size_t i = 0; i < 6; i += 2) {
    EXPECT_TRUE(ran.traces[i].starts_with("right guarded ")) << ran.traces[i];
    EXPECT_TRUE(ran.traces[i + 1].starts_with("right aligned ")) << ran.traces[i + 1];
    EXPECT_EQ(drawn(ran.traces[i]), drawn(ran.traces[i + 1]));
  }
  EXPECT_NE(drawn(ran.traces[0]), drawn(ran.traces[2]));
  EXPECT_EQ(ran.test("right", "sums").at("status"), "passed");
  EXPECT_EQ(ran.test("right", "sums").at("message"), "");
}

TEST(Program, a_seed_and_a_case_run_again_alone) {
  const Ran once = run_remote("right.*", "--seed 7"), again = run_remote("right.*", "--seed 0x7");
  EXPECT_EQ(once.traces, again.traces);
  EXPECT_NE(once.traces, run_remote("right.*", "--seed 8").traces);
  EXPECT_EQ(once.report.at("seed"), "0x7");
  const Ran alone = run_remote("right.*", "--seed 7 --case 1");
  ASSERT_EQ(alone.traces.size(), 2u);
  EXPECT_EQ(alone.traces[0], once.traces[2]);
  EXPECT_EQ(alone.traces[1], once.traces[3]);
}

TEST(Program, a_property_stops_at_its_first_failing_case) {
  const Ran ran = run_remote("wrong.*", "--seed 7");
  EXPECT_EQ(ran.status, 1) << ran.words;
  EXPECT_EQ(ran.traces.size(), 5u);
  const Json& test = ran.test("wrong", "from_the_third_case");
  EXPECT_EQ(test.at("status"), "failed");
  EXPECT_EQ(test.at("kind"), "fail");
  const std::string message = test.at("message");
  EXPECT_TRUE(message.starts_with("this is the third case\ncase 2, seed 0x7\n  a: shape (")) << message;
  EXPECT_NE(message.find("\n  out: shape ("), std::string::npos) << message;
  EXPECT_TRUE(message.ends_with("\nalone: run again: --gtest_filter=wrong.from_the_third_case --seed 0x7 --case 2"))
      << message;
  EXPECT_TRUE(ran.says("FAILED wrong.from_the_third_case"));
  EXPECT_NE(run_remote("wrong.*", "--seed 7 --rerun 'kiln check'")
                .test("wrong", "from_the_third_case")
                .at("message")
                .get<std::string>()
                .find("alone: kiln check wrong --test from_the_third_case --seed 0x7 --case 2"),
            std::string::npos);
}

TEST(Program, stubs_are_skipped) {
  const Ran ran = run_remote("todo.*");
  EXPECT_EQ(ran.status, 77) << ran.words;
  EXPECT_EQ(ran.test("todo", "stub").at("status"), "skipped");
  EXPECT_EQ(ran.test("todo", "stub").at("kind"), "stub");
  EXPECT_TRUE(ran.says("todo   todo.stub"));
  EXPECT_EQ(run_remote("todo.*:right.*").status, 0);
  EXPECT_EQ(run_remote("todo.*:wrong.*").status, 1);
}

TEST(Program, missing_kernels_fail) {
  const Ran ran = run_remote("gone.*");
  EXPECT_EQ(ran.status, 1) << ran.words;
  EXPECT_EQ(ran.test("gone", "missing").at("kind"), "missing");
}

TEST(Program, a_kernel_that_used_up_its_time_is_not_waited_for_again) {
  const Ran ran = run_remote("endless.*:right.*", "--time-limit-ms 40");
  EXPECT_EQ(ran.status, 1) << ran.words;
  EXPECT_EQ(ran.test("endless", "first").at("kind"), "timeout");
  const Json& second = ran.test("endless", "second");
  EXPECT_EQ(second.at("status"), "failed");
  EXPECT_EQ(second.at("kind"), "timeout");
  EXPECT_TRUE(second.at("message").get<std::string>().starts_with("not run: a kernel of endless"));
  EXPECT_EQ(ran.test("right", "sums").at("status"), "passed");
  for (const std::string& trace : ran.traces) EXPECT_FALSE(trace.starts_with("endless")) << trace;
}

TEST(Program, a_crash_costs_its_test_alone) {
  const Ran ran = run_remote("crash.*");
  EXPECT_EQ(ran.status, 1) << ran.words;
  for (const char* name : {"null", "overrun"}) EXPECT_EQ(ran.test("crash", name).at("kind"), "crash") << name;
  EXPECT_NE(ran.test("crash", "overrun").at("message").get<std::string>().find("wrote past the end of out"),
            std::string::npos);
  EXPECT_EQ(ran.test("crash", "after_all").at("status"), "passed");
}

TEST(Program, what_a_dead_worker_printed_stands_with_its_test) {
  const Ran ran = run_remote("last_words.*");
  EXPECT_EQ(ran.test("last_words", "printed").at("kind"), "exited");
  EXPECT_EQ(ran.test("last_words", "printed").at("output"), "printed by the kernel\n");
  EXPECT_EQ(ran.test("last_words", "after_all").at("output"), "");
  EXPECT_EQ(ran.report.at("output"), "") << "of the worker that lived to the end";
}

TEST(Program, any_bytes_make_a_report) {
  const Ran ran = run_remote("words.of_any_bytes");
  EXPECT_EQ(ran.status, 1);
  EXPECT_TRUE(ran.test("words", "of_any_bytes").at("message").get<std::string>().starts_with("bytes \xef\xbf\xbd"));
}

TEST(Program, an_exception_without_words_is_a_failure) {
  const Ran ran = run_remote("words.none");
  EXPECT_EQ(ran.status, 1) << ran.words;
  EXPECT_EQ(ran.test("words", "none").at("kind"), "invalid_argument");
  EXPECT_NE(ran.test("words", "none").at("message"), "");
}

TEST(Program, what_the_worker_prints_is_in_the_report_alone) {
  const Ran ran = run_remote("words.printed");
  EXPECT_EQ(ran.status, 0) << ran.words;
  EXPECT_EQ(ran.report.at("output"), "printed by the kernel\nprinted by the kernel\n");
  EXPECT_FALSE(ran.says("printed by the kernel"));
}

TEST(Program, quiet_is_quiet) {
  const Ran ran = run_remote("words.printed:todo.*", "--quiet");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.words.find("ok"), std::string::npos) << ran.words;
  EXPECT_EQ(ran.report.at("tests").size(), 2u);
}

TEST(Program, our_own_faults_are_told_apart) {
  EXPECT_EQ(run_remote("ours.*:right.*").status, 3);
  const Ran no_worker = run_program(quoted(KILN_SAMPLE_TESTS) + " --worker /bin/true --gtest_filter='right.*'");
  EXPECT_EQ(no_worker.status, 3) << no_worker.words;
  EXPECT_TRUE(no_worker.report.contains("error")) << "no test waits for a worker that does not start";
  const Ran no_report = run_remote("right.*", "--report /no/such/folder/report.json");
  EXPECT_EQ(no_report.status, 3);
  EXPECT_TRUE(no_report.says("cannot write the report to /no/such/folder/report.json")) << no_report.words;
}

TEST(Program, a_wrong_call_is_told) {
  const Ran unknown = run_remote("right.*", "--nonsense");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_TRUE(unknown.says("--nonsense") && unknown.says("Try --help")) << unknown.words;
  EXPECT_EQ(run_program(quoted(KILN_SAMPLE_TESTS)).status, 2);
}

TEST(Program, speed_is_measured_after_the_tests) {
  const std::string reference = std::string("--reference-worker ") + quoted(KILN_PROBE_WORKER);
  const std::string same = quoted(KILN_SAMPLE_TESTS) + " --worker " + quoted(KILN_PROBE_WORKER) +
                           " --implementation same --speed-only " + reference;
  const Ran ran = run_program(same + " --speed smooth.short=0.1:1,0.2:3");
  EXPECT_EQ(ran.status, 0) << ran.words;
  const Json& speed = ran.report.at("speed").at(0);
  EXPECT_EQ(speed.at("name"), "smooth.short");
  EXPECT_EQ(speed.at("points"), 3);
  EXPECT_EQ(speed.at("max"), 3);
  EXPECT_EQ(speed.at("measured"), true);
  EXPECT_GE(speed.at("restarts"), 5);
  EXPECT_FALSE(speed.at("samples").empty());
  EXPECT_TRUE(ran.says("speed  smooth.short: ")) << ran.words;

  const Ran unknown = run_program(same + " --speed smooth.long");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_TRUE(unknown.says("no case named \"smooth.long\"; there are: smooth.short")) << unknown.words;

  const Ran failed = run_remote("wrong.*", "--speed smooth.short " + reference);
  EXPECT_EQ(failed.status, 1);
  EXPECT_FALSE(failed.report.contains("speed"));
}

TEST(Program, in_process_the_same_tests_run_once) {
  const Ran ran = run_local("right.*:todo.*:gone.*:words.none", "--seed 7");
  EXPECT_EQ(ran.status, 1) << ran.words;
  EXPECT_EQ(ran.test("right", "sums").at("status"), "passed");
  EXPECT_EQ(ran.test("todo", "stub").at("status"), "skipped");
  EXPECT_EQ(ran.test("gone", "missing").at("kind"), "missing");
  EXPECT_EQ(ran.test("words", "none").at("kind"), "invalid_argument");
  const Ran remote = run_remote("right.*", "--seed 7");
  ASSERT_EQ(ran.traces.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(drawn(ran.traces[i]), drawn(remote.traces[2 * i]));
  EXPECT_EQ(run_local("todo.*", "--in-process").status, 77);
}

}  // namespace
