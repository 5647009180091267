// The command line of a module's test program.
#include "testing/options.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "tests/throws.hpp"

namespace kiln::testing {

namespace {

constexpr const char* kFile = "/bin/true";  // any file that exists

Options parse(std::vector<std::string> words) {
  words.insert(words.begin(), "tests");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

std::string refusal(const std::vector<std::string>& words) {
  try {
    parse(words);
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? "exit status 0" : error.what();
  }
  return "";
}

TEST(options, defaults) {
  const Options options = parse({"--worker", kFile});
  EXPECT_EQ(options.student.worker, kFile);
  EXPECT_TRUE(options.student.launcher.empty());
  EXPECT_TRUE(options.student.arguments.empty());
  EXPECT_EQ(options.only_case, -1);
  EXPECT_EQ(options.cpu, -1);
  EXPECT_EQ(options.time_limit_ms, 2000);
  EXPECT_TRUE(options.correctness);
  EXPECT_TRUE(options.speed.empty());
  EXPECT_EQ(options.seed, parse({"--worker", kFile}).seed);
}

TEST(options, everything_at_once) {
  const Options options = parse({"--worker",
                                 kFile,
                                 "--launch",
                                 "bwrap",
                                 "--launch",
                                 "--unshare-all",
                                 "--implementation",
                                 "slow",
                                 "--seed",
                                 "0x2a",
                                 "--case",
                                 "3",
                                 "--report",
                                 "r.json",
                                 "--rerun",
                                 "kiln check",
                                 "--quiet",
                                 "--cpu",
                                 "1",
                                 "--time-limit-ms",
                                 "50",
                                 "--reference-worker",
                                 kFile,
                                 "--speed",
                                 "matmul.square=0.4:2,0.8:4",
                                 "--speed",
                                 "sum.large@wall",
                                 "--speed-only"});
  EXPECT_EQ(options.student.launcher, (std::vector<std::string>{"bwrap", "--unshare-all"}));
  EXPECT_EQ(options.student.arguments, (std::vector<std::string>{"--implementation", "slow"}));
  EXPECT_EQ(options.reference.launcher, options.student.launcher);
  EXPECT_TRUE(options.reference.arguments.empty());
  EXPECT_EQ(options.seed, 42u);
  EXPECT_EQ(options.only_case, 3);
  EXPECT_EQ(options.report, "r.json");
  EXPECT_EQ(options.rerun, "kiln check");
  EXPECT_TRUE(options.quiet);
  EXPECT_FALSE(options.correctness);
  EXPECT_EQ(options.cpu, 1);
  EXPECT_EQ(options.time_limit_ms, 50);
  ASSERT_EQ(options.speed.size(), 2u);
  EXPECT_EQ(options.speed[0].steps, (std::vector<speed::Step>{{0.4, 2}, {0.8, 4}}));
  EXPECT_FALSE(options.speed[0].parallel);
  EXPECT_EQ(options.speed[1].name, "sum.large");
  EXPECT_TRUE(options.speed[1].parallel);
}

TEST(options, refusals_say_what_is_wrong) {
  EXPECT_NE(refusal({}).find("--worker"), std::string::npos);
  EXPECT_NE(refusal({"--worker", "/no/such/file"}).find("/no/such/file"), std::string::npos);
  EXPECT_NE(refusal({"--worker", kFile, "--speed", "x"}).find("--reference-worker"), std::string::npos);
  EXPECT_NE(refusal({"--worker", kFile, "--time-limit-ms", "0"}), "");
  EXPECT_NE(refusal({"--worker", kFile, "--nonsense"}).find("--nonsense"), std::string::npos);
  for (const char* seed : {"word", "42abc", "-1", "0x", "99999999999999999999"})
    EXPECT_NE(refusal({"--worker", kFile, "--seed", seed}).find(seed), std::string::npos) << seed;
}

TEST(options, help_is_no_failure) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(refusal({"--help"}), "exit status 0");
  const std::string help = ::testing::internal::GetCapturedStdout();
  for (const char* word : {"--worker", "--launch", "--seed", "--case", "--report", "77"})
    EXPECT_NE(help.find(word), std::string::npos) << word;
}

TEST(speed_request, names_and_steps) {
  EXPECT_EQ(parse_speed_request("matmul.square").name, "matmul.square");
  const SpeedRequest request = parse_speed_request("a@wallpaper@wall=1:2.5");
  EXPECT_EQ(request.name, "a@wallpaper");
  EXPECT_TRUE(request.parallel);
  EXPECT_EQ(request.steps, (std::vector<speed::Step>{{1, 2.5}}));
  EXPECT_FALSE(parse_speed_request("a@wallpaper").parallel);
}

TEST(speed_request, what_is_no_number_is_named) {
  EXPECT_ERROR(parse_speed_request("m=fast:2"), invalid_argument, "found \"fast\" where a number should be");
  EXPECT_ERROR(parse_speed_request("m=0.5:2x"), invalid_argument, "\"2x\"");
  for (const char* text : {"m=", "m=0.5", "m=0.5:", "m=0.5:1,", "m=,0.5:1", "m=0.5:1,,0.6:2"})
    EXPECT_ERROR(parse_speed_request(text), invalid_argument, "--speed m=");
}

}  // namespace
}  // namespace kiln::testing
