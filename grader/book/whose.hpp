// Whose a submission is: the roster's ids and groups, and the names that none of them explains.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "grader/book/grades.hpp"
#include "grader/book/student_of.hpp"

namespace kiln::grader {

/// Students whose submissions count for each other: a group, or one who works alone.
struct Party {
  std::string group;  ///< "" for one who works alone
  std::vector<std::size_t> members;
};

/// The people of a class. Those of the roster are there from the start; submissions that name nobody add strangers.
class People {
 public:
  People(const Roster& roster, const Policy& policy);

  /// The party of a submission by its name: of the student or the group that it names. Where there is none, a stranger
  /// of that id; without a roster everybody is one of the class.
  std::size_t party_of(const std::string& submission);

  /// The people that an override or extension names: a student, or a group's members; none for nobody.
  std::vector<std::size_t> named(const std::string& id) const;

  /// By id, those of the roster first; indices are into this.
  const std::vector<StudentGrade>& people() const { return people_; }
  const std::vector<Party>& parties() const { return parties_; }
  std::size_t party_of_person(std::size_t person) const { return party_of_person_[person]; }
  const std::string& id_in(const std::string& submission) const { return ids_.at(submission); }
  /// Names of submissions by the id, which nobody of the roster has.
  const std::map<std::string, std::set<std::string>>& strangers() const { return strangers_; }

 private:
  std::size_t add_person(StudentGrade person, std::size_t party);

  bool has_roster_;
  StudentOf student_of_;
  std::vector<StudentGrade> people_;
  std::vector<std::size_t> party_of_person_;
  std::vector<Party> parties_;
  std::map<std::string, std::size_t> by_id_, by_group_;  ///< people, parties
  std::map<std::string, std::string> ids_;               ///< by submission
  std::map<std::string, std::set<std::string>> strangers_;
};

}  // namespace kiln::grader
