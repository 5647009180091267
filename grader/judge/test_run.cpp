// The test program's command line, and its report as the judge's own types.
#include "grader/judge/test_run.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "grader/sandbox/process.hpp"
#include "grader/sandbox/sanitizers.hpp"

namespace kiln::grader {

namespace {

// A worker's own limits end it long before this one ends the judge.
constexpr std::chrono::minutes kJudgeLimit{10};
constexpr std::size_t kArenaMegabytes = 2048;

std::string speed_argument(const Exercise& exercise, const SpeedCase& speed_case) {
  std::string text = "--speed=" + exercise.id + "." + speed_case.name + (speed_case.parallel ? "@wall" : "");
  const char* separator = "=";
  for (const Step& step : speed_case.steps) {
    text += fmt::format("{}{}:{}", separator, step.ratio, step.points);
    separator = ",";
  }
  return text;
}

/// What a worker is started with: its box, or for one with sanitizers and no box their switches.
std::vector<std::string> launcher_of(const TestRequest& request, const Installation& installation) {
  const std::string memory = fmt::format("{}", request.memory_mb);
  if (request.sandboxed && request.sanitized)
    return {installation.sandbox, "sanitized-worker", "--memory-mb", memory, "--stack-mb", "64", "--"};
  if (request.sandboxed)
    return {
        installation.sandbox, "worker", "--memory-mb", memory, "--arena-mb", fmt::format("{}", kArenaMegabytes), "--"};
  std::vector<std::string> words;
  if (!request.sanitized) return words;
  words.push_back("/usr/bin/env");
  for (const auto& [name, value] : sanitizer_environment(static_cast<std::uint64_t>(request.memory_mb)))
    words.push_back(name + "=" + value);
  return words;
}

std::vector<std::string> command_for(const TestRequest& request, const Installation& installation,
                                     const ModuleParts& parts, const std::string& report) {
  std::vector<std::string> command{request.program,
                                   "--worker",
                                   request.worker,
                                   "--quiet",
                                   "--report",
                                   report,
                                   fmt::format("--time-limit-ms={}", request.time_limit_ms)};
  for (const std::string& word : launcher_of(request, installation)) command.push_back("--launch=" + word);
  if (!request.implementation.empty()) command.insert(command.end(), {"--implementation", request.implementation});
  if (!request.filter.empty()) command.push_back("--gtest_filter=" + request.filter);
  if (request.seed != 0) command.push_back(fmt::format("--seed={:#x}", request.seed));
  if (request.only_case >= 0) command.push_back(fmt::format("--case={}", request.only_case));
  if (request.cpu >= 0) command.push_back(fmt::format("--cpu={}", request.cpu));
  if (!request.rerun.empty()) command.insert(command.end(), {"--rerun", request.rerun});
  if (request.speed != nullptr) {
    command.insert(command.end(), {"--speed-only", "--reference-worker", parts.reference_worker,
                                   "--reference-implementation", "reference"});
    for (const SpeedCase& speed_case : request.speed->speed)
      command.push_back(speed_argument(*request.speed, speed_case));
  }
  return command;
}

SpeedResult speed_from(const nlohmann::json& json, const Exercise& exercise, TestReport& report) {
  SpeedResult speed;
  const std::string full_name = json.at("name");
  speed.name = full_name.substr(full_name.find('.') + 1);
  json.at("ratio").get_to(speed.ratio);
  json.at("low").get_to(speed.low);
  json.at("high").get_to(speed.high);
  json.at("points").get_to(speed.points);
  json.at("max").get_to(speed.max);
  json.at("settled").get_to(speed.settled);
  json.at("measured").get_to(speed.measured);
  json.at("note").get_to(speed.note);
  json.at("student_seconds").get_to(speed.student_seconds);
  json.at("reference_seconds").get_to(speed.reference_seconds);
  json.at("samples").get_to(speed.samples);
  for (const SpeedCase& speed_case : exercise.speed)
    if (speed_case.name == speed.name)
      for (const Step& step : speed_case.steps) speed.steps.push_back({step.ratio, step.points});
  const std::string failure = json.at("failure");
  if (json.at("wrong").get<bool>() || !failure.empty()) {
    report.speed_kind = failure.empty() ? "fail" : failure;
    report.speed_problem = speed.note;
  }
  return speed;
}

TestReport read_report(const std::filesystem::path& path, const TestRequest& request) {
  TestReport report;
  std::ifstream file(path);
  if (!file) {
    report.judge_problem = "the test program left no report";
    return report;
  }
  try {
    const nlohmann::json json = nlohmann::json::parse(file);
    if (json.contains("error")) report.judge_problem = json.at("error");
    for (const auto& slot : json.value("slots", nlohmann::json::array()))
      report.slots.push_back({slot.at("name"), slot.at("state")});
    for (const auto& test : json.value("tests", nlohmann::json::array())) {
      TestOutcome outcome;
      outcome.name = test.at("suite").get<std::string>() + "." + test.at("name").get<std::string>();
      outcome.passed = test.at("status") == "passed";
      test.at("kind").get_to(outcome.kind);
      test.at("message").get_to(outcome.message);
      outcome.output = test.value("output", std::string());
      report.tests.push_back(std::move(outcome));
    }
    for (const auto& speed : json.value("speed", nlohmann::json::array()))
      report.speed.push_back(speed_from(speed, *request.speed, report));
    report.output = json.value("output", std::string());
  } catch (const nlohmann::json::exception& error) {
    report.judge_problem = std::string("the test program's report cannot be read: ") + error.what();
  }
  return report;
}

/// Why the judge failed: a test that met the failure knows more than the exit status does.
std::string why(const TestReport& report, const ProcessResult& ended) {
  for (const TestOutcome& test : report.tests)
    if (test.kind == "judge") return test.name + ": " + test.message;
  return "the test program " + ended.describe();
}

}  // namespace

TestReport run_tests(const TestRequest& request, const Installation& installation, const ModuleParts& parts,
                     const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "report.json";
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  ProcessOptions options;
  options.wall_limit = kJudgeLimit;
  const ProcessResult ended = run(command_for(request, installation, parts, path), options);
  TestReport report = read_report(path, request);
  const bool known = ended.end == ProcessResult::End::exited && (ended.code <= 1 || ended.code == 77);
  if (!known && report.judge_problem.empty()) report.judge_problem = why(report, ended);
  if (!report.judge_problem.empty() && !ended.output.empty())
    report.judge_problem += ": " + ended.output.substr(0, 2000);
  return report;
}

}  // namespace kiln::grader
