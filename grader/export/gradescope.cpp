// results.json as Gradescope's autograder specification has it. One entry an exercise carries its points; what was set
// by hand and what lateness takes are entries of their own, so the entries add up to `score`. Hidden tests are named in
// entries without points, whose visibility is chosen apart, and their messages are nowhere.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "grader/export/export.hpp"
#include "grader/export/shares.hpp"
#include "grader/report/files.hpp"
#include "grader/report/text.hpp"
#include "grader/report/words.hpp"

namespace kiln::grader {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMessageLines = 80, kMessageBytes = 12000;

std::string lines_of(std::string_view raw) {
  return clip(printable(raw, {.keep_lines = true}), kMessageLines, kMessageBytes);
}

/// Sums of tenths are no tenths: what is shown has six decimals at most.
double rounded(double points) { return std::isfinite(points) ? std::round(points * 1e6) / 1e6 : 0; }

std::string points_text(const Share& share) {
  const ExerciseResult& exercise = *share.exercise;
  if (!share.set) return points_of(exercise) + " of " + format_points(exercise.max) + " points";
  return fmt::format("{} of {} points, set by hand (judged: {}): {}", format_points(share.points),
                     format_points(exercise.max), points_of(exercise), printable(share.set->reason));
}

/// What sanitizers found, but under hidden tests.
std::string findings_of(ExerciseResult exercise) {
  std::erase_if(exercise.findings, [](const Finding& finding) { return finding.hidden; });
  std::string text = exercise.sanitizers.empty() ? "" : "\n" + printable(sanitizers_sentence(exercise)) + "\n";
  for (const Finding& finding : exercise.findings)
    text += "\n" + printable(finding_sentence(finding)) + "\n" + lines_of(finding.text);
  return text;
}

/// What the student reads about one exercise. Hidden tests are spoken of in an entry of their own.
std::string output_of(const Share& share) {
  const ExerciseResult& exercise = *share.exercise;
  std::string text =
      fmt::format("{}: {}\n{}\n", label_of(exercise.verdict), meaning_of(exercise.verdict), points_text(share));
  if (exercise.passed + exercise.failed > 0)
    text += fmt::format("{} of {} tests passed\n", exercise.passed, exercise.passed + exercise.failed);
  if (!exercise.detail.empty()) text += "\n" + lines_of(exercise.detail) + "\n";
  for (const TestFailure& failure : exercise.failures) {
    if (failure.hidden) continue;
    text += "\nfailed " + printable(failure.name);
    if (!failure.kind.empty() && failure.kind != "fail") text += " (" + printable(failure.kind) + ")";
    text += "\n";
    if (!failure.message.empty()) text += lines_of(failure.message) + "\n";
  }
  for (const SpeedResult& speed : exercise.speed)
    text += "\nspeed " + printable(speed.name) + ": " + printable(speed_sentence(speed)) + "\n";
  return text + findings_of(exercise);
}

/// The entries of one student's results.json, in order.
class Entries {
 public:
  explicit Entries(const ExportOptions& options) : options_(options) {}

  void add_module(const ModuleGrade& grade, bool alone) {
    prefix_ = alone ? "" : grade.module + ": ";
    const Shares shares = shares_of(grade);
    ++module_;
    exercise_ = 0;
    for (const Share& share : shares.exercises) add_exercise(grade.module, share);
    if (!grade.counted) {
      const char* why = grade.attempts == 0 ? "Nothing was handed in." : "No attempt counts.";
      entry(grade.module, 0, grade.max, "failed", why, {grade.module});
    }
    if (shares.whole || shares.by_hand != 0) add_by_hand(grade, shares);
    if (shares.penalty != 0 || !grade.notes.empty()) {
      std::string text;
      for (const std::string& note : grade.notes) text += printable(note) + "\n";
      entry(prefix_ + "lateness", 0 - shares.penalty, 0, "", text, {grade.module});
    }
  }

  double score() const { return rounded(score_); }
  const Json& tests() const { return tests_; }
  const Json& leaderboard() const { return leaderboard_; }

 private:
  Json& entry(const std::string& name, std::optional<double> score, double max, const char* status, std::string output,
              const std::vector<std::string>& tags) {
    Json test = Json::object();
    if (score) {
      test["score"] = rounded(*score);
      test["max_score"] = rounded(max);
      score_ += rounded(*score);
    }
    if (*status) test["status"] = status;
    test["name"] = printable(name);
    test["number"] = fmt::format("{}.{}", module_, ++exercise_);
    test["output"] = std::move(output);
    test["output_format"] = "text";
    test["tags"] = tags;
    test["visibility"] = options_.visibility;
    tests_.push_back(std::move(test));
    return tests_.back();
  }

  void add_exercise(const std::string& module, const Share& share) {
    const ExerciseResult& exercise = *share.exercise;
    const bool right = exercise.verdict == Verdict::pass || exercise.verdict == Verdict::slow;
    const std::string verdict(to_string(exercise.verdict));
    // Our own fault is never a zero: no score, and no word on passing.
    const bool judged = exercise.verdict != Verdict::judge_error;
    const char* status = !judged ? "" : right ? "passed" : "failed";
    Json& test = entry(prefix_ + exercise.id, is_known(share) ? std::optional(share.points) : std::nullopt,
                       exercise.max, status, output_of(share), {module, verdict});
    test["extra_data"] = {{"module", module}, {"exercise", exercise.id}, {"verdict", verdict}};
    add_hidden(module, exercise);
    const auto speed = overall_speed(exercise);
    if (!right || !speed) return;
    // Kernels that are wrong may be as fast as they like.
    leaderboard_.push_back(
        {{"name", printable(prefix_ + exercise.id)}, {"value", rounded(speed->ratio)}, {"order", "desc"}});
  }

