// Writing and reading results with nlohmann::json; its exceptions end in from_json.
#define JSON_DIAGNOSTICS 1  // its messages then name the path of the offending value

#include "grader/record/json.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace kiln::grader {
namespace {

using Json = nlohmann::ordered_json;

// ---- writing

/// 40 instead of 40.0, as the schema shows it, where that loses nothing.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers below are exact in a double
  if (value == std::floor(value) && std::abs(value) < kExact) return static_cast<std::int64_t>(value);
  return value;
}

Json numbers(const std::vector<double>& values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(number(value));
  return array;
}

template <class T, class Write>
Json array_of(const std::vector<T>& values, Write write) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(write(value));
  return array;
}

Json write_case(const SpeedResult& speed) {
  const auto step = [](const SpeedStep& s) { return Json{{"ratio", number(s.ratio)}, {"points", number(s.points)}}; };
  return {{"name", speed.name},
          {"ratio", number(speed.ratio)},
          {"low", number(speed.low)},
          {"high", number(speed.high)},
          {"points", number(speed.points)},
          {"max", number(speed.max)},
          {"settled", speed.settled},
          {"measured", speed.measured},
          {"note", speed.note},
          {"student_seconds", number(speed.student_seconds)},
          {"reference_seconds", number(speed.reference_seconds)},
          {"steps", array_of(speed.steps, step)},
          {"samples", numbers(speed.samples)}};
}

Json write_speed(const ExerciseResult& exercise) {
  if (exercise.speed.empty()) return nullptr;
  Json speed = {{"ratio", nullptr}, {"low", nullptr}, {"high", nullptr}};
  if (const auto overall = overall_speed(exercise)) {
    speed = {{"ratio", number(overall->ratio)}, {"low", number(overall->low)}, {"high", number(overall->high)}};
  }
  speed["cases"] = array_of(exercise.speed, write_case);
  return speed;
}

Json write_failure(const TestFailure& failure) {
  return {{"name", failure.name}, {"kind", failure.kind}, {"message", failure.message}, {"hidden", failure.hidden}};
}

Json write_finding(const Finding& finding) {
  return {{"sanitizer", finding.sanitizer}, {"what", finding.what}, {"file", finding.file},    {"line", finding.line},
          {"function", finding.function},   {"text", finding.text}, {"hidden", finding.hidden}};
}

Json write_exercise(const ExerciseResult& exercise) {
  return {{"id", exercise.id},
          {"verdict", to_string(exercise.verdict)},
          {"points", number(exercise.points)},
          {"max", number(exercise.max)},
          {"tests", {{"passed", exercise.passed}, {"failed", exercise.failed}}},
          {"speed", write_speed(exercise)},
          {"failures", array_of(exercise.failures, write_failure)},
          {"sanitizers", exercise.sanitizers},
          {"findings", array_of(exercise.findings, write_finding)},
          {"detail", exercise.detail}};
}

Json write_module(const ModuleResult& module) {
  return {{"id", module.id},
          {"score", number(module.score)},
          {"max", number(module.max)},
          {"exercises", array_of(module.exercises, write_exercise)}};
}

Json write_receipt(const Receipt& receipt) {
  return {{"course", receipt.course},   {"compiler", receipt.compiler},      {"flags", receipt.flags},
          {"cpu", receipt.cpu},         {"sandbox", receipt.sandbox},        {"seed", receipt.seed},
          {"started", receipt.started}, {"seconds", number(receipt.seconds)}};
}

Json write_submission(const SubmissionResult& submission) {
  return {{"submission", submission.submission},
          {"score", number(submission.score)},
          {"max", number(submission.max)},
          {"verdict", to_string(submission.verdict)},
          {"problem", submission.problem},
          {"notes", submission.notes},
          {"modules", array_of(submission.modules, write_module)},
          {"receipt", write_receipt(submission.receipt)}};
}

std::string text_of(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + '\n';
}

// ---- reading: `at` demands a key, `value_or` does not; both throw with the path

double read_number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

double number_or(const Json& json, const char* key, double otherwise) {
  return json.contains(key) ? read_number(json.at(key)) : otherwise;
}

template <class T>
T value_or(const Json& json, const char* key, T otherwise) {
  return json.contains(key) ? json.at(key).get<T>() : std::move(otherwise);
}

template <class T, class Read>
std::vector<T> read_array(const Json& json, const char* key, Read read) {
  std::vector<T> values;
  if (!json.contains(key)) return values;
  const Json& array = json.at(key);
  if (!array.is_array()) throw std::invalid_argument(std::string("\"") + key + "\" must be an array");
  for (const Json& element : array) values.push_back(read(element));
  return values;
}

Verdict read_verdict(const Json& json) {
  const auto name = json.at("verdict").get<std::string>();
  if (const auto verdict = verdict_from(name)) return *verdict;
  throw std::invalid_argument("\"" + name + "\" is not a verdict");
}

int read_count(const Json& json, const char* key) {
  const Json& value = json.at(key);
  const auto count = value.is_number_integer() ? value.get<std::int64_t>() : -1;
  if (count < 0 || count > std::numeric_limits<int>::max())
    throw std::invalid_argument(std::string("\"") + key + "\" must be a count of tests");
  return static_cast<int>(count);
}

