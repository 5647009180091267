// JUnit XML as the Jenkins xUnit plugin's junit-10.xsd wants it: a suite for each student's module, a case for each
// exercise. Right and below full speed counts as passed; what was not attempted is skipped; our own fault is an error.
// The model has no time of a single exercise, so the suite alone has one.
#include <fmt/format.h>
#include <pugixml.hpp>

#include <cmath>
#include <sstream>

#include "grader/export/export.hpp"
#include "grader/export/shares.hpp"
#include "grader/report/text.hpp"
#include "grader/report/words.hpp"

namespace kiln::grader {
namespace {

/// XML 1.0 forbids most control characters even as references; printable() spells them out.
void set(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name) = printable(value).c_str();
}

void set_text(pugi::xml_node node, std::string_view value) {
  node.text() = printable(value, {.keep_lines = true}).c_str();
}

struct Counts {
  int tests = 0, failures = 0, errors = 0, skipped = 0;
  double seconds = 0;

  Counts& operator+=(const Counts& other) {
    tests += other.tests, failures += other.failures, errors += other.errors, skipped += other.skipped;
    seconds += other.seconds;
    return *this;
  }
};

void write_counts(pugi::xml_node node, const Counts& counts) {
  node.append_attribute("tests") = counts.tests;
  node.append_attribute("failures") = counts.failures;
  node.append_attribute("errors") = counts.errors;
  node.append_attribute("time") = fmt::format("{:.3f}", counts.seconds).c_str();
}

void add_property(pugi::xml_node properties, const char* name, std::string_view value) {
  if (value.empty()) return;
  pugi::xml_node property = properties.append_child("property");
  set(property, "name", name);
  set(property, "value", value);
}

/// The compiler's words and every failed test, one after the other.
std::string body_of(const ExerciseResult& exercise) {
  std::string text = exercise.detail;
  for (const TestFailure& failure : exercise.failures) {
    text += fmt::format("{}{}{}", text.empty() ? "" : "\n\n", failure.hidden ? "hidden test " : "", failure.name);
    if (!failure.kind.empty()) text += " (" + failure.kind + ")";
    if (!failure.message.empty()) text += "\n" + failure.message;
  }
  return text;
}

void add_case(pugi::xml_node suite, const std::string& suite_name, const Share& share, Counts& counts) {
  const ExerciseResult& exercise = *share.exercise;
  pugi::xml_node test = suite.append_child("testcase");
  set(test, "name", exercise.id);
  set(test, "classname", suite_name);
  ++counts.tests;
  const bool right = exercise.verdict == Verdict::pass || exercise.verdict == Verdict::slow;
  if (!right) {
    const bool ours = exercise.verdict == Verdict::judge_error;
    const bool skipped = exercise.verdict == Verdict::not_attempted;
    ++(ours ? counts.errors : skipped ? counts.skipped : counts.failures);
    pugi::xml_node found = test.append_child(ours ? "error" : skipped ? "skipped" : "failure");
    set(found, "type", to_string(exercise.verdict));
    set(found, "message",
        fmt::format("{}: {} of {} tests passed", meaning_of(exercise.verdict), exercise.passed,
                    exercise.passed + exercise.failed));
    const std::string body = body_of(exercise);
    if (!body.empty()) set_text(found, body);
  }
  std::string out = fmt::format("verdict {}, {} of {} points", to_string(exercise.verdict),
                                is_known(share) ? format_points(share.points) : "?", format_points(exercise.max));
  if (share.set) out += fmt::format("; judged {}, set by hand: {}", format_points(exercise.points), share.set->reason);
  for (const SpeedResult& speed : exercise.speed) out += "\nspeed " + speed.name + ": " + speed_sentence(speed);
  if (!exercise.sanitizers.empty()) out += "\n" + sanitizers_sentence(exercise);
  for (const Finding& finding : exercise.findings)
    out += "\n" + finding_sentence(finding) + (finding.text.empty() ? "" : "\n" + finding.text);
  set_text(test.append_child("system-out"), out);
}

/// A suite's case where there is no exercise to speak of.
void add_lone_case(pugi::xml_node suite, const std::string& suite_name, const char* kind, const char* type,
                   const std::string& why) {
  pugi::xml_node test = suite.append_child("testcase");
  set(test, "name", "submission");
  set(test, "classname", suite_name);
  pugi::xml_node found = test.append_child(kind);
  set(found, "type", type);
  set(found, "message", why);
}

void add_properties(pugi::xml_node suite, const StudentGrade& student, const ModuleGrade& grade, const Shares& shares) {
  pugi::xml_node properties = suite.append_child("properties");
  add_property(properties, "student", student.id);
  add_property(properties, "name", student.name);
  add_property(properties, "group", student.group);
  add_property(properties, "module", grade.module);
  add_property(properties, "points", shares.final ? format_points(grade.points) : "?");
  add_property(properties, "max", format_points(grade.max));
  add_property(properties, "set_by_hand", shares.by_hand != 0 ? format_points(shares.by_hand) : "");
  add_property(properties, "penalty", format_points(grade.penalty));
  if (grade.due) add_property(properties, "due", iso_time(*grade.due));
  for (const std::string& note : grade.notes) add_property(properties, "note", note);
  if (!grade.counted) return;
  const Receipt& receipt = grade.counted->receipt;
  add_property(properties, "submission", grade.counted->submission);
  add_property(properties, "attempt", std::to_string(grade.counted->number));
  add_property(properties, "handed_in", iso_time(grade.counted->handed_in));
  add_property(properties, "course", receipt.course);
  add_property(properties, "compiler", receipt.compiler);
  add_property(properties, "flags", receipt.flags);
  add_property(properties, "cpu", receipt.cpu);
  add_property(properties, "sandbox", receipt.sandbox);
  add_property(properties, "seed", receipt.seed);
}

/// The counts stand before the cases, and are known after them.
struct Suite {
  pugi::xml_node node;
  std::string name;

