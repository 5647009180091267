// Waves: test side by side, measure alone, keep each outcome, finish what is complete.
#include "grader/batch/batch.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <exception>
#include <mutex>
#include <thread>

#include "grader/batch/processors.hpp"
#include "grader/batch/quiet.hpp"
#include "grader/book/verify.hpp"
#include "grader/build/temp_directory.hpp"
#include "grader/sandbox/stop.hpp"

namespace kiln::grader {

namespace {

using Clock = std::chrono::steady_clock;

/// Files a wave and job: enough that the wait for a wave's slowest file weighs little, and that workers on disk, a few
/// megabytes each, stay few.
constexpr std::size_t kWave = 16;
/// How often a file that met a fault is judged again, each time at the batch's end.
constexpr int kMostFaults = 3;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

UnixSeconds unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

/// A unit in flight: its job, and the directory in which its worker lies until its speed is measured.
struct Batch::Work {
  Unit* unit;
  std::filesystem::path directory;
  Job job = {};
  double seconds = 0;
};

BatchCounts Batch::judge(Progress& progress, const Finished& finished) {
  const auto started = Clock::now();
  finished_ = finished;
  counts_.files = static_cast<int>(units_.size());
  counts_.known = counts_.files - static_cast<int>(order_.size());
  for (Entry& entry : entries_)
    if (entry.waiting.empty() && !stop_requested()) finish(entry, progress);
  while (!stop_requested() && !order_.empty()) {
    bool others = false;
    const std::vector<Unit*> wave = next_wave(others, progress);
    if (!wave.empty()) {
      run_wave(wave, progress);
    } else if (others) {
      // All that is left is being judged by another batch on the same book.
      pollfd stop{stop_descriptor(), POLLIN, 0};
      poll(&stop, 1, 500);
    }
  }
  counts_.seconds = since(started);
  return counts_;
}

/// The next units that nobody else judges. `others`: some were left to another process.
std::vector<Batch::Unit*> Batch::next_wave(bool& others, Progress& progress) {
  std::vector<Unit*> wave;
  std::vector<std::string> left;
  const std::size_t most = kWave * std::max(options_.jobs, 1u);
  std::size_t at = 0;
  for (; at < order_.size() && wave.size() < most; ++at) {
    Unit& unit = units_.at(order_[at]);
    if (!store_.claim(unit.key)) {
      others = true;
      left.push_back(unit.key);
      continue;
    }
    // Another process may have judged it since it was planned.
    look_up(unit);
    if (unit.done) {
      store_.release(unit.key);
      ++counts_.known;
      settle(unit, progress);
    } else {
      wave.push_back(&unit);
    }
  }
  // What others have begun comes last, so that this batch never waits while it could work.
  std::vector<std::string> order(order_.begin() + static_cast<std::ptrdiff_t>(at), order_.end());
  order.insert(order.end(), left.begin(), left.end());
  order_ = std::move(order);
  return wave;
}

void Batch::run_wave(const std::vector<Unit*>& wave, Progress& progress) {
  const TempDirectory directory("kiln-grade");
  std::vector<Work> works;
  for (Unit* unit : wave) {
    works.push_back({.unit = unit, .directory = directory.path() / std::to_string(works.size())});
    for (const std::size_t user : unit->users) {
      Entry& entry = entries_[user];
      if (!std::exchange(entry.started, true)) progress.start(entry.name);
    }
  }
  test_all(works, directory.problem(), progress);

  // One after the other, with nothing else of ours running on the machine.
  const Quiet alone(Quiet::For::measuring, [&] { progress.message("waiting: another batch tests on this machine"); });
  for (Work& work : works) {
    if (stop_requested()) break;
    measure(work);
    std::error_code ignored;
    std::filesystem::remove_all(work.directory, ignored);
    settle(work, progress);
  }
}

void Batch::test_all(std::vector<Work>& works, const std::string& problem, Progress& progress) {
  const Quiet shared(Quiet::For::testing,
                     [&] { progress.message("waiting: another batch measures speed on this machine"); });
  const std::vector<int> cpus = processor_numbers();
  const auto width = std::min<std::size_t>(std::max(options_.jobs, 1u), works.size());
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < width; ++t) {
      threads.emplace_back([&, t] {
        JudgeOptions how = options_.judge;
        how.cpu = width > 1 ? cpus[t % cpus.size()] : -1;
        try {
          for (std::size_t i; (i = next++) < works.size() && !stop_requested();) test(works[i], problem, how);
        } catch (...) {
          const std::lock_guard guard(failing);
          failure = std::current_exception();
          next = works.size();
        }
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
}

void Batch::test(Work& work, const std::string& problem, const JudgeOptions& how) {
  const auto started = Clock::now();
  Unit& unit = *work.unit;
  work.job = make_job(*unit.exercise, "");
  const auto text = store_.file(unit.file);
  if (!problem.empty() || !text) {
    work.job.result.verdict = Verdict::judge_error;
    work.job.result.detail = !problem.empty() ? problem : "its text was erased from the book";
    work.job.done = true;
    return;
  }
  work.job.source = *text;
  std::error_code ignored;
  std::filesystem::create_directories(work.directory, ignored);
  std::vector<Job> jobs{std::move(work.job)};
  const Judge& judge = judges_[unit.module];
  judge.build(jobs, work.directory, how);
  work.job = std::move(jobs.front());
  const auto known = unit.tested ? store_.judgement(unit.key) : std::nullopt;
  if (known && !work.job.done) {
    work.job.result = known->result;
  } else {
    judge.test(work.job, work.directory, how);
    judge.sanitize(work.job, work.directory, how);
    work.job.done |= work.job.result.verdict != Verdict::pass;
  }
  work.seconds = since(started) + (known ? known->seconds : 0);
  if (!stop_requested() && work.job.result.verdict != Verdict::judge_error)
    keep(work, work.job.done || unit.exercise->speed.empty());
}

void Batch::measure(Work& work) {
  if (work.unit->done || work.job.exercise == nullptr || work.job.done) return;
  if (work.job.result.verdict == Verdict::judge_error) return;
  const auto started = Clock::now();
  JudgeOptions how = options_.judge;
  how.cpu = processor_numbers().back();
  judges_[work.unit->module].measure(work.job, work.directory, how);
  work.seconds += since(started);
  if (!stop_requested() && work.job.result.verdict != Verdict::judge_error) keep(work, true);
}

void Batch::keep(Work& work, bool done) {
  Unit& unit = *work.unit;
  store_.keep({.key = unit.key,
               .module = modules_[unit.module]->id,
               .exercise = unit.exercise->id,
               .file = unit.file,
               .done = done,
               .result = work.job.result,
               .at = unix_now(),
               .seconds = work.seconds});
  unit.done = done;
  unit.tested = !done;
}

/// What came of a unit in flight: done, or a fault of ours, which is tried again when all others are judged.
void Batch::settle(Work& work, Progress& progress) {
  Unit& unit = *work.unit;
  if (unit.done) {
    ++counts_.judged;
    return settle(unit, progress);
  }
  if (stop_requested()) return;
  unit.fault = work.job.result;
  for (const std::size_t user : unit.users)
    store_.note_fault(run_, entries_[user].name, modules_[unit.module]->id, unit.exercise->id, unit.fault.detail);
  store_.release(unit.key);
  if (++unit.faults < kMostFaults) {
    ++counts_.repeated;
    order_.push_back(unit.key);
    return;
  }
  ++counts_.faults;
  settle(unit, progress);
}

/// Nothing more will become of this unit: whoever waited for it alone is finished.
void Batch::settle(Unit& unit, Progress& progress) {
  for (const std::size_t user : unit.users) {
    Entry& entry = entries_[user];
    entry.waiting.erase(unit.key);
    if (entry.waiting.empty() && !entry.finished) finish(entry, progress);
  }
  unit.users.clear();
}

void Batch::finish(Entry& entry, Progress& progress) {
  const SubmissionResult result = assemble(entry);
  entry.finished = true;
  for (const Part& part : entry.parts) {
    const ModuleResult& module = result.modules[part.module];
    const std::string problem = why_not_verified(module, *modules_[part.module]);
    if (problem.empty())
      store_.enter(part.attempt, run_, options_.standing, module, result.receipt, part.keys);
    else
      store_.note_fault(run_, entry.name, module.id, "", "not entered into the book: " + problem);
  }
  finished_(result);
  const std::string note = fmt::format("{}/{}", format_points(result.score), format_points(result.max));
  progress.finish(entry.name, result.verdict, note);
}

void Batch::each_result(const Finished& visit) const {
  for (const Entry& entry : entries_)
    if (entry.finished) visit(assemble(entry));
}

/// The whole result: every module that was asked for, from the book's judgements.
SubmissionResult Batch::assemble(const Entry& entry) const {
  SubmissionResult result;
  result.submission = entry.name;
  result.problem = entry.problem;
  result.notes = entry.notes;
  result.receipt = receipt_;
  result.verdict = Verdict::not_attempted;
  for (const Module* module : modules_) result.max += module->max_points();
  if (!entry.problem.empty()) return result;
  UnixSeconds first = 0;
  for (std::size_t m = 0; m < modules_.size(); ++m) {
    const auto part = std::find_if(entry.parts.begin(), entry.parts.end(), [&](const Part& p) { return p.module == m; });
    ModuleResult module{modules_[m]->id, 0, 0, {}};
    for (const Exercise& exercise : modules_[m]->exercises) {
      ExerciseResult one = make_job(exercise, "").result;
      one.verdict = Verdict::not_attempted;
      if (part != entry.parts.end() && part->keys.contains(exercise.id)) {
        const Unit& unit = units_.at(part->keys.at(exercise.id));
        one = unit.fault;
        if (const auto known = unit.done ? store_.judgement(unit.key) : std::nullopt) {
          one = known->result;
          result.receipt.seconds += known->seconds;
          first = first == 0 ? known->at : std::min(first, known->at);
        }
      }
      module.exercises.push_back(std::move(one));
    }
    result.modules.push_back(std::move(module));
  }
  add_up(result);
  if (first != 0) result.receipt.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time_t{first}));
  return result;
}

}  // namespace kiln::grader