SpeedResult read_case(const Json& json) {
  SpeedResult speed;
  speed.name = value_or<std::string>(json, "name", "");
  speed.ratio = number_or(json, "ratio", 0);
  speed.low = number_or(json, "low", 0);
  speed.high = number_or(json, "high", 0);
  speed.points = number_or(json, "points", 0);
  speed.max = number_or(json, "max", 0);
  speed.settled = value_or(json, "settled", true);
  speed.measured = value_or(json, "measured", true);
  speed.note = value_or<std::string>(json, "note", "");
  speed.student_seconds = number_or(json, "student_seconds", 0);
  speed.reference_seconds = number_or(json, "reference_seconds", 0);
  speed.steps = read_array<SpeedStep>(json, "steps", [](const Json& step) {
    return SpeedStep{read_number(step.at("ratio")), read_number(step.at("points"))};
  });
  speed.samples = read_array<double>(json, "samples", read_number);
  return speed;
}

TestFailure read_failure(const Json& json) {
  return {json.at("name").get<std::string>(), value_or<std::string>(json, "kind", ""),
          value_or<std::string>(json, "message", ""), value_or(json, "hidden", false)};
}

Finding read_finding(const Json& json) {
  const auto text = [&](const char* key) { return value_or<std::string>(json, key, ""); };
  return {json.at("sanitizer").get<std::string>(),
          text("what"),
          text("file"),
          value_or(json, "line", 0),
          text("function"),
          text("text"),
          value_or(json, "hidden", false)};
}

ExerciseResult read_exercise(const Json& json) {
  ExerciseResult exercise;
  exercise.id = json.at("id").get<std::string>();
  exercise.verdict = read_verdict(json);
  exercise.points = read_number(json.at("points"));
  exercise.max = read_number(json.at("max"));
  exercise.passed = read_count(json.at("tests"), "passed");
  exercise.failed = read_count(json.at("tests"), "failed");
  exercise.failures = read_array<TestFailure>(json, "failures", read_failure);
  if (json.contains("speed") && !json.at("speed").is_null())
    exercise.speed = read_array<SpeedResult>(json.at("speed"), "cases", read_case);
  exercise.sanitizers = value_or<std::string>(json, "sanitizers", "");
  exercise.findings = read_array<Finding>(json, "findings", read_finding);
  exercise.detail = value_or<std::string>(json, "detail", "");
  return exercise;
}

ModuleResult read_module(const Json& json) {
  return {json.at("id").get<std::string>(), read_number(json.at("score")), read_number(json.at("max")),
          read_array<ExerciseResult>(json, "exercises", read_exercise)};
}

Receipt read_receipt(const Json& json) {
  const auto text = [&](const char* key) { return value_or<std::string>(json, key, ""); };
  return {text("course"),  text("compiler"), text("flags"),   text("cpu"),
          text("sandbox"), text("seed"),     text("started"), number_or(json, "seconds", 0)};
}

SubmissionResult read_submission(const Json& json) {
  SubmissionResult submission;
  submission.submission = json.at("submission").get<std::string>();
  submission.score = read_number(json.at("score"));
  submission.max = read_number(json.at("max"));
  submission.verdict = read_verdict(json);
  submission.problem = value_or<std::string>(json, "problem", "");
  submission.notes = value_or<std::vector<std::string>>(json, "notes", {});
  if (!json.contains("modules")) throw std::invalid_argument("\"modules\" is missing");
  submission.modules = read_array<ModuleResult>(json, "modules", read_module);
  if (json.contains("receipt")) submission.receipt = read_receipt(json.at("receipt"));
  return submission;
}

}  // namespace

std::string to_json(std::span<const SubmissionResult> submissions, int indent) {
  Json array = Json::array();
  for (const SubmissionResult& submission : submissions) array.push_back(write_submission(submission));
  return text_of(array, indent);
}

std::string to_json(const SubmissionResult& submission, int indent) {
  return text_of(write_submission(submission), indent);
}

std::string to_json(const ExerciseResult& exercise) { return text_of(write_exercise(exercise), -1); }

std::string to_json(const Receipt& receipt) { return text_of(write_receipt(receipt), -1); }

std::optional<ExerciseResult> exercise_from_json(std::string_view text) {
  try {
    return read_exercise(Json::parse(text));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

Receipt receipt_from(std::string_view text) {
  try {
    return read_receipt(Json::parse(text));
  } catch (const std::exception&) {
    return {};
  }
}

ParsedResults from_json(std::string_view text) {
  ParsedResults parsed;
  std::size_t index = 0;
  try {
    Json json = Json::parse(text);
    if (json.is_object()) json = Json::array({std::move(json)});
    if (!json.is_array()) throw std::invalid_argument("expected an array of submissions");
    for (; index < json.size(); ++index) parsed.submissions.push_back(read_submission(json[index]));
  } catch (const nlohmann::json::parse_error& error) {
    parsed = {{}, std::string("results are not JSON: ") + error.what()};
  } catch (const std::exception& error) {
    parsed = {{}, "results, submission number " + std::to_string(index + 1) + ": " + error.what()};
  }
  return parsed;
}

}  // namespace kiln::grader
