// The whole model as JSON, a line a student, and back. Results are written as `kiln grade --json` writes them, by the
// same code.
#define JSON_DIAGNOSTICS 1  // its messages then name the path of the offending value

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "grader/export/export.hpp"
#include "grader/record/json.hpp"

namespace kiln::grader {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "kiln-grades";
constexpr int kVersion = 1;

// ---- writing

Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers below are exact in a double
  if (value == std::floor(value) && std::abs(value) < kExact) return static_cast<std::int64_t>(value);
  return value;
}

template <class T, class Write>
Json array_of(const std::vector<T>& values, Write write) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(write(value));
  return array;
}

Json write_attempt(const Attempt& attempt) {
  const SubmissionResult whole{
      .submission = attempt.submission, .modules = {attempt.result}, .receipt = attempt.receipt};
  Json result = Json::parse(to_json(whole, -1));
  return {{"submission", attempt.submission},          {"attempt", attempt.number},
          {"handed_in", iso_time(attempt.handed_in)},  {"notes", attempt.notes},
          {"result", std::move(result["modules"][0])}, {"receipt", std::move(result["receipt"])}};
}

Json write_override(const Override& override) {
  return {{"id", override.id},         {"exercise", override.exercise}, {"points", number(override.points)},
          {"author", override.author}, {"reason", override.reason},     {"at", iso_time(override.at)}};
}

Json write_grade(const ModuleGrade& grade) {
  return {{"id", grade.module},
          {"points", number(grade.points)},
          {"max", number(grade.max)},
          {"judged", number(grade.judged)},
          {"overridden", number(grade.overridden)},
          {"penalty", number(grade.penalty)},
          {"attempts", grade.attempts},
          {"due", grade.due ? Json(iso_time(*grade.due)) : Json(nullptr)},
          {"late_days", grade.late_days},
          {"free_late_days", grade.free_late_days},
          {"overrides", array_of(grade.overrides, write_override)},
          {"notes", grade.notes},
          {"counted", grade.counted ? write_attempt(*grade.counted) : Json(nullptr)}};
}

Json write_student(const StudentGrade& student) {
  return {{"id", student.id},
          {"name", student.name},
          {"group", student.group},
          {"on_roster", student.on_roster},
          {"points", number(student.points)},
          {"max", number(student.max)},
          {"modules", array_of(student.modules, write_grade)}};
}

Json write_module(const GradedModule& module) {
  return {{"id", module.id}, {"title", module.title}, {"max", number(module.max)}};
}

Json write_pending(const Pending& pending) {
  return {{"submission", pending.submission},
          {"module", pending.module},
          {"reason", pending.reason},
          {"ours", pending.ours}};
}

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// ---- reading: everything throws with the path; read_grades catches

double read_number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

UnixSeconds read_time(const Json& json) {
  const auto text = json.get<std::string>();
  if (const auto moment = unix_time(text)) return *moment;
  throw std::runtime_error("expected a moment such as 2026-11-20T21:59:00Z, found \"" + text + "\"");
}

template <class T, class Read>
std::vector<T> read_array(const Json& json, Read read) {
  std::vector<T> values;
  for (const Json& value : json.get_ref<const Json::array_t&>()) values.push_back(read(value));
  return values;
}

Attempt read_attempt(const Json& json) {
  // record's reader wants a whole submission around the module's result.
  const Json whole = {{"submission", json.at("submission")},
                      {"score", 0},
                      {"max", 0},
                      {"verdict", "pass"},
                      {"modules", Json::array({json.at("result")})},
                      {"receipt", json.at("receipt")}};
  ParsedResults parsed = from_json(whole.dump());
  if (!parsed.problem.empty()) throw std::runtime_error(parsed.problem);
  SubmissionResult& result = parsed.submissions.at(0);
  return {.submission = result.submission,
          .number = json.at("attempt").get<int>(),
          .handed_in = read_time(json.at("handed_in")),
          .result = std::move(result.modules.at(0)),
          .receipt = std::move(result.receipt),
          .notes = json.at("notes").get<std::vector<std::string>>()};
}

