// From what the gradebook holds to grades: whose each attempt is, which counts, what lateness and overrides make of it.
// Everything is ordered by ids, moments and names, so that the same book gives the same grades.
#include "grader/book/grades.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "grader/book/settle.hpp"
#include "grader/book/whose.hpp"

namespace kiln::grader {

namespace {

std::string points_in_words(double points) {
  return format_points(points) + (format_points(points) == "1" ? " point" : " points");
}

class Computation {
 public:
  explicit Computation(const GradeInputs& in) : in_(in), people_(in.roster, in.policy) {
    for (std::size_t m = 0; m < in.modules.size(); ++m) module_numbers_.emplace(in.modules[m].id, m);
  }

  Grades run() {
    grades_.modules = in_.modules;
    grades_.problems = in_.roster.problems;
    hand_out_attempts();
    hand_out_pending();
    tell_strangers();
    hand_out_overrides();
    check_extensions();
    for (std::size_t person = 0; person < people_.people().size(); ++person)
      grades_.students.push_back(grade_of(person));
    std::ranges::sort(grades_.students, {}, [](const StudentGrade& s) { return std::tuple(!s.on_roster, s.id); });
    tell_silent();
    return std::move(grades_);
  }

 private:
  using Place = std::pair<std::size_t, std::size_t>;  ///< of a party or person, and of a module

  std::optional<std::size_t> module_number(const std::string& id) const {
    const auto found = module_numbers_.find(id);
    return found == module_numbers_.end() ? std::nullopt : std::optional(found->second);
  }

  void hand_out_attempts() {
    std::map<std::string, int> elsewhere;
    for (std::size_t i = 0; i < in_.attempts.size(); ++i) {
      const Attempt& attempt = in_.attempts[i];
      const std::string& id = i < in_.attempt_modules.size() ? in_.attempt_modules[i] : attempt.result.id;
      const std::size_t party = people_.party_of(attempt.submission);
      if (const auto module = module_number(id))
        attempts_[{party, *module}].push_back(&attempt);
      else
        ++elsewhere[id];
      handed_in_.insert(party);
    }
    for (auto& [place, attempts] : attempts_)
      std::ranges::sort(attempts, {},
                        [](const Attempt* a) { return std::tie(a->handed_in, a->number, a->submission); });
    for (const auto& [id, count] : elsewhere)
      grades_.problems.push_back(
          fmt::format("{} attempt{} at {}, which is not graded", count, count == 1 ? "" : "s", id));
  }

  void hand_out_pending() {
    grades_.pending = in_.pending;
    std::ranges::sort(grades_.pending, {}, [](const Pending& p) { return std::tie(p.submission, p.module, p.reason); });
    for (const Pending& pending : grades_.pending) {
      const std::size_t party = people_.party_of(pending.submission);
      handed_in_.insert(party);
      if (const auto module = module_number(pending.module)) pending_[{party, *module}].push_back(&pending);
    }
  }

  void tell_strangers() {
    for (const auto& [id, submissions] : people_.strangers()) {
      std::string names;
      for (const std::string& name : submissions)
        if (name != id) names += (names.empty() ? " (submission " : ", ") + name;
      grades_.problems.push_back(
          fmt::format("{}{}: handed in, but the roster has no student or group of that id; add it, or mend student_of",
                      id, names.empty() ? "" : names + ")"));
    }
  }

  void hand_out_overrides() {
    for (const Override& override : in_.overrides) {
      const auto people = people_.named(override.student);
      const auto module = module_number(override.module);
      if (people.empty())
        grades_.problems.push_back(fmt::format("override {} is of {}, whom neither roster nor submissions name",
                                               override.id, override.student));
      else if (!module)
        grades_.problems.push_back(fmt::format("override {} of {} is of {}, which is not graded", override.id,
                                               override.student, override.module));
      else
        for (const std::size_t person : people) overrides_[{person, *module}].add(override);
    }
  }

  void check_extensions() {
    for (const Extension& extension : in_.policy.extensions)
      if (people_.named(extension.student).empty())
        grades_.problems.push_back(fmt::format("the policy extends {} for {}, whom neither roster nor submissions name",
                                               extension.module, extension.student));
  }

  StudentGrade grade_of(std::size_t person) const {
    StudentGrade grade = people_.people()[person];
    std::vector<Desk> desks;
    for (std::size_t m = 0; m < in_.modules.size(); ++m) desks.push_back(desk_of(person, m));
    const std::vector<Settled> settled = settle(in_.policy, desks);
    for (std::size_t m = 0; m < desks.size(); ++m) {
      grade.modules.push_back(module_grade(grade, desks[m], settled[m]));
      add_pending_notes(grade.modules.back(), {people_.party_of_person(person), m});
      grade.points += grade.modules.back().points;
      grade.max += grade.modules.back().max;
    }
    return grade;
  }

