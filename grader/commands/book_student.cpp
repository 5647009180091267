// Gathers one student's record, and words it.
#include "grader/commands/book_student.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "grader/book/whose.hpp"
#include "grader/export/export.hpp"
#include "grader/record/json.hpp"
#include "grader/report/table.hpp"
#include "grader/report/text.hpp"

namespace kiln::grader {

namespace {

using Json = nlohmann::ordered_json;

Verdict verdict_of(const ModuleResult& result) {
  std::vector<Verdict> verdicts;
  for (const ExerciseResult& exercise : result.exercises) verdicts.push_back(exercise.verdict);
  return most_serious(verdicts).value_or(Verdict::not_attempted);
}

std::string receipt_line(const Receipt& receipt) {
  return fmt::format("course {}, {}, {}, seed {}, {}", receipt.course, receipt.compiler, receipt.cpu, receipt.seed,
                     receipt.started);
}

void print_wrapped(const Terminal& terminal, const std::string& text, Style style = Style::plain) {
  for (const std::string& part : wrap(terminal.safe(text), terminal.text_width()))
    fmt::print("{}\n", terminal.paint(style, part));
}

void print_module(const ModuleGrade& grade, const Policy& policy, const Terminal& terminal) {
  fmt::print("\n{}  {}\n", terminal.paint(Style::bold, grade.module),
             grade.due ? "due " + zone_time(*grade.due, policy.time_zone) : "no due moment");
  if (grade.counted) fmt::print("{}", module_table(grade.counted->result, terminal));
  fmt::print("judged {}, with overrides {}, penalty {}: {} of {} points\n", format_points(grade.judged),
             format_points(grade.overridden), format_points(grade.penalty), format_points(grade.points),
             format_points(grade.max));
  for (const std::string& note : grade.notes) print_wrapped(terminal, "  " + note);
}

void print_attempts(const StudentRecord& record, const Policy& policy, const Terminal& terminal) {
  if (!record.attempts.empty()) fmt::print("\n{}\n", terminal.paint(Style::bold, "all attempts"));
  for (const auto& [attempt, results] : record.attempts) {
    print_wrapped(terminal, fmt::format("{} attempt {}, {}, handed in {}", attempt.module, attempt.number,
                                        attempt.submission, zone_time(attempt.handed_in, policy.time_zone)));
    for (const StoredResult& stored : results) {
      print_wrapped(terminal, fmt::format("  {}/{} {}, {} (run {})", format_points(stored.result.score),
                                          format_points(stored.result.max), to_string(verdict_of(stored.result)),
                                          to_string(stored.standing), stored.run));
      print_wrapped(terminal, "    " + receipt_line(stored.receipt), Style::dim);
    }
    if (results.empty()) print_wrapped(terminal, "  not judged yet");
  }
}

void print_withdrawn(const StudentRecord& record, const Policy& policy, const Terminal& terminal) {
  if (record.withdrawals.empty()) return;
  fmt::print("\n{}\n", terminal.paint(Style::bold, "withdrawn overrides"));
  for (const Override& override : record.overrides) {
    const auto found = record.withdrawals.find(override.id);
    if (found == record.withdrawals.end()) continue;
    print_wrapped(terminal, fmt::format("override {}: {}{}{} {} points, by {}: {}; withdrawn {} by {}: {}", override.id,
                                        override.module, override.exercise.empty() ? "" : "/", override.exercise,
                                        format_points(override.points), override.author, override.reason,
                                        zone_time(found->second.at, policy.time_zone), found->second.author,
                                        found->second.reason));
  }
}

}  // namespace

StudentRecord record_of(const Store& store, const GradeInputs& inputs, const StudentGrade& grade) {
  StudentRecord record{.grade = grade, .attempts = {}, .overrides = {}, .withdrawals = {}};
  People people(inputs.roster, inputs.policy);
  std::vector<StoredAttempt> attempts = store.attempts();
  for (const StoredAttempt& attempt : attempts) people.party_of(attempt.submission);
  const auto me = people.named(grade.id);
  for (StoredAttempt& attempt : attempts) {
    if (me.empty() || people.party_of(attempt.submission) != people.party_of_person(me[0])) continue;
    auto results = store.results_of(attempt.id);
    record.attempts.push_back({std::move(attempt), std::move(results)});
  }
  std::ranges::stable_sort(record.attempts, {}, [](const StudentRecord::Judged& judged) {
    return std::tie(judged.attempt.module, judged.attempt.handed_in, judged.attempt.number);
  });
  const auto withdrawals = store.withdrawals();
  for (Override& override : store.overrides(true)) {
    if (override.student != grade.id && (grade.group.empty() || override.student != grade.group)) continue;
    if (const auto found = withdrawals.find(override.id); found != withdrawals.end()) record.withdrawals.insert(*found);
    record.overrides.push_back(std::move(override));
  }
  return record;
}

void print_record(const StudentRecord& record, const Policy& policy, const Terminal& terminal) {
  const StudentGrade& grade = record.grade;
  std::string head = grade.id;
  if (!grade.name.empty()) head += " (" + grade.name + ")";
  if (!grade.group.empty()) head += ", group " + grade.group;
  fmt::print("{}: {} of {} points{}\n", terminal.paint(Style::bold, terminal.safe(head)), format_points(grade.points),
             format_points(grade.max), grade.on_roster ? "" : " (not on the roster)");
  for (const ModuleGrade& module : grade.modules)
    if (module.attempts > 0 || !module.overrides.empty() || !module.notes.empty())
      print_module(module, policy, terminal);
  print_attempts(record, policy, terminal);
  print_withdrawn(record, policy, terminal);
}

std::string to_json(const StudentRecord& record) {
  Grades grades;
  grades.students = {record.grade};
  Json json{{"grade", Json::parse(export_json(grades).files.at(0).text)["students"][0]}};
  json["attempts"] = Json::array();
  for (const auto& [attempt, results] : record.attempts) {
    Json one{{"submission", attempt.submission},         {"module", attempt.module}, {"attempt", attempt.number},
             {"handed_in", iso_time(attempt.handed_in)}, {"notes", attempt.notes},   {"results", Json::array()}};
    for (const StoredResult& stored : results) {
      const SubmissionResult whole{
          .submission = attempt.submission, .modules = {stored.result}, .receipt = stored.receipt};
      Json result = Json::parse(to_json(whole, -1));
      one["results"].push_back({{"standing", to_string(stored.standing)},
                                {"run", stored.run},
                                {"result", std::move(result["modules"][0])},
                                {"receipt", std::move(result["receipt"])}});
    }
    json["attempts"].push_back(std::move(one));
  }
  json["overrides"] = Json::array();
  for (const Override& override : record.overrides) {
    Json one{{"id", override.id},         {"student", override.student},
             {"module", override.module}, {"exercise", override.exercise},
             {"points", override.points}, {"author", override.author},
             {"reason", override.reason}, {"at", iso_time(override.at)},
             {"withdrawn", nullptr}};
    if (const auto found = record.withdrawals.find(override.id); found != record.withdrawals.end())
      one["withdrawn"] = {
          {"author", found->second.author}, {"reason", found->second.reason}, {"at", iso_time(found->second.at)}};
    json["overrides"].push_back(std::move(one));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace kiln::grader