ModuleGrade read_grade(const Json& json, const std::string& student) {
  ModuleGrade grade;
  grade.module = json.at("id").get<std::string>();
  grade.points = read_number(json.at("points"));
  grade.max = read_number(json.at("max"));
  grade.judged = read_number(json.at("judged"));
  grade.overridden = read_number(json.at("overridden"));
  grade.penalty = read_number(json.at("penalty"));
  grade.attempts = json.at("attempts").get<int>();
  if (!json.at("due").is_null()) grade.due = read_time(json.at("due"));
  grade.late_days = json.at("late_days").get<int>();
  grade.free_late_days = json.at("free_late_days").get<int>();
  grade.overrides = read_array<Override>(json.at("overrides"), [&](const Json& one) {
    return Override{one.at("id").get<std::int64_t>(),
                    student,
                    grade.module,
                    one.at("exercise").get<std::string>(),
                    read_number(one.at("points")),
                    one.at("author").get<std::string>(),
                    one.at("reason").get<std::string>(),
                    read_time(one.at("at"))};
  });
  grade.notes = json.at("notes").get<std::vector<std::string>>();
  if (!json.at("counted").is_null()) grade.counted = read_attempt(json.at("counted"));
  return grade;
}

StudentGrade read_student(const Json& json) {
  StudentGrade student;
  student.id = json.at("id").get<std::string>();
  student.name = json.at("name").get<std::string>();
  student.group = json.at("group").get<std::string>();
  student.on_roster = json.at("on_roster").get<bool>();
  student.points = read_number(json.at("points"));
  student.max = read_number(json.at("max"));
  student.modules =
      read_array<ModuleGrade>(json.at("modules"), [&](const Json& grade) { return read_grade(grade, student.id); });
  return student;
}

Grades read_all(const Json& json) {
  if (json.at("format") != kFormat || json.at("version") != kVersion)
    throw std::runtime_error(std::string("expected the format ") + kFormat + ", version " + std::to_string(kVersion));
  Grades grades;
  grades.modules = read_array<GradedModule>(json.at("modules"), [](const Json& module) {
    return GradedModule{module.at("id").get<std::string>(), module.at("title").get<std::string>(),
                        read_number(module.at("max"))};
  });
  grades.students = read_array<StudentGrade>(json.at("students"), read_student);
  grades.pending = read_array<Pending>(json.at("pending"), [](const Json& pending) {
    return Pending{pending.at("submission").get<std::string>(), pending.at("module").get<std::string>(),
                   pending.at("reason").get<std::string>(), pending.at("ours").get<bool>()};
  });
  grades.problems = json.at("problems").get<std::vector<std::string>>();
  return grades;
}

}  // namespace

Exported export_json(const Grades& grades) {
  // Put together by hand around whole values: a class of thousands must not stand in memory as a tree.
  std::string text = std::string("{\n\"format\": \"") + kFormat + "\",\n\"version\": " + std::to_string(kVersion);
  text += ",\n\"modules\": " + line_of(array_of(grades.modules, write_module)) + ",\n\"students\": [";
  for (std::size_t i = 0; i < grades.students.size(); ++i)
    text += (i == 0 ? "\n" : ",\n") + line_of(write_student(grades.students[i]));
  text += "\n],\n\"pending\": " + line_of(array_of(grades.pending, write_pending));
  text += ",\n\"problems\": " + line_of(grades.problems) + "\n}\n";
  return {{{"", std::move(text)}}, {}};
}

Expected<Grades, std::string> read_grades(std::string_view text) {
  try {
    return read_all(Json::parse(text));
  } catch (const std::exception& error) {
    return std::string(error.what());
  }
}

}  // namespace kiln::grader
