// The test program's command line, and its report as the judge's own types.
#include "grader/judge/test_run.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "grader/sandbox/bounds.hpp"
#include "grader/sandbox/process.hpp"
#include "grader/sandbox/sanitizers.hpp"

namespace kiln::grader {

namespace {

// A worker's own limits end it long before this one ends the judge.
constexpr std::chrono::minutes kJudgeLimit{10};
constexpr std::size_t kArenaMegabytes = 2048;
constexpr std::size_t kJudgeMegabytes = 4096;
constexpr std::uint64_t kJudgeTasks = 256;
// Pages of libraries and tables that a box has beside what its worker may ask for.
constexpr std::uint64_t kSlackMegabytes = 32;

std::string speed_argument(const Exercise& exercise, const SpeedCase& speed_case) {
  std::string text = "--speed=" + exercise.id + "." + speed_case.name + (speed_case.parallel ? "@wall" : "");
  const char* separator = "=";
  for (const Step& step : speed_case.steps) {
    text += fmt::format("{}{}:{}", separator, step.ratio, step.points);
    separator = ",";
  }
  return text;
}

/// What a worker is started with: its box, or for one with sanitizers and no box their switches. A box with threads gets
/// a cgroup of its own where there are any: to count threads exactly is worth the some milliseconds that a start then
/// takes. Other boxes are one process, which resource limits bound.
std::vector<std::string> launcher_of(const TestRequest& request, const Installation& installation,
                                     const CgroupBox& group) {
  const std::string memory = fmt::format("{}", request.memory_mb);
  if (request.sandboxed && request.sanitized)
    return {installation.sandbox, "sanitized-worker", "--memory-mb", memory, "--stack-mb", "64", "--"};
  std::vector<std::string> words;
  if (request.sandboxed) {
    words = {installation.sandbox, "worker",     "--memory-mb",
             memory,               "--arena-mb", fmt::format("{}", kArenaMegabytes)};
    if (request.threads > 1) {
      words.insert(words.end(), {"--threads", fmt::format("{}", request.threads)});
      for (const std::string& directory : group.directories()) words.insert(words.end(), {"--cgroup", directory});
    }
    words.push_back("--");
  } else if (request.sanitized) {
    words.push_back("/usr/bin/env");
    for (const auto& [name, value] : sanitizer_environment(static_cast<std::uint64_t>(request.memory_mb)))
      words.push_back(name + "=" + value);
  }
  return words;
}

/// The test program and its boxes together. Its own share is ample: it is ours, and only must not take the machine
/// along.
Bounds bounds_for(const TestRequest& request) {
  // Two boxes at most: while it measures, the reference's stands beside the student's.
  const auto memory = static_cast<std::uint64_t>(request.memory_mb),
             threads = static_cast<std::uint64_t>(request.threads);
  const GroupLimits whole{(4 * memory + kArenaMegabytes + kJudgeMegabytes) << 20, kJudgeTasks + 2 * threads};
  // In a box stand its threads, and one process of bubblewrap.
  GroupLimits each{(memory + kSlackMegabytes) << 20, threads + 1};
  // Shadow, quarantine and a thread of its own: a sanitizer's own watch over its memory is the closer limit.
  if (request.sanitized) each = {(4 * memory + kArenaMegabytes) << 20, threads + 4};
  return bound_program(whole, each);
}

std::vector<std::string> command_for(const TestRequest& request, const Installation& installation,
                                     const ModuleParts& parts, const std::string& report, const CgroupBox& group) {
  std::vector<std::string> command{request.program,
                                   "--worker",
                                   request.worker,
                                   "--quiet",
                                   "--report",
                                   report,
                                   fmt::format("--time-limit-ms={}", request.time_limit_ms)};
  if (request.threads > 1) command.push_back(fmt::format("--threads={}", request.threads));
  for (const std::string& word : launcher_of(request, installation, group)) command.push_back("--launch=" + word);
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
  Bounds bounds = request.sandboxed ? bounds_for(request) : Bounds{};
  options.box = &bounds.box;
  options.watch = bounds.watch;
  const auto command = command_for(request, installation, parts, path, bounds.box);
  const ProcessResult ended = bounds.problem.empty() ? run(command, options) : ProcessResult{.output = bounds.problem};
  TestReport report = read_report(path, request);
  if (!bounds.box.problem().empty()) report.judge_problem = bounds.box.problem();
  const bool known = ended.end == ProcessResult::End::exited && (ended.code <= 1 || ended.code == 77);
  if (!known && report.judge_problem.empty()) report.judge_problem = why(report, ended);
  if (!report.judge_problem.empty() && !ended.output.empty())
    report.judge_problem += ": " + ended.output.substr(0, 2000);
  return report;
}

}  // namespace kiln::grader
