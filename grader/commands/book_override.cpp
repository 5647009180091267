// book override and withdraw: a person's points in place of the judge's, signed and with a reason.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "grader/book/class_book.hpp"
#include "grader/book/whose.hpp"
#include "grader/commands/book.hpp"
#include "grader/course/nearest.hpp"

namespace kiln::grader {

namespace {

/// What MODULE[/EXERCISE] means, and the most points that it may have.
struct Target {
  const Module* module = nullptr;
  const Exercise* exercise = nullptr;

  double max() const { return exercise != nullptr ? exercise->max_points() : module->max_points(); }
  std::string name() const { return exercise != nullptr ? module->id + '/' + exercise->id : module->id; }
};

std::optional<Target> find_target(const App& app, const std::string& word) {
  const std::size_t slash = word.find('/');
  if (word.substr(0, slash).empty()) {
    complain(app, "name a module, such as 01, or an exercise of one, such as 01/matmul");
    return std::nullopt;
  }
  const auto selected = select(app, word.substr(0, slash));
  if (selected.empty()) return std::nullopt;
  Target target{selected[0].module, nullptr};
  if (slash == word.npos) {
    // A word that names an exercise alone selects that exercise.
    if (selected[0].exercises.size() == 1 && selected[0].exercises[0]->id == word)
      target.exercise = selected[0].exercises[0];
    return target;
  }
  target.exercise = target.module->find_exercise(word.substr(slash + 1));
  if (target.exercise != nullptr) return target;
  std::string names;
  for (const Exercise& exercise : target.module->exercises) names += ' ' + exercise.id;
  complain(app, fmt::format("{} has no exercise \"{}\"; it has:{}", target.module->id, word.substr(slash + 1), names));
  return std::nullopt;
}

std::optional<double> read_points(const App& app, const std::string& text, const Target& target) {
  double points = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), points);
  // Written so that what is no number is refused too.
  if (error == std::errc{} && end == text.data() + text.size() && points >= 0 && points <= target.max()) return points;
  complain(app, fmt::format("points of {} must be a number from 0 to {}, found \"{}\"", target.name(),
                            format_points(target.max()), text));
  return std::nullopt;
}

bool signed_by(const App& app, const BookOptions& options) {
  for (const auto& [name, text] : {std::pair("--author", options.author), std::pair("--reason", options.reason)}) {
    if (text.find_first_not_of(" \t\r\n") != text.npos) continue;
    complain(app, fmt::format("{} must not be empty: it stays in the book beside the points", name));
    return false;
  }
  return true;
}

/// Whether the book knows a student or group of that id; told, with the nearest, where not.
bool knows(const App& app, const GradeInputs& inputs, const std::string& id) {
  People people(inputs.roster, inputs.policy);
  for (const Attempt& attempt : inputs.attempts) people.party_of(attempt.submission);
  for (const Pending& pending : inputs.pending) people.party_of(pending.submission);
  if (!people.named(id).empty()) return true;
  std::vector<std::string> ids;
  for (const StudentGrade& person : people.people()) ids.push_back(person.id);
  const std::string guess = id.size() > 64 ? "" : nearest(id, ids);
  complain(app, fmt::format("neither roster nor submissions name \"{}\"{}", id,
                            guess.empty() ? "; `kiln book show` lists all" : ": did you mean \"" + guess + "\"?"));
  return false;
}

/// "s01: 24 of 40 points in all", for each student that `id` names.
void tell_points(const App& app, const GradeInputs& inputs, const std::string& id) {
  for (const StudentGrade& student : compute_grades(inputs).students)
    if (student.id == id || student.group == id)
      fmt::print("{}: {} of {} points in all\n", app.out.safe(student.id), format_points(student.points),
                 format_points(student.max));
}

}  // namespace

int override_points(const App& app, const BookOptions& options) {
  const auto target = find_target(app, options.module);
  if (!target) return kBadCall;
  const auto points = read_points(app, options.points, *target);
  if (!points || !signed_by(app, options)) return kBadCall;
  auto store = open_book(app, options, false);
  if (!store) return kBadCall;
  auto inputs = inputs_of(*store, app.course);
  if (!inputs) complain(app, inputs.error());
  if (!inputs || !knows(app, *inputs, options.student)) return kBadCall;
  Override override;
  override.student = options.student;
  override.module = target->module->id;
  override.exercise = target->exercise != nullptr ? target->exercise->id : "";
  override.points = *points;
  override.author = options.author;
  override.reason = options.reason;
  const RowId id = store->add_override(override);
  fmt::print("override {}: {} has {} points for {}; the judge's own stay in the book\n", id,
             app.out.safe(options.student), format_points(*points), target->name());
  inputs = inputs_of(*store, app.course);
  if (inputs) tell_points(app, *inputs, options.student);
  return kWell;
}

int withdraw_override(const App& app, const BookOptions& options) {
  if (!signed_by(app, options)) return kBadCall;
  auto store = open_book(app, options, false);
  if (!store) return kBadCall;
  const auto all = store->overrides(true);
  const auto found = std::ranges::find(all, options.id, &Override::id);
  if (found == all.end() || !store->withdraw_override(options.id, options.author, options.reason)) {
    complain(app, fmt::format("override {} {}; `kiln book show STUDENT` lists them", options.id,
                              found == all.end() ? "is not in the book" : "was withdrawn already"));
    return kBadCall;
  }
  fmt::print("override {} is withdrawn\n", options.id);
  if (const auto inputs = inputs_of(*store, app.course)) tell_points(app, *inputs, found->student);
  return kWell;
}

}  // namespace kiln::grader
