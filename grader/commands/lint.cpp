// lint: proves a course. Stubs are the solutions' own, score 0; solutions score full marks; naive versions are right
// and miss the step that they should; no step lies where a correct version could fall on either side of it.
#include "grader/commands/lint.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <future>

#include "grader/build/temp_directory.hpp"
#include "grader/commands/commands.hpp"
#include "grader/judge/judge.hpp"
#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/process.hpp"
#include "grader/sandbox/stop.hpp"
#include "kiln/parallel.hpp"

namespace kiln::grader {

namespace {

// No correct version may lie closer than this to a step.
constexpr double kRoom = 0.10;

JudgeOptions options_for_lint() {
  JudgeOptions options;
  options.jobs = processors();
  options.hidden = true;
  options.seed = 0x11e7;
  options.sandboxed = probe_layers().fit_to_grade();
  return options;
}

std::vector<Job> jobs_from(const Module& module, const std::filesystem::path& folder, Proof& proof) {
  std::vector<Job> jobs;
  for (const Exercise& exercise : module.exercises) {
    const auto source = read_file(folder / exercise.file);
    if (!source) proof.problems.push_back((folder / exercise.file).string() + " is missing");
    if (source) jobs.push_back(make_job(exercise, *source));
  }
  return jobs;
}

void build_and_test(const Judge& judge, std::vector<Job>& jobs, const std::filesystem::path& directory,
                    const JudgeOptions& options) {
  std::filesystem::create_directories(directory);
  judge.build(jobs, directory, options);
  parallel_for(0, static_cast<std::int64_t>(jobs.size()), 1, [&](std::int64_t i, std::int64_t) {
    Job& job = jobs[static_cast<std::size_t>(i)];
    const auto own = directory / job.exercise->id;
    std::filesystem::create_directories(own);
    judge.test(job, own, options);
  });
}

std::string first_words(const ExerciseResult& result) {
  if (!result.detail.empty()) return result.detail;
  return result.failures.empty() ? "" : result.failures.front().name + ": " + result.failures.front().message;
}

Proof prove_stubs(const App& app, const Module& module, const std::filesystem::path& directory) {
  Proof proof{"every stub is its solution's own and scores 0", {}, {}};
  ProcessOptions options;
  options.wall_limit = std::chrono::minutes(1);
  const ProcessResult same =
      run({"python3", app.installation.source_root / "tools" / "stubs.py", "--check", module.id}, options);
  if (!same.ok()) proof.problems.push_back("tools/stubs.py --check " + module.id + ": " + same.output);
  const Judge judge(app.installation, module);
  std::vector<Job> jobs = jobs_from(module, app.installation.source_root / "modules" / module.id, proof);
  build_and_test(judge, jobs, directory, options_for_lint());
  for (const Job& job : jobs)
    if (job.result.verdict != Verdict::not_attempted || job.result.points != 0)
      proof.problems.push_back(fmt::format("{}: the stub gets {} points, verdict {}: {}", job.result.id,
                                           job.result.points, to_string(job.result.verdict), first_words(job.result)));
  return proof;
}

void check_room(const SpeedResult& speed, const std::string& who, Proof& proof) {
  for (const SpeedStep& step : speed.steps)
    if (std::abs(speed.ratio - step.ratio) < kRoom * step.ratio)
      proof.problems.push_back(fmt::format("{}: {} runs at {:.2f}, within 10 % of the step at {}", speed.name, who,
                                           speed.ratio, step.ratio));
}

/// What was not measured proves nothing.
bool is_measured(const SpeedResult& speed, const std::string& who, Proof& proof) {
  if (!speed.measured)
    proof.problems.push_back(fmt::format("{}: {} was not measured: {}", speed.name, who, speed.note));
  return speed.measured;
}

Proof prove_solutions(const App& app, const Module& module, const std::filesystem::path& directory, bool timed) {
  Proof proof{"every solution gets full marks", {}, {}};
  const Judge judge(app.installation, module);
  const JudgeOptions options = options_for_lint();
  std::vector<Job> jobs = jobs_from(module, app.installation.solutions(module.id), proof);
  build_and_test(judge, jobs, directory, options);
  bool any_speed = false;
  for (Job& job : jobs) {
    any_speed |= !job.exercise->speed.empty();
    if (timed) judge.measure(job, directory, options);
    const double untimed = job.exercise->points.visible + job.exercise->points.hidden;
    const double wanted = timed ? job.result.max : untimed;
    if (job.result.verdict != Verdict::pass || std::abs(job.result.points - wanted) > 1e-9)
      proof.problems.push_back(fmt::format("{}: the solution gets {} of {} points, verdict {}: {}", job.result.id,
                                           job.result.points, wanted, to_string(job.result.verdict),
                                           first_words(job.result)));
    for (const SpeedResult& speed : job.result.speed) {
      if (!is_measured(speed, "the solution", proof)) continue;
      check_room(speed, "the solution", proof);
      proof.facts.push_back(fmt::format("{} {}: solution {:.2f} ({:.2f} to {:.2f})", job.result.id, speed.name,
                                        speed.ratio, speed.low, speed.high));
    }
  }
  if (!any_speed) proof.problems.push_back("no exercise has a speed step; every module has at least one");
  return proof;
}

Proof prove_naive(const App& app, const Module& module, const std::filesystem::path& directory, bool timed) {
  Proof proof{"every naive version is right, and misses the steps it should", {}, {}};
  const Judge judge(app.installation, module);
  const JudgeOptions options = options_for_lint();
  std::vector<Job> jobs = jobs_from(module, app.installation.solutions(module.id) / "naive", proof);
  build_and_test(judge, jobs, directory, options);
  for (Job& job : jobs) {
    if (job.result.verdict != Verdict::pass)
      proof.problems.push_back(
          fmt::format("{}: the naive version is not right: {}", job.result.id, first_words(job.result)));
    if (!timed) continue;
    judge.measure(job, directory, options);
    for (std::size_t i = 0; i < job.result.speed.size(); ++i) {
      const SpeedResult& speed = job.result.speed[i];
      if (!is_measured(speed, "the naive version", proof)) continue;
      check_room(speed, "the naive version", proof);
      proof.facts.push_back(fmt::format("{} {}: naive {:.2f} ({:.2f} to {:.2f})", job.result.id, speed.name,
                                        speed.ratio, speed.low, speed.high));
      if (job.exercise->speed[i].naive_misses == "full" && speed.points >= speed.max)
        proof.problems.push_back(fmt::format("{} {}: the naive version reaches the full step at {:.2f}", job.result.id,
                                             speed.name, speed.ratio));
    }
  }
  return proof;
}

/// No file of a module includes the contract of a later one.
Proof prove_order(const App& app, const Module& module) {
  Proof proof{"no module needs a later one", {}, {}};
  bool later = false;
  for (const Module& other : app.course.modules) {
    if (later) {
      for (const Exercise& exercise : module.exercises)
        for (const auto& path :
             {app.installation.stub(module.id, exercise.file), app.installation.solutions(module.id) / exercise.file})
          if (read_file(path).value_or("").find(other.contract) != std::string::npos)
            proof.problems.push_back(
                fmt::format("{} includes {} of the later module {}", path.string(), other.contract, other.id));
    }
    later |= other.id == module.id;
  }
  return proof;
}

bool tell(const App& app, const Proof& proof) {
  const bool good = proof.problems.empty();
  fmt::print("  {}  {}\n", app.out.paint(good ? Style::good : Style::bad, good ? "proven" : "FAILED"), proof.title);
  for (const std::string& fact : proof.facts) fmt::print("            {}\n", fact);
  for (const std::string& problem : proof.problems)
    fmt::print("          {} {}\n", app.out.paint(Style::bad, "!"), problem);
  std::fflush(stdout);
  return good;
}

}  // namespace

int lint(const App& app, const LintOptions& options) {
  const auto selections = select(app, options.word);
  if (selections.empty()) return kBadCall;
  if (!app.installation.has_solutions()) {
    fmt::print(stderr, "kiln: lint proves a course from its solutions, and this tree has none.\n");
    return kJudgeFailed;
  }
  const TempDirectory shared("kiln-lint");
  const auto precompiled = precompile_headers(app, shared.path());
  int proven = 0, failed = 0;
  for (const Selection& selection : selections) {
    const Module& module = *selection.module;
    if (!can_judge(app, module)) return kJudgeFailed;
    fmt::print("{}  {} exercises, {} points\n", app.out.paint(Style::bold, module.id), module.exercises.size(),
               format_points(module.max_points()));
    const TempDirectory directory("kiln-lint");
    std::filesystem::create_directories(directory.path() / "wrong");
    // What is timed runs alone; all else side by side.
    const auto policy = options.no_speed ? std::launch::async : std::launch::deferred;
    const auto begin = [&](auto prove, const char* folder, auto... more) {
      return std::async(policy,
                        [&, prove, folder, more...] { return prove(app, module, directory.path() / folder, more...); });
    };
    std::future<Proof> proofs[] = {begin(prove_stubs, "stubs"), begin(prove_solutions, "solutions", !options.no_speed),
                                   begin(prove_naive, "naive", !options.no_speed),
                                   begin(prove_variants, "wrong", precompiled)};
    bool good = tell(app, prove_order(app, module));
    for (std::future<Proof>& proof : proofs) good &= tell(app, proof.get());
    if (stop_requested()) return kJudgeFailed;
    ++(good ? proven : failed);
  }
  fmt::print("{} modules proven, {} failed\n", proven, failed);
  return failed == 0 ? kWell : kFailed;
}

}  // namespace kiln::grader
