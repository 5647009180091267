// grade: a class of submissions. Correctness runs side by side; speed runs alone afterwards; then tables and reports.
// What is wrong with one submission, or with one path of the call, never keeps the others from being judged.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "grader/build/temp_directory.hpp"
#include "grader/commands/commands.hpp"
#include "grader/intake/intake.hpp"
#include "grader/judge/judge.hpp"
#include "grader/record/json.hpp"
#include "grader/report/class_report.hpp"
#include "grader/report/progress.hpp"
#include "grader/report/table.hpp"
#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/stop.hpp"
#include "kiln/whole_file.hpp"

namespace kiln::grader {

namespace {

/// The processors that this process may use, by number.
std::vector<int> processor_numbers() {
  std::vector<int> numbers;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return {-1};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) numbers.push_back(cpu);
  return numbers;
}

std::uint64_t draw_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32 | device()) >> 1 | 1;
}

/// The file in modules/ is somebody's own work where it is no stub any more.
bool is_stub(const std::string& source) { return source.find("STUB();") != std::string::npos; }

/// A submission on its way: its jobs by module, and the directory in which its workers lie until speed is measured.
struct Entry {
  SubmissionResult result;
  std::vector<std::vector<Job>> jobs;  ///< by module
  std::unique_ptr<TempDirectory> directory;
  bool judged = false;
  bool untimed = false;  ///< judged by its tests alone: a stop before the measuring leaves its result whole
};

class Class {
 public:
  Class(const App& app, const GradeOptions& options, std::vector<const Module*> modules, Receipt receipt,
        JudgeOptions how)
      : app_(app),
        modules_(std::move(modules)),
        receipt_(std::move(receipt)),
        how_(how),
        layout_(wanted_files(modules_)) {
    for (const Module* module : modules_) judges_.emplace_back(app_.installation, *module);
    jobs_ = options.jobs > 0 ? options.jobs : processors();
  }

  const Layout& layout() const { return layout_; }

  std::vector<SubmissionResult> judge(const std::vector<Source>& sources) {
    entries_.resize(sources.size());
    const Terminal terminal = terminal_of(2);
    Progress progress(std::cerr, terminal, progress_mode(terminal, false), static_cast<int>(2 * sources.size()));
    test_all(sources, progress);
    measure_all(progress);
    progress.close();
    std::vector<SubmissionResult> results;
    for (Entry& entry : entries_)
      if (entry.judged || entry.untimed) results.push_back(std::move(entry.result));
    return results;
  }

 private:
  /// Takes in, builds and tests every submission, `jobs_` at a time, each on a processor of its own.
  void test_all(const std::vector<Source>& sources, Progress& progress) {
    const std::vector<int> cpus = processor_numbers();
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> threads;
    const unsigned width = std::min<unsigned>(jobs_, static_cast<unsigned>(std::max<std::size_t>(sources.size(), 1)));
    for (unsigned t = 0; t < width; ++t) {
      threads.emplace_back([&, t] {
        JudgeOptions how = how_;
        how.cpu = width > 1 ? cpus[t % cpus.size()] : -1;
        how.jobs = std::max(1u, processors() / width);
        for (std::size_t i; (i = next++) < sources.size() && !stop_requested();) {
          progress.start(sources[i].name);
          test_one(sources[i], entries_[i], how);
          progress.finish(sources[i].name, entries_[i].result.verdict, "tested");
        }
      });
    }
  }

