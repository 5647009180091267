// Ids before groups: a student's id is the more particular.
#include "grader/book/whose.hpp"

namespace kiln::grader {

People::People(const Roster& roster, const Policy& policy)
    : has_roster_(!roster.students.empty()), student_of_(policy.student_of) {
  for (const Student& student : roster.students) {
    std::size_t party = parties_.size();
    if (const auto group = by_group_.find(student.group); !student.group.empty() && group != by_group_.end())
      party = group->second;
    else
      parties_.push_back({student.group, {}});
    if (!student.group.empty()) by_group_.emplace(student.group, party);
    add_person({.id = student.id, .name = student.name, .group = student.group}, party);
  }
}

std::size_t People::add_person(StudentGrade person, std::size_t party) {
  const std::size_t number = people_.size();
  by_id_.emplace(person.id, number);
  people_.push_back(std::move(person));
  party_of_person_.push_back(party);
  parties_[party].members.push_back(number);
  return number;
}

std::size_t People::party_of(const std::string& submission) {
  const std::string& id = ids_.try_emplace(submission, student_of_(submission)).first->second;
  const auto person = by_id_.find(id);
  const bool stranger = person == by_id_.end() ? has_roster_ : !people_[person->second].on_roster;
  if (person != by_id_.end()) {
    if (stranger) strangers_[id].insert(submission);
    return party_of_person_[person->second];
  }
  if (const auto group = by_group_.find(id); group != by_group_.end()) return group->second;
  if (stranger) strangers_[id].insert(submission);
  parties_.push_back({});
  add_person({.id = id, .on_roster = !has_roster_}, parties_.size() - 1);
  return parties_.size() - 1;
}

std::vector<std::size_t> People::named(const std::string& id) const {
  if (const auto person = by_id_.find(id); person != by_id_.end()) return {person->second};
  if (const auto group = by_group_.find(id); group != by_group_.end()) return parties_[group->second].members;
  return {};
}

}  // namespace kiln::grader
