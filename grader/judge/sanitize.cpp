// The sanitizer stage: the same tests once more, on workers whose object is compiled with sanitizers.
// It adds findings to a result that stands already; whatever fails in here costs the submission nothing.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "grader/build/link.hpp"
#include "grader/judge/judge.hpp"
#include "grader/judge/sanitizer_report.hpp"
#include "grader/sandbox/sanitizers.hpp"
#include "grader/sandbox/stop.hpp"

namespace kiln::grader {

namespace {

using Kind = SanitizerReport::Kind;

// Instrumented code is two to five times as slow, and with ThreadSanitizer up to ten times.
constexpr int kSlowdown = 10;
constexpr std::size_t kMostFindings = 50;

/// Sanitizers that go together in one worker.
struct Suite {
  std::string id;    ///< of its files
  std::string name;  ///< in results
  std::vector<std::string> compile, link;
};

/// Attributes that switch a sanitizer off for a function, and what a file would ask to tell this build from the judged.
std::vector<std::string> undisturbed() {
  std::vector<std::string> flags{"-U__SANITIZE_ADDRESS__", "-U__SANITIZE_THREAD__"};
  for (const char* name : {"no_sanitize(...)", "__no_sanitize__(...)", "no_sanitize_address", "__no_sanitize_address__",
                           "no_sanitize_undefined", "__no_sanitize_undefined__", "no_sanitize_thread",
                           "__no_sanitize_thread__", "no_address_safety_analysis", "__no_address_safety_analysis__"})
    flags.push_back(fmt::format("-D{}=__unused__", name));
  return flags;
}

/// No `vptr`: its part of the runtime needs more of the C++ library than a static link finds.
std::vector<Suite> suites_for(const Exercise& exercise) {
  std::vector<Suite> suites{
      {"address",
       "address, undefined",
       {"-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-sanitize=vptr"},
       {"-fsanitize=address,undefined", "-fno-sanitize=vptr", "-static-libasan", "-static-libubsan"}}};
  if (exercise.threads > 1)
    suites.push_back({"thread", "thread", {"-fsanitize=thread"}, {"-fsanitize=thread", "-static-libtsan"}});
  for (Suite& suite : suites) {
    suite.compile.insert(suite.compile.begin(), {"-O1", "-g1", "-fno-omit-frame-pointer"});
    const auto more = undisturbed();
    suite.compile.insert(suite.compile.end(), more.begin(), more.end());
    suite.link.insert(suite.link.end(), {"-static-libstdc++", "-static-libgcc"});
  }
  return suites;
}

/// Whether a finding would say something that the verdict does not.
bool is_worth_it(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::slow || verdict == Verdict::fail || verdict == Verdict::crash;
}

bool names_a_switch(const std::string& source) {
  return source.find("no_sanitize") != std::string::npos || source.find("no_address_safety") != std::string::npos;
}

/// A worker's words on one line, short enough for a result, without paths of this machine.
std::string reason_of(std::string words, const std::filesystem::path& directory) {
  for (const std::filesystem::path& path : {directory, directory.parent_path()})
    for (std::size_t at; !path.empty() && (at = words.find(path.string() + "/")) != std::string::npos;)
      words.erase(at, path.string().size() + 1);
  // Where the case stands with its seed, nothing more is to be learned.
  words.resize(std::min(words.find("\ncase "), words.size()));
  std::replace(words.begin(), words.end(), '\n', ' ');
  return words.size() > 400 ? words.substr(0, 400) + " ..." : words;
}

/// What a sanitizer says where it cannot live on this machine or fails itself; "" where it does not say so.
std::string own_fault_of(const std::string& output) {
  for (const char* words : {"FATAL: ThreadSanitizer", "FATAL: AddressSanitizer", "Sanitizer CHECK failed",
                            "ASan cannot proceed", "Sanitizer: CHECK failed"})
    if (const std::size_t at = output.find(words); at != std::string::npos)
      return output.substr(at, std::min(output.find('\n', at), output.size()) - at);
  return "";
}

/// One test program's run: which tests ran, and which of them a sanitizer ended.
struct Heard {
  std::size_t tests = 0;
  std::set<std::string> found;  ///< names of tests
};

/// What the stage gathers, suite by suite.
class Stage {
 public:
  Stage(ExerciseResult& result, const Exercise& exercise) : result_(result), exercise_(exercise) {}

