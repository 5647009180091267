// Build, test, measure.
#include "grader/judge/judge.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "grader/build/link.hpp"
#include "grader/build/program_size.hpp"
#include "grader/judge/score.hpp"
#include "grader/judge/test_run.hpp"
#include "grader/sandbox/stop.hpp"
#include "kiln/parallel.hpp"

namespace kiln::grader {

namespace {

// A fault of the judge's is asked again this often: a machine out of memory or processes may recover.
constexpr int kTries = 3;

void build_failed(ExerciseResult& result, BuildProblem problem, const std::string& words) {
  const bool ours = problem == BuildProblem::judge || problem == BuildProblem::cancelled;
  result.verdict = ours ? Verdict::judge_error : Verdict::compile_error;
  result.detail = words;
  if (problem == BuildProblem::time) result.detail = "compiling took longer than it may. " + words;
  if (problem == BuildProblem::memory) result.detail = "compiling took more memory than it may. " + words;
  if (problem == BuildProblem::output) result.detail = "what the compiler made is larger than it may be. " + words;
}

}  // namespace

std::string_view to_string(SanitizerStage stage) {
  switch (stage) {
    case SanitizerStage::off: return "off";
    case SanitizerStage::report: return "report";
    case SanitizerStage::fail: break;
  }
  return "fail";
}

std::optional<SanitizerStage> sanitizer_stage_from(std::string_view name) {
  for (const SanitizerStage stage : {SanitizerStage::off, SanitizerStage::report, SanitizerStage::fail})
    if (to_string(stage) == name) return stage;
  return std::nullopt;
}

Job make_job(const Exercise& exercise, std::string source) {
  Job job;
  job.exercise = &exercise;
  job.source = std::move(source);
  job.result.id = exercise.id;
  job.result.max = exercise.max_points();
  return job;
}

Judge::Judge(const Installation& installation, const Module& module)
    : installation_(installation), module_(module), parts_(installation.modules.at(module.id)) {}

void Judge::build(std::vector<Job>& jobs, const std::filesystem::path& directory, const JudgeOptions& options) const {
  // Compile all files side by side.
  std::vector<CompileRequest> requests;
  for (const Job& job : jobs) {
    CompileRequest request;
    request.file = job.exercise->file;
    request.source = job.source;
    request.kernels = job.exercise->slots;
    request.headers = module_.headers;
    requests.push_back(std::move(request));
  }
  BuildLimits limits;
  limits.boxed = options.sandboxed;
  const auto compiled = compile_many(requests, installation_.toolchain, directory, options.jobs, limits);

  // Link each into a worker of its own.
  const auto count = static_cast<std::int64_t>(jobs.size());
  const std::int64_t grain = options.jobs > 1 ? 1 : std::max<std::int64_t>(count, 1);
  parallel_for(0, count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      link(jobs[i], compiled[i], directory, limits);
  });
}

void Judge::link(Job& job, const CompileResult& compiled, const std::filesystem::path& directory,
                 const BuildLimits& limits) const {
  const auto fail = [&job](BuildProblem problem, const std::string& words) {
    build_failed(job.result, problem, words);
    job.done = true;
  };
  if (!compiled.ok()) return fail(compiled.problem, compiled.diagnostics);
  Toolchain toolchain = installation_.toolchain;
  toolchain.link = parts_.worker_objects;
  const auto before = objects_before(installation_, module_, job.exercise);
  toolchain.link.insert(toolchain.link.end(), before.begin(), before.end());
  const auto worker = directory / (job.exercise->id + ".worker");
  const LinkResult linked = link_worker({compiled.object}, toolchain, worker, limits);
  if (!linked.faults.empty()) return fail(BuildProblem::compiler, linked.faults.front().diagnostics);
  if (!linked.ok()) return fail(linked.problem, linked.diagnostics);
  // Too large to start at all: said here, because a program that never starts looks like a broken sandbox.
  const std::uint64_t takes = memory_at_start(worker) >> 20;
  if (takes > static_cast<std::uint64_t>(job.exercise->memory_mb)) {
    job.result.verdict = Verdict::memory;
    job.result.detail = fmt::format(
        "the program takes {} MiB before it runs, of the {} MiB that it may have: look for large static arrays", takes,
        job.exercise->memory_mb);
    job.done = true;
    return;
  }
  job.worker = worker;
}

std::vector<SlotState> Judge::list_slots(const Job& job, const std::filesystem::path& directory,
                                         const JudgeOptions& options) const {
  std::vector<SlotState> slots;
  TestReport report;
  if (!job.worker.empty()) {
    TestRequest request;
    request.program = parts_.tests;
    request.worker = job.worker;
    request.filter = "-*";
    request.sandboxed = options.sandboxed;
    report = run_tests(request, installation_, parts_, directory);
  }
  for (const std::string& name : job.exercise->slots) {
    slots.push_back({name, "missing"});
    for (const SlotState& slot : report.slots)
      if (slot.name == name) slots.back() = slot;
  }
  return slots;
}

