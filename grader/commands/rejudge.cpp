// rejudge: what the book has, judged again from the texts that it keeps: under a changed course, or because somebody
// doubts a result. The new results are a set beside the old ones until somebody applies it or drops it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "grader/batch/batch.hpp"
#include "grader/commands/commands.hpp"
#include "grader/commands/grading.hpp"
#include "grader/report/text.hpp"
#include "grader/sandbox/stop.hpp"
#include "kiln/whole_file.hpp"

namespace kiln::grader {

namespace {

using Json = nlohmann::ordered_json;

/// Points closer than this are the same: sums of shares differ in the last bits.
constexpr double kSame = 1e-6;

bool went_wrong(const ModuleResult& result) {
  return std::any_of(result.exercises.begin(), result.exercises.end(), [](const ExerciseResult& exercise) {
    return exercise.verdict != Verdict::pass && exercise.verdict != Verdict::slow &&
           exercise.verdict != Verdict::not_attempted;
  });
}

/// The attempts that a call means: of each submission and module the latest, or all.
std::vector<StoredAttempt> chosen(const Store& store, const RejudgeOptions& options,
                                  const std::vector<const Module*>& modules) {
  std::map<RowId, StoredResult> current;
  for (StoredResult& result : store.results(Standing::current)) current[result.attempt] = std::move(result);
  std::vector<StoredAttempt> attempts;
  for (StoredAttempt& attempt : store.attempts()) {
    const auto same_module = [&](const Module* module) { return module->id == attempt.module; };
    if (std::none_of(modules.begin(), modules.end(), same_module)) continue;
    const auto& names = options.submissions;
    if (!names.empty() && std::find(names.begin(), names.end(), attempt.submission) == names.end()) continue;
    // They come in order: a later attempt takes the place of the one before.
    if (options.select != "all" && !attempts.empty() && attempts.back().submission == attempt.submission &&
        attempts.back().module == attempt.module)
      attempts.pop_back();
    attempts.push_back(std::move(attempt));
  }
  if (options.select == "failed")
    std::erase_if(attempts, [&](const StoredAttempt& attempt) {
      return current.contains(attempt.id) && !went_wrong(current.at(attempt.id).result);
    });
  return attempts;
}

struct Change {
  const StoredAttempt* attempt;
  std::optional<StoredResult> old;
  StoredResult fresh;

  double old_score() const { return old ? old->result.score : 0; }
  bool differs() const {
    if (!old || std::abs(old_score() - fresh.result.score) > kSame) return true;
    for (std::size_t i = 0; i < fresh.result.exercises.size() && i < old->result.exercises.size(); ++i)
      if (fresh.result.exercises[i].verdict != old->result.exercises[i].verdict) return true;
    return false;
  }
  /// "matmul pass 10 -> slow 6, ..."
  std::string words() const {
    std::string text;
    for (const ExerciseResult& now : fresh.result.exercises) {
      const ExerciseResult* before = earlier(now.id);
      if (before != nullptr && before->verdict == now.verdict && std::abs(before->points - now.points) <= kSame)
        continue;
      text += fmt::format("{}{} {} -> {} {}", text.empty() ? "" : ", ", now.id,
                          before != nullptr
                              ? fmt::format("{} {}", to_string(before->verdict), format_points(before->points))
                              : "-",
                          to_string(now.verdict), format_points(now.points));
    }
    return text;
  }

