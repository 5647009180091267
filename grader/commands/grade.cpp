// grade: a class of submissions through the batch, then tables and reports.
// What is wrong with one submission, or with one path of the call, never keeps the others from being judged.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "grader/batch/batch.hpp"
#include "grader/book/class_book.hpp"
#include "grader/commands/commands.hpp"
#include "grader/commands/grading.hpp"
#include "grader/commands/handed_in.hpp"
#include "grader/intake/intake.hpp"
#include "grader/record/json.hpp"
#include "grader/report/class_report.hpp"
#include "grader/report/table.hpp"
#include "grader/report/text.hpp"
#include "grader/sandbox/stop.hpp"
#include "kiln/whole_file.hpp"

namespace kiln::grader {

namespace {

namespace fs = std::filesystem;

/// What a call asks for, by which it is known again when it is resumed.
std::string call_of(const GradeOptions& options) {
  nlohmann::ordered_json call;
  for (const std::string& path : options.paths) call["paths"].push_back(fs::weakly_canonical(path).string());
  call["module"] = options.module;
  call["seed"] = options.seed;
  call["handed_in"] = options.handed_in.empty() ? "" : fs::weakly_canonical(options.handed_in).string();
  call["cache"] = !options.no_cache;
  call["sanitize"] = to_string(options.sanitize);
  return call.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// The options of a run that was not finished.
void resume_call(const std::string& call, GradeOptions& options) {
  const auto json = nlohmann::json::parse(call);
  options.paths = json.value("paths", std::vector<std::string>());
  options.module = json.value("module", "");
  options.seed = json.value("seed", std::uint64_t{0});
  options.handed_in = json.value("handed_in", "");
  options.no_cache = !json.value("cache", true);
  options.sanitize = sanitizer_stage_from(json.value("sanitize", "")).value_or(SanitizerStage::off);
}

/// Where results go as they come about: their pages at once, and in short what table and index need at the end.
class Outputs {
 public:
  Outputs(const fs::path& out, const std::vector<std::string>& names) : reports_(out, names) {
    for (std::size_t i = 0; i < names.size(); ++i) place_[names[i]] = i;
  }

  void add(const SubmissionResult& result) {
    reports_.write(result);
    results_[place_.at(result.submission)] = in_short(result);
  }

  /// In the order of the call.
  std::vector<SubmissionResult> take_results() {
    std::vector<SubmissionResult> all;
    for (auto& [place, result] : results_) all.push_back(std::move(result));
    results_.clear();
    return all;
  }

  ClassReports& reports() { return reports_; }

 private:
  ClassReports reports_;
  std::map<std::string, std::size_t> place_;
  std::map<std::size_t, SubmissionResult> results_;
};

/// The array of all results, one submission in memory at a time.
std::optional<std::string> write_json(const fs::path& file, const Batch& batch) {
  return write_atomically(file, [&](const Sink& sink) {
    bool first = true;
    sink("[");
    batch.each_result([&](const SubmissionResult& result) {
      sink(first ? "\n" : ",\n");
      const std::string text = to_json(result);
      sink(std::string_view(text).substr(0, text.size() - 1));
      first = false;
    });
    sink(first ? "]\n" : "\n]\n");
  });
}

bool all_writable(const GradeOptions& options, const fs::path& out) {
  // Hours of judging must not end at a file that cannot be written.
  bool writable = true;
  for (const fs::path& path : {out / "index.html", fs::path(options.json)}) {
    if (path.empty()) continue;
    const auto problem = why_not_writable(path);
    if (problem) fmt::print(stderr, "kiln: {}\n", *problem);
    writable &= !problem;
  }
  return writable;
}

int report(const GradeOptions& options, Outputs& outputs, const App& app, const fs::path& out, const Batch& batch,
           const BatchCounts& counts, std::size_t asked) {
  const std::vector<SubmissionResult> results = outputs.take_results();
  fmt::print("{}", class_table(results, app.out));
  print_counts(counts, results.size());
  if (results.size() < asked)
    fmt::print(stderr,
               "stopped: {} of {} submissions were judged. Go on where it stopped: kiln grade --resume --out {}\n",
               results.size(), asked, out.string());
  const WrittenReports reports = outputs.reports().finish(results);
  bool written = reports.problems.empty();
  for (const std::string& problem : reports.problems) fmt::print(stderr, "kiln: {}\n", problem);
  if (!options.json.empty()) {
    if (const auto problem = write_json(options.json, batch)) {
      fmt::print(stderr, "kiln: {}\n", *problem);
      written = false;
    }
  }
  fmt::print("Reports: {} (the whole class), {} (to hand out)\n", reports.index.string(), (out / "student").string());
  return written && counts.faults == 0 && !stop_requested() ? kWell : kJudgeFailed;
}

}  // namespace

int grade(const App& app, const GradeOptions& asked) {
  GradeOptions options = asked;
  const fs::path out = options.out.empty() ? kDefaultRun : options.out;
  if (options.paths.empty() && !options.resume) {
    fmt::print(stderr, "kiln: nothing to grade: give folders or archives, or --resume to go on with a run\n");
    return kBadCall;
  }
  if (!all_writable(options, out)) return kBadCall;
  const auto ground = grading_ground(options.unsafe);
  if (!ground) return kJudgeFailed;

  // Open the book, and take up a run that was broken off.
  auto store = Store::open(book_file(options.book.empty() ? out : fs::path(options.book)), true);
  if (!store) {
    fmt::print(stderr, "kiln: {}\n", store.error());
    return kBadCall;
  }
  auto run = store->adopt_run("grade", options.paths.empty() ? "" : call_of(options));
  if (options.paths.empty()) {
    if (!run) {
      fmt::print(stderr, "kiln: {}: no run is open that could be resumed\n", store->path().string());
      return kBadCall;
    }
    resume_call(run->call, options);
  }
  int status = kWell;
  const auto modules = modules_to_grade(app, options.module, status);
  if (modules.empty()) return status;

  // Find the submissions; what is wrong with one path is told, and the others are graded.
  const Layout layout(wanted_files(modules));
  const Sources found = find_submissions({options.paths.begin(), options.paths.end()}, layout);
  for (const CallError& error : found.call_errors) fmt::print(stderr, "kiln: {}\n", to_string(error));
  for (const std::string& note : found.notes) fmt::print(stderr, "{}\n", app.out.safe(note));
  if (found.sources.empty()) return kBadCall;

  std::map<std::string, UnixSeconds> handed_in;
  if (!options.handed_in.empty()) {
    const auto policy = parse_policy(store->document(kPolicyDocument), kPolicyDocument);
    auto times = read_handed_in(options.handed_in, policy ? policy->time_zone : "UTC");
    if (!times) {
      fmt::print(stderr, "kiln: {}\n", times.error());
      return kBadCall;
    }
    handed_in = std::move(*times);
  }

  BatchOptions how;
  how.jobs = options.jobs > 0 ? options.jobs : processors();
  how.cache = !options.no_cache;
  how.judge = ground->judge;
  how.judge.sanitize = options.sanitize;
  how.judge.seed = options.seed != 0 ? options.seed : store->seed();
  const Receipt receipt = make_receipt(app.installation, ground->layers, how.judge.seed);
  const RowId id = run ? run->id : store->begin_run("grade", call_of(options), receipt);
  if (run) fmt::print(stderr, "going on with run {}, begun {}\n", id, run->receipt.started);
  Batch batch(app.installation, *store, modules, how, id, receipt);

  // Take in, judge, report.
  std::vector<std::string> names;
  for (const Source& source : found.sources) names.push_back(source.name);
  Outputs outputs(out, names);
  for (const Source& source : found.sources) {
    if (stop_requested()) break;
    const auto told = handed_in.find(source.name);
    batch.take_in(take(source, layout), told != handed_in.end() ? told->second : newest_file(source));
  }
  const Terminal terminal = terminal_of(2);
  Progress progress(std::cerr, terminal, progress_mode(terminal, false), static_cast<int>(names.size()));
  const BatchCounts counts = batch.judge(progress, [&](const SubmissionResult& result) { outputs.add(result); });
  progress.close();
  // What could not be judged is left for the same call, or --resume, to try again.
  store->end_run(id, stop_requested() || counts.faults > 0 ? "stopped" : "finished");
  status = report(options, outputs, app, out, batch, counts, names.size());
  return status == kWell && !found.call_errors.empty() ? kBadCall : status;
}

}  // namespace kiln::grader