  void test_one(const Source& source, Entry& entry, const JudgeOptions& how) {
    const auto started = std::chrono::steady_clock::now();
    const Submission submission = take(source, layout_);
    SubmissionResult& result = entry.result;
    result.submission = submission.name;
    result.notes = submission.notes;
    result.problem = submission.problem;
    result.receipt = receipt_;
    for (const Module* module : modules_) result.max += module->max_points();
    result.verdict = Verdict::not_attempted;
    if (!submission.problem.empty()) {
      entry.judged = entry.untimed = true;
      return;
    }
    entry.directory = std::make_unique<TempDirectory>("kiln-grade");
    for (std::size_t m = 0; m < modules_.size(); ++m) {
      entry.jobs.push_back(jobs_of(*modules_[m], submission));
      test_module(judges_[m], entry.jobs.back(), entry.directory->path() / modules_[m]->id, how);
    }
    sum_up(entry);
    result.receipt.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    entry.judged = !stop_requested();
    entry.untimed = entry.judged && !awaits_speed(entry);
  }

  /// A file that is missing, or is the untouched stub, is laid over by the pristine one: not attempted.
  std::vector<Job> jobs_of(const Module& module, const Submission& submission) const {
    std::vector<Job> jobs;
    for (const Exercise& exercise : module.exercises) {
      const auto file = submission.files.find(module.id + "/" + exercise.file);
      const auto pristine = read_file(app_.installation.stub(module.id, exercise.file));
      jobs.push_back(make_job(exercise, file == submission.files.end() ? pristine.value_or("") : file->second));
      const bool untouched = file == submission.files.end() || (file->second == pristine && is_stub(*pristine));
      if (!untouched) continue;
      jobs.back().done = true;
      jobs.back().result.verdict = Verdict::not_attempted;
    }
    return jobs;
  }

  static void test_module(const Judge& judge, std::vector<Job>& jobs, const std::filesystem::path& directory,
                          const JudgeOptions& how) {
    std::error_code ignored;
    std::filesystem::create_directories(directory, ignored);
    std::vector<Job> begun;
    for (Job& job : jobs)
      if (!job.done) begun.push_back(std::move(job));
    judge.build(begun, directory, how);
    for (Job& job : begun) {
      judge.test(job, directory, how);
      if (job.done) std::filesystem::remove(job.worker, ignored);
    }
    for (Job& job : jobs) {
      const auto same =
          std::find_if(begun.begin(), begun.end(), [&](const Job& other) { return other.exercise == job.exercise; });
      if (same != begun.end()) job = std::move(*same);
    }
  }

  /// Whether points for speed are still to be given: a stop must not take them away.
  static bool awaits_speed(const Entry& entry) {
    for (const std::vector<Job>& jobs : entry.jobs)
      for (const Job& job : jobs)
        if (!job.done && !job.exercise->speed.empty()) return true;
    return false;
  }

  /// One after the other, on one processor, with nothing else of ours running.
  void measure_all(Progress& progress) {
    JudgeOptions how = how_;
    how.cpu = processor_numbers().back();
    for (Entry& entry : entries_) {
      // Stopped before its speed is known, a submission has no result: its points would be too few.
      entry.judged &= !stop_requested();
      if (!entry.judged) continue;
      progress.start(entry.result.submission);
      const auto started = std::chrono::steady_clock::now();
      for (std::size_t m = 0; m < entry.jobs.size(); ++m)
        for (Job& job : entry.jobs[m]) judges_[m].measure(job, entry.directory->path() / modules_[m]->id, how);
      if (!entry.jobs.empty()) sum_up(entry);
      entry.judged = !stop_requested();
      entry.directory.reset();
      entry.result.receipt.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
      progress.finish(entry.result.submission, entry.result.verdict,
                      fmt::format("{}/{}", format_points(entry.result.score), format_points(entry.result.max)));
    }
  }

  void sum_up(Entry& entry) const {
    entry.result.modules.clear();
    for (std::size_t m = 0; m < modules_.size(); ++m) {
      ModuleResult module;
      module.id = modules_[m]->id;
      for (const Job& job : entry.jobs[m]) module.exercises.push_back(job.result);
      entry.result.modules.push_back(std::move(module));
    }
    add_up(entry.result);
  }

  const App& app_;
  std::vector<const Module*> modules_;
  std::vector<Judge> judges_;
  Receipt receipt_;
  JudgeOptions how_;
  Layout layout_;
  unsigned jobs_ = 1;
  std::vector<Entry> entries_;
};