  void add_hidden(const std::string& module, const ExerciseResult& exercise) {
    if (exercise.passed + exercise.failed == 0) return;
    std::string names;
    for (const TestFailure& failure : exercise.failures)
      if (failure.hidden) names += "failed " + printable(failure.name) + "\n";
    for (const Finding& finding : exercise.findings)
      if (finding.hidden) names += printable(finding_sentence(finding)) + "\n";
    Json& test = entry(prefix_ + exercise.id + ", hidden tests", {}, 0, names.empty() ? "passed" : "failed",
                       names.empty() ? "No hidden test failed.\n" : names, {module, "hidden"});
    test["visibility"] = options_.hidden_visibility;
  }

  void add_by_hand(const ModuleGrade& grade, const Shares& shares) {
    std::string text;
    if (shares.whole)
      text += fmt::format("The module was set to {} points: {}\n", format_points(shares.whole->points),
                          printable(shares.whole->reason));
    for (const Override* set : shares.elsewhere)
      text += fmt::format("{} was set to {} points: {}\n", printable(set->exercise), format_points(set->points),
                          printable(set->reason));
    entry(prefix_ + "set by hand", shares.by_hand, 0, "", text, {grade.module});
  }

  const ExportOptions& options_;
  std::string prefix_;
  int module_ = 0, exercise_ = 0;
  double score_ = 0;
  Json tests_ = Json::array(), leaderboard_ = Json::array();
};

/// How the points came about, kept by Gradescope beside the results.
Json extra_of(const StudentGrade& student) {
  Json modules = Json::array();
  for (const ModuleGrade& grade : student.modules) {
    Json one = {{"id", grade.module},
                {"judged", rounded(grade.judged)},
                {"overridden", rounded(grade.overridden)},
                {"penalty", rounded(grade.penalty)},
                {"points", rounded(grade.points)},
                {"max", rounded(grade.max)},
                {"attempts", grade.attempts},
                {"late_days", grade.late_days}};
    if (grade.due) one["due"] = iso_time(*grade.due);
    if (grade.counted) {
      const Receipt& receipt = grade.counted->receipt;
      one["attempt"] = grade.counted->number;
      one["handed_in"] = iso_time(grade.counted->handed_in);
      one["receipt"] = {{"course", receipt.course}, {"compiler", receipt.compiler}, {"flags", receipt.flags},
                        {"cpu", receipt.cpu},       {"sandbox", receipt.sandbox},   {"started", receipt.started}};
    }
    modules.push_back(std::move(one));
  }
  return {{"student", student.id}, {"modules", std::move(modules)}};
}

std::string head_of(const StudentGrade& student) {
  std::string text;
  for (const ModuleGrade& grade : student.modules) {
    text += printable(grade.module) + ": ";
    text += grade.counted ? fmt::format("attempt {} of {}, handed in {}", grade.counted->number, grade.attempts,
                                        iso_time(grade.counted->handed_in))
                          : "nothing was handed in that counts";
    if (grade.due) text += ", due " + iso_time(*grade.due);
    text += "\n";
    if (!shares_of(grade).final)
      text += "This score is not final: the grader itself failed on an exercise. That costs no points.\n";
    if (!grade.counted) continue;
    for (const std::string& note : grade.counted->notes) text += printable(note) + "\n";
  }
  return text;
}

std::string results_of(const StudentGrade& student, const ExportOptions& options) {
  Entries entries(options);
  double seconds = 0;
  for (const ModuleGrade& grade : student.modules) {
    entries.add_module(grade, student.modules.size() == 1);
    if (grade.counted && std::isfinite(grade.counted->receipt.seconds)) seconds += grade.counted->receipt.seconds;
  }
  Json json = {{"score", entries.score()},         {"execution_time", rounded(seconds)},
               {"output", head_of(student)},       {"output_format", "text"},
               {"test_output_format", "text"},     {"test_name_format", "text"},
               {"visibility", options.visibility}, {"stdout_visibility", "hidden"},
               {"extra_data", extra_of(student)},  {"tests", entries.tests()}};
  if (options.leaderboard && !entries.leaderboard().empty()) json["leaderboard"] = entries.leaderboard();
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

const std::vector<std::string>& gradescope_visibilities() {
  static const std::vector<std::string> all{"visible", "after_due_date", "after_published", "hidden"};
  return all;
}

Exported export_gradescope(const Grades& grades, const ExportOptions& options) {
  // Whoever chose the audience: Gradescope shows these texts to students.
  ExportOptions safe = options;
  safe.audience = Audience::student;
  const Grades seen = chosen(grades, safe);
  Exported exported;
  std::vector<std::string> ids;
  for (const StudentGrade& student : seen.students) ids.push_back(student.id);
  const std::vector<std::string> folders = distinct_file_names(ids);
  int without = 0;
  for (std::size_t i = 0; i < seen.students.size(); ++i) {
    const StudentGrade& student = seen.students[i];
    const bool asked = !options.student.empty();
    if (!asked && std::ranges::none_of(student.modules, has_grade)) {
      ++without;
      continue;
    }
    exported.files.push_back({asked ? "" : folders[i] + "/results.json", results_of(student, options)});
    if (!asked && folders[i] != student.id)
      exported.notes.push_back(fmt::format("the folder of {} is {}", student.id, folders[i]));
  }
  if (without > 0)
    exported.notes.push_back(
        fmt::format("{} student{} without a grade: no results.json", without, without == 1 ? "" : "s"));
  return exported;
}

}  // namespace kiln::grader