/// Whether it is the submission's own doing that its worker does not start: the reference's does, under the same
/// conditions.
bool Judge::never_starts(const Job& job, const std::filesystem::path& directory, const JudgeOptions& options) const {
  if (job.result.verdict != Verdict::judge_error || parts_.reference_worker.empty()) return false;
  TestRequest request;
  request.program = parts_.tests;
  request.filter = "-*";
  request.sandboxed = options.sandboxed;
  const auto starts = [&](const std::string& worker, const std::string& implementation) {
    request.worker = worker;
    request.implementation = implementation;
    return !run_tests(request, installation_, parts_, directory).slots.empty();
  };
  return starts(parts_.reference_worker, "reference") && !starts(job.worker.string(), options.implementation);
}

void Judge::test(Job& job, const std::filesystem::path& directory, const JudgeOptions& options) const {
  if (job.done) return;
  const ExerciseResult fresh = job.result;
  for (int attempt = 0; attempt < kTries && !stop_requested(); ++attempt) {
    job.result = fresh;
    test_once(job, directory, options);
    if (job.result.verdict != Verdict::judge_error) break;
  }
  if (never_starts(job, directory, options)) {
    job.result = fresh;
    job.result.verdict = Verdict::crash;
    job.result.detail =
        "the program ends, or stops, before it is ready for its first call: look at what runs before main()";
  }
  job.done = job.result.verdict != Verdict::pass;
}

void Judge::test_once(Job& job, const std::filesystem::path& directory, const JudgeOptions& options) const {
  const Exercise& exercise = *job.exercise;
  TestRequest request;
  request.worker = job.worker;
  request.implementation = options.implementation;
  request.filter = exercise.id + "." + (options.test.empty() ? "*" : options.test);
  request.only_case = options.only_case;
  request.cpu = options.cpu;
  request.memory_mb = exercise.memory_mb;
  request.time_limit_ms = exercise.time_limit_ms;
  request.threads = exercise.threads;
  request.sandboxed = options.sandboxed;
  request.rerun = options.rerun;
  request.program = parts_.tests;
  if (!options.hidden) request.seed = options.seed;
  add_tests(job.result, run_tests(request, installation_, parts_, directory), exercise.points.visible, false);
  const bool hopeless =
      std::any_of(job.result.failures.begin(), job.result.failures.end(), [](const TestFailure& failure) {
        const Verdict verdict = verdict_of_kind(failure.kind);
        return verdict == Verdict::timeout || verdict == Verdict::violation;
      });
  if (options.hidden && job.result.detail.empty() && !hopeless) {
    request.program = parts_.hidden_tests;
    request.seed = options.seed;
    request.rerun.clear();
    add_tests(job.result, run_tests(request, installation_, parts_, directory), exercise.points.hidden, true);
  }
  settle_tests(job.result);
}

void Judge::measure(Job& job, const std::filesystem::path& directory, const JudgeOptions& options) const {
  if (job.done || job.exercise->speed.empty()) return;
  job.done = true;
  TestRequest request;
  request.program = options.hidden ? parts_.hidden_tests : parts_.tests;
  request.worker = job.worker;
  request.implementation = options.implementation;
  request.seed = options.seed;
  // A parallel kernel gets all cores: on one of them it would be no faster than a serial one.
  request.cpu = job.exercise->threads > 1 ? -1 : options.cpu;
  request.memory_mb = job.exercise->memory_mb;
  request.time_limit_ms = job.exercise->time_limit_ms;
  request.threads = job.exercise->threads;
  request.sandboxed = options.sandboxed;
  request.speed = job.exercise;
  const ExerciseResult fresh = job.result;
  for (int attempt = 0; attempt < kTries && !stop_requested(); ++attempt) {
    job.result = fresh;
    add_speed(job.result, *job.exercise, run_tests(request, installation_, parts_, directory), options.hidden);
    if (job.result.verdict != Verdict::judge_error) return;
  }
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

Receipt make_receipt(const Installation& installation, const std::string& sandbox, std::uint64_t seed) {
  Receipt receipt;
  receipt.course = installation.version;
  receipt.compiler = installation.toolchain.version;
  receipt.flags = fmt::format("{}", fmt::join(installation.toolchain.kernel_flags, " "));
  receipt.cpu = cpu_name();
  receipt.sandbox = sandbox;
  receipt.seed = fmt::format("{:#x}", seed);
  receipt.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::now()));
  return receipt;
}

}  // namespace kiln::grader