  void ran(const Suite& suite) { ran_.push_back(suite.name); }
  void could_not(const Suite& suite, const std::string& why) {
    unable_.push_back(fmt::format("{} {}: {}", suite.name, kCouldNotRun, why));
  }
  void note(const std::string& text) {
    if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(text);
  }

  /// Adds what the tests of one program met. Returns why nothing can be said at all; "" where something can.
  std::string hear(const TestReport& report, bool hidden) {
    if (!report.judge_problem.empty()) return report.judge_problem;
    Heard& heard = heard_[hidden ? 1 : 0];
    heard.tests = report.tests.size();
    int late = 0, exhausted = 0, foreign = 0;
    for (const TestOutcome& test : report.tests) {
      if (test.passed) continue;
      if (test.kind == "judge") return test.message;
      late += test.kind == "timeout";
      exhausted += test.kind == "memory";
      if (const std::string fault = own_fault_of(test.output); !fault.empty()) return fault;
      if (test.kind != "exited" || test.message.find(status_words()) == std::string::npos) continue;
      SanitizerReport found = read_sanitizer_report(test.output, exercise_.file);
      if (found.kind == Kind::unable) return found.finding.text;
      exhausted += found.kind == Kind::exhausted;
      foreign += found.kind == Kind::foreign;
      if (found.kind == Kind::silent) {
        found.finding = {"address", "ended with a sanitizer's status, and kept back or drowned its report",
                         exercise_.file};
        found.kind = Kind::finding;
      }
      if (found.kind != Kind::finding) continue;
      heard.found.insert(test.name);
      add(std::move(found.finding), hidden);
    }
    late_ = late_ || late > 0;
    tell(late, "ran out of time, tenfold as it is");
    tell(exhausted, "ran out of memory");
    tell(foreign, "ended with a report on no line of " + exercise_.file);
    return "";
  }

  /// Whether a test ran out of time.
  bool is_late() const { return late_; }
  const Heard& heard(bool hidden) const { return heard_[hidden ? 1 : 0]; }

  void conclude() {
    std::string text = fmt::format("{}", fmt::join(ran_, ", "));
    for (const std::string& note : notes_) text += (text.empty() ? "" : "; ") + note;
    for (const std::string& why : unable_) text += (text.empty() ? "" : "; ") + why;
    result_.sanitizers = text;
  }

 private:
  static std::string status_words() { return fmt::format("(exit status {})", kSanitizerStatus); }

  void tell(int count, const std::string& what) {
    if (count > 0) note(fmt::format("{} test{} {}", count, count == 1 ? "" : "s", what));
  }

  void add(Finding finding, bool hidden) {
    finding.hidden = hidden;
    const auto same = [&](const Finding& other) {
      return other.sanitizer == finding.sanitizer && other.line == finding.line && kind_of(other) == kind_of(finding);
    };
    const auto& all = result_.findings;
    if (all.size() < kMostFindings && std::none_of(all.begin(), all.end(), same))
      result_.findings.push_back(std::move(finding));
  }