 private:
  const ExerciseResult* earlier(const std::string& id) const {
    if (!old) return nullptr;
    for (const ExerciseResult& exercise : old->result.exercises)
      if (exercise.id == id) return &exercise;
    return nullptr;
  }
};

/// What a set would change: each of its results beside the one that counts now, or that counted before it was applied.
std::vector<Change> changes_of(const Store& store, RowId run, const std::vector<StoredAttempt>& attempts) {
  std::vector<Change> changes;
  for (const StoredAttempt& attempt : attempts) {
    Change change{&attempt, {}, {}};
    bool any = false;
    for (StoredResult& result : store.results_of(attempt.id)) {
      if (result.run == run && !any) {
        change.fresh = std::move(result);
        any = true;
      } else if (result.run != run && result.standing != Standing::proposed &&
                 result.standing != Standing::dropped && !change.old) {
        change.old = std::move(result);
      }
    }
    if (any) changes.push_back(std::move(change));
  }
  return changes;
}

void print_changes(const App& app, RowId run, const std::vector<Change>& changes) {
  std::size_t width = 10;
  for (const Change& change : changes) width = std::max(width, change.attempt->submission.size());
  int differing = 0;
  double sum = 0;
  for (const Change& change : changes) {
    if (!change.differs()) continue;
    if (differing++ == 0)
      fmt::print("{:<{}}  {:<16} {:>8} {:>8} {:>8}  what changed\n", "submission", width, "module", "old", "new",
                 "change");
    const double delta = change.fresh.result.score - change.old_score();
    sum += delta;
    const auto line = fmt::format("{:<{}}  {:<16} {:>8} {:>8} {:>8}  {}", app.out.safe(change.attempt->submission),
                                  width, change.attempt->module, change.old ? format_points(change.old_score()) : "-",
                                  format_points(change.fresh.result.score),
                                  (delta > kSame ? "+" : "") + format_points(delta), change.words());
    fmt::print("{}\n", app.out.paint(delta < -kSame ? Style::bad : Style::good, line));
  }
  fmt::print("set {}: {} judged again, {} the same, {} different, {}{} points in all\n", run, changes.size(),
             static_cast<int>(changes.size()) - differing, differing, sum > kSame ? "+" : "", format_points(sum));
}

std::string json_of(RowId run, const std::vector<Change>& changes) {
  Json json{{"set", run}, {"changes", Json::array()}};
  for (const Change& change : changes) {
    Json one{{"submission", change.attempt->submission}, {"module", change.attempt->module},
             {"attempt", change.attempt->number},        {"old", nullptr},
             {"new", change.fresh.result.score},         {"differs", change.differs()},
             {"what", change.words()}};
    if (change.old) one["old"] = change.old_score();
    json["changes"].push_back(std::move(one));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

int settle(Store& store, const RejudgeOptions& options) {
  const RowId set = options.apply != 0 ? options.apply : options.drop;
  const auto run = store.find_run(set);
  if (!run || run->kind != "rejudge") {
    fmt::print(stderr, "kiln: {}: there is no set {}; `kiln rejudge --list` names them\n", store.path().string(), set);
    return kBadCall;
  }
  if (run->state != "finished" && options.apply != 0) {
    fmt::print(stderr, "kiln: set {} was broken off; go on with it first: kiln rejudge --resume\n", set);
    return kBadCall;
  }
  const int changed = store.settle(set, options.apply != 0 ? Standing::current : Standing::dropped);
  if (changed == 0)
    fmt::print("set {}: nothing is open any more: it was applied or dropped before\n", set);
  else
    fmt::print("set {}: {} results {}\n", set, changed, options.apply != 0 ? "count now; the old ones stay in the book"
                                                                           : "dropped; the old ones count as before");
  return kWell;
}

int list_sets(const Store& store) {
  std::map<RowId, int> open;
  for (const StoredResult& result : store.results(Standing::proposed)) ++open[result.run];
  int sets = 0;
  for (const Run& run : store.runs()) {
    if (run.kind != "rejudge") continue;
    ++sets;
    fmt::print("set {}  begun {}  {}  {}\n", run.id, run.receipt.started, run.state,
               open.contains(run.id) ? fmt::format("{} results open: --apply {} or --drop {}", open[run.id], run.id, run.id)
                                     : "nothing open");
  }
  if (sets == 0) fmt::print("nothing was judged again yet\n");
  return kWell;
}

std::string call_of(const RejudgeOptions& options) {
  return Json{{"module", options.module}, {"select", options.select}, {"submissions", options.submissions},
              {"seed", options.seed}, {"sanitize", to_string(options.sanitize)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Judges the chosen attempts into a set of its own.
int judge_again(const App& app, Store& store, const RejudgeOptions& asked) {
  RejudgeOptions options = asked;
  const auto ground = grading_ground(options.unsafe);
  if (!ground) return kJudgeFailed;
  const auto open = options.resume ? store.adopt_run("rejudge") : std::nullopt;
  if (options.resume && !open) {
    fmt::print(stderr, "kiln: {}: no set is open that could be resumed\n", store.path().string());
    return kBadCall;
  }
  if (open) {
    const Json call = Json::parse(open->call);
    options.module = call.value("module", "");
    options.select = call.value("select", "latest");
    options.submissions = call.value("submissions", std::vector<std::string>());
    options.seed = call.value("seed", std::uint64_t{0});
    options.sanitize = sanitizer_stage_from(call.value("sanitize", "")).value_or(SanitizerStage::off);
  }
  int status = kWell;
  const auto modules = modules_to_grade(app, options.module, status);
  if (modules.empty()) return status;
  const std::vector<StoredAttempt> attempts = chosen(store, options, modules);
  if (attempts.empty()) {
    fmt::print(stderr, "kiln: {}: no submission in the book fits; see `kiln rejudge --help`\n", store.path().string());
    return kBadCall;
  }

  BatchOptions how;
  how.jobs = options.jobs > 0 ? options.jobs : processors();
  how.cache = false;
  how.judge = ground->judge;
  how.judge.sanitize = options.sanitize;
  how.judge.seed = options.seed != 0 ? options.seed : store.seed();
  how.standing = Standing::proposed;
  const Receipt receipt = make_receipt(app.installation, ground->layers, how.judge.seed);
  const RowId run = open ? open->id : store.begin_run("rejudge", call_of(options), receipt);
  Batch batch(app.installation, store, modules, how, run, receipt);
  for (const StoredAttempt& attempt : attempts) batch.add(attempt);
  const Terminal terminal = terminal_of(2);
  Progress progress(std::cerr, terminal, progress_mode(terminal, false), static_cast<int>(batch.size()));
  const BatchCounts counts = batch.judge(progress, [](const SubmissionResult&) {});
  progress.close();
  store.end_run(run, stop_requested() ? "stopped" : "finished");
  if (stop_requested()) {
    fmt::print(stderr, "stopped; go on with: kiln rejudge --resume\n");
    return kJudgeFailed;
  }
  const auto changes = changes_of(store, run, attempts);
  print_changes(app, run, changes);
  print_counts(counts, batch.size());
  fmt::print("Nothing counts yet: kiln rejudge --apply {0} takes the new results, --drop {0} keeps the old ones.\n", run);
  if (!options.json.empty())
    if (const auto problem = write_atomically(options.json, json_of(run, changes))) {
      fmt::print(stderr, "kiln: {}\n", *problem);
      return kJudgeFailed;
    }
  return counts.faults == 0 ? kWell : kJudgeFailed;
}

}  // namespace

int rejudge(const App& app, const RejudgeOptions& options) {
  auto store = Store::open(book_file(options.book.empty() ? kDefaultRun : options.book), false);
  if (!store) {
    fmt::print(stderr, "kiln: {}\n", store.error());
    return kBadCall;
  }
  if (options.list) return list_sets(*store);
  if (options.apply != 0 || options.drop != 0) return settle(*store, options);
  return judge_again(app, *store, options);
}

}  // namespace kiln::grader