  Suite(pugi::xml_node root, std::string suite_name)
      : node(root.append_child("testsuite")), name(std::move(suite_name)) {
    set(node, "name", name);
  }

  Counts close(const Counts& counts) {
    write_counts(node, counts);
    node.append_attribute("skipped") = counts.skipped;
    return counts;
  }
};

Counts add_suite(pugi::xml_node root, const StudentGrade& student, const ModuleGrade& grade) {
  Suite suite(root, student.id + "." + grade.module);
  const Shares shares = shares_of(grade);
  Counts counts;
  if (grade.counted) {
    const double seconds = grade.counted->receipt.seconds;
    if (std::isfinite(seconds) && seconds > 0) counts.seconds = seconds;
    if (!grade.counted->receipt.started.empty()) set(suite.node, "timestamp", grade.counted->receipt.started);
  }
  add_properties(suite.node, student, grade, shares);
  for (const Share& share : shares.exercises) add_case(suite.node, suite.name, share, counts);
  if (!grade.counted) {
    add_lone_case(suite.node, suite.name, "skipped", "not_attempted",
                  grade.attempts == 0 ? "nothing was handed in" : "no attempt counts");
    ++counts.tests, ++counts.skipped;
  }
  return suite.close(counts);
}

Counts add_pending(pugi::xml_node root, const Pending& pending) {
  Suite suite(root, pending.submission + (pending.module.empty() ? "" : "." + pending.module));
  add_lone_case(suite.node, suite.name, pending.ours ? "error" : "failure",
                pending.ours ? "judge_error" : "not_taken_in", pending.reason);
  return suite.close({.tests = 1, .failures = pending.ours ? 0 : 1, .errors = pending.ours ? 1 : 0});
}

}  // namespace

Exported export_junit(const Grades& grades) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  pugi::xml_node root = document.append_child("testsuites");
  set(root, "name", "kiln");
  Counts all;
  for (const StudentGrade& student : grades.students)
    for (const ModuleGrade& grade : student.modules) all += add_suite(root, student, grade);
  for (const Pending& pending : grades.pending) all += add_pending(root, pending);
  write_counts(root, all);
  std::ostringstream text;
  document.save(text, "  ");
  return {{{"", text.str()}}, {}};
}

}  // namespace kiln::grader