  ExerciseResult& result_;
  const Exercise& exercise_;
  std::vector<std::string> ran_, notes_, unable_;
  Heard heard_[2];
  bool late_ = false;
};

/// Counts each test under which something was found, and which had passed, as failed. Speed counts only where all
/// tests pass.
void count_as_failed(ExerciseResult& result, const Exercise& exercise, const Stage& stage) {
  double lost = 0;
  int failed_now = 0;
  for (bool hidden : {false, true}) {
    const double share = hidden ? exercise.points.hidden : exercise.points.visible;
    const Heard& heard = stage.heard(hidden);
    for (const std::string& name : heard.found) {
      const auto is_it = [&](const TestFailure& failure) { return failure.hidden == hidden && failure.name == name; };
      if (std::any_of(result.failures.begin(), result.failures.end(), is_it)) continue;
      result.failures.push_back({name, "sanitizer", "right, but a sanitizer found an error: see the findings", hidden});
      lost += share / static_cast<double>(heard.tests);
      ++failed_now;
    }
  }
  if (failed_now == 0) return;
  result.passed -= failed_now;
  result.failed += failed_now;
  for (SpeedResult& speed : result.speed) lost += std::exchange(speed.points, 0);
  result.points = std::max(0.0, result.points - lost);
  if (seriousness(result.verdict) < seriousness(Verdict::fail)) result.verdict = Verdict::fail;
}

/// What the build has for a stage, and where it may write.
struct Bench {
  const Installation& installation;
  const Module& module;
  const ModuleParts& parts;
  const std::filesystem::path& directory;
  const JudgeOptions& options;
};

/// Compiles and links the job's file with a suite's sanitizers into `worker`. Returns what was wrong, or "".
std::string build_with(const Suite& suite, const Job& job, const Bench& bench, const std::filesystem::path& worker) {
  Toolchain toolchain = bench.installation.toolchain;
  if (!toolchain.version.starts_with("gcc"))
    return "it needs GCC, whose sanitizers name lines without a program beside them, not " + toolchain.version;
  toolchain.kernel_flags.insert(toolchain.kernel_flags.end(), suite.compile.begin(), suite.compile.end());
  toolchain.link = bench.parts.worker_objects;
  const auto before = objects_before(bench.installation, bench.module, job.exercise);
  toolchain.link.insert(toolchain.link.end(), before.begin(), before.end());
  toolchain.link_mode = suite.link;
  BuildLimits limits;
  limits.boxed = bench.options.sandboxed;
  limits.cpu_seconds *= 2;
  const CompileRequest request{job.exercise->file, job.source, job.exercise->slots, bench.module.headers};
  const CompileResult compiled = compile_exercise(request, toolchain, bench.directory / ("with-" + suite.id), limits);
  if (!compiled.ok()) return "it does not compile with them: " + compiled.diagnostics;
  const LinkResult linked = link_worker({compiled.object}, toolchain, worker, limits);
  if (!linked.faults.empty()) return "it does not link with them: " + linked.faults.front().diagnostics;
  return linked.ok() ? "" : "it does not link with them: " + linked.diagnostics;
}

/// Runs the job's tests on `worker`, and tells the stage. Returns why nothing can be said; "" where something can.
std::string test_with(const Job& job, const Bench& bench, const std::filesystem::path& worker, Stage& stage) {
  TestRequest request;
  request.worker = worker;
  request.sanitized = true;
  request.filter = job.exercise->id + "." + (bench.options.test.empty() ? "*" : bench.options.test);
  request.only_case = bench.options.only_case;
  request.cpu = job.exercise->threads > 1 ? -1 : bench.options.cpu;
  request.memory_mb = job.exercise->memory_mb;
  request.time_limit_ms = kSlowdown * job.exercise->time_limit_ms;
  request.sandboxed = bench.options.sandboxed;
  for (bool hidden : {false, true}) {
    if (hidden && !bench.options.hidden) break;
    request.program = hidden ? bench.parts.hidden_tests : bench.parts.tests;
    request.seed = hidden || !bench.options.hidden ? bench.options.seed : 0;
    const TestReport report = run_tests(request, bench.installation, bench.parts, bench.directory);
    if (const std::string why = stage.hear(report, hidden); !why.empty()) return why;
    // What does not end here would not end there either.
    if (stage.is_late()) break;
  }
  return "";
}

}  // namespace

void Judge::sanitize(Job& job, const std::filesystem::path& directory, const JudgeOptions& options) const {
  if (options.sanitize == SanitizerStage::off || !is_worth_it(job.result.verdict) || stop_requested()) return;
  const Bench bench{installation_, module_, parts_, directory, options};
  Stage stage(job.result, *job.exercise);
  job.result.findings.clear();
  for (const Suite& suite : suites_for(*job.exercise)) {
    const auto worker = directory / (job.exercise->id + "." + suite.id + ".worker");
    std::string why;
    try {
      why = build_with(suite, job, bench, worker);
      if (why.empty()) why = test_with(job, bench, worker, stage);
    } catch (const std::exception& error) {
      why = error.what();
    }
    std::error_code ignored;
    std::filesystem::remove(worker, ignored);
    std::filesystem::remove_all(directory / ("with-" + suite.id), ignored);
    if (why.empty())
      stage.ran(suite);
    else
      stage.could_not(suite, reason_of(why, directory));
  }
  if (names_a_switch(job.source)) stage.note("the file names a switch of the sanitizers");
  stage.conclude();
  if (options.sanitize != SanitizerStage::fail) return;
  count_as_failed(job.result, *job.exercise, stage);
  job.done = job.done || job.result.verdict != Verdict::pass;
}

}  // namespace kiln::grader