/// The modules to grade; empty, told on stderr, where they cannot be: `status` is then whose fault that is.
std::vector<const Module*> chosen_modules(const App& app, const std::string& word, int& status) {
  std::vector<const Module*> modules;
  status = kBadCall;
  for (const Selection& selection : select(app, word)) {
    status = kJudgeFailed;
    if (!can_judge(app, *selection.module)) return {};
    if (app.installation.modules.at(selection.module->id).hidden_tests.empty()) {
      fmt::print(stderr, "kiln: {} has no hidden tests here: grading needs the instructor's tree, with solutions/.\n",
                 selection.module->id);
      return {};
    }
    modules.push_back(selection.module);
  }
  return modules;
}

int status_of(const std::vector<SubmissionResult>& results, bool call_errors) {
  const bool failed = std::any_of(results.begin(), results.end(), [](const SubmissionResult& result) {
    return result.verdict == Verdict::judge_error;
  });
  if (failed || stop_requested()) return kJudgeFailed;
  return call_errors ? kBadCall : kWell;
}

}  // namespace

int grade(const App& app, const GradeOptions& options) {
  // Hours of judging must not end at a file that cannot be written.
  const std::filesystem::path out = options.out.empty() ? "kiln-grades" : options.out;
  bool writable = true;
  for (const std::filesystem::path& path : {out / "index.html", std::filesystem::path(options.json)}) {
    if (path.empty()) continue;
    const auto problem = why_not_writable(path);
    if (problem) fmt::print(stderr, "kiln: {}\n", *problem);
    writable &= !problem;
  }
  if (!writable) return kBadCall;

  // Ask first whether untrusted work may run here at all.
  const Layers layers = probe_layers();
  if (!layers.fit_to_grade() && !options.unsafe) {
    fmt::print(stderr, "{}\nTo grade work that you trust all the same: --unsafe.\n", layers.refusal());
    return kJudgeFailed;
  }
  int status = kWell;
  const auto modules = chosen_modules(app, options.module, status);
  if (modules.empty()) return status;

  // Find the submissions; what is wrong with one path is told, and the others are graded.
  JudgeOptions how;
  how.hidden = true;
  how.rerun = "kiln check";
  how.seed = options.seed != 0 ? options.seed : draw_seed();
  how.sandboxed = layers.fit_to_grade();
  Class the_class(app, options, modules, make_receipt(app.installation, layers.summary(), how.seed), how);
  const std::vector<std::filesystem::path> paths(options.paths.begin(), options.paths.end());
  const Sources found = find_submissions(paths, the_class.layout());
  for (const CallError& error : found.call_errors) fmt::print(stderr, "kiln: {}\n", to_string(error));
  for (const std::string& note : found.notes) fmt::print(stderr, "{}\n", app.out.safe(note));
  if (found.sources.empty()) return kBadCall;

  const std::vector<SubmissionResult> results = the_class.judge(found.sources);
  fmt::print("{}", class_table(results, app.out));
  if (results.size() < found.sources.size())
    fmt::print(stderr, "stopped: {} of {} submissions were judged.\n", results.size(), found.sources.size());

  // Keep what was found, in both forms.
  const WrittenReports reports = write_reports(out, results);
  bool written = reports.problems.empty();
  for (const std::string& problem : reports.problems) fmt::print(stderr, "kiln: {}\n", problem);
  if (!options.json.empty()) {
    if (const auto problem = write_atomically(options.json, to_json(results))) {
      fmt::print(stderr, "kiln: {}\n", *problem);
      written = false;
    }
  }
  fmt::print("Reports: {} (the whole class), {} (to hand out)\n", reports.index.string(), (out / "student").string());
  return written ? status_of(results, !found.call_errors.empty()) : kJudgeFailed;
}

}  // namespace kiln::grader