  Desk desk_of(std::size_t person, std::size_t m) const {
    const GradedModule& module = in_.modules[m];
    Desk desk{.module = module.id, .max = module.max};
    if (const auto due = in_.policy.due.find(module.id); due != in_.policy.due.end()) desk.due = due->second;
    const StudentGrade& who = people_.people()[person];
    const Extension* extension = extension_for(in_.policy, module.id, who.id, who.group);
    if (extension != nullptr && desk.due) desk.due = std::max(*desk.due, extension->due);
    if (const auto found = attempts_.find({people_.party_of_person(person), m}); found != attempts_.end())
      desk.attempts = found->second;
    if (const auto found = overrides_.find({person, m}); found != overrides_.end()) desk.overrides = found->second;
    return desk;
  }

  ModuleGrade module_grade(const StudentGrade& who, const Desk& desk, const Settled& settled) const {
    const Attempt* counted = settled.counted;
    ModuleGrade grade{.module = desk.module, .max = desk.max};
    grade.judged = counted == nullptr ? 0 : OverridesOfModule{}.points(&counted->result);
    grade.overridden = settled.worth.points;
    grade.penalty = settled.worth.penalty;
    grade.points = settled.worth.left();
    grade.attempts = static_cast<int>(desk.attempts.size());
    if (counted != nullptr) grade.counted = *counted;
    grade.due = desk.due;
    grade.late_days = settled.worth.late_days;
    grade.free_late_days = settled.worth.free_days;
    grade.overrides = desk.overrides.all();
    grade.notes = notes_of(who, desk, settled);
    return grade;
  }

  std::vector<std::string> notes_of(const StudentGrade& who, const Desk& desk, const Settled& settled) const {
    std::vector<std::string> notes;
    const Attempt* counted = settled.counted;
    if (counted != nullptr && people_.id_in(counted->submission) != who.id)
      notes.push_back("handed in as " + counted->submission);
    if (desk.attempts.size() > 1) {
      const auto place = std::ranges::find(desk.attempts, counted) - desk.attempts.begin();
      notes.push_back(fmt::format(
          "attempt {} of {} counts ({})", place + 1, desk.attempts.size(),
          in_.policy.counted == Counted::latest_on_time ? "latest on time" : to_string(in_.policy.counted)));
    }
    if (const Extension* extension = extension_for(in_.policy, desk.module, who.id, who.group))
      notes.push_back(
          fmt::format("due {} by extension: {}", zone_time(extension->due, in_.policy.time_zone), extension->reason));
    if (const std::string late = lateness_in_words(in_.policy, settled.worth); !late.empty()) notes.push_back(late);
    for (std::string& note : desk.overrides.notes(counted == nullptr ? nullptr : &counted->result))
      notes.push_back(std::move(note));
    return notes;
  }

  void add_pending_notes(ModuleGrade& grade, const Place& place) const {
    const auto found = pending_.find(place);
    if (found == pending_.end()) return;
    grade.pending = true;
    for (const Pending* pending : found->second)
      grade.notes.push_back(fmt::format("{} has no grade{}: {}", pending->submission,
                                        pending->ours ? " yet, by the judge's own fault" : "", pending->reason));
  }

  /// Those of the roster who handed nothing in, each with the points that they have all the same.
  void tell_silent() {
    for (const StudentGrade& student : grades_.students) {
      const auto named = people_.named(student.id);
      if (!student.on_roster || named.empty() || handed_in_.contains(people_.party_of_person(named[0]))) continue;
      grades_.problems.push_back(
          fmt::format("{}: nothing was handed in; {}", student.id, points_in_words(student.points)));
    }
  }

  const GradeInputs& in_;
  People people_;
  std::map<std::string, std::size_t> module_numbers_;
  std::map<Place, std::vector<const Attempt*>> attempts_;  ///< by party and module
  std::map<Place, std::vector<const Pending*>> pending_;
  std::map<Place, OverridesOfModule> overrides_;  ///< by person and module
  std::set<std::size_t> handed_in_;               ///< parties
  Grades grades_;
};

}  // namespace

Grades compute_grades(const GradeInputs& inputs) { return Computation(inputs).run(); }

}  // namespace kiln::grader
