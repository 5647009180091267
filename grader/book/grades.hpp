// Grades: what each student gets for each module, and every step from the judge's points to the final ones.
// Computed anew from what the gradebook holds (results, roster, policy, overrides) and never stored, so that a changed
// policy changes no result. Every report and export of a class is made from this one model.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "grader/book/moment.hpp"
#include "grader/book/policy.hpp"
#include "grader/book/roster.hpp"
#include "grader/record/result.hpp"

namespace kiln::grader {

/// Points that a person set in place of the judge's. The judge's own stay beside them.
struct Override {
  std::int64_t id = 0;
  std::string student, module;
  std::string exercise;  ///< "": of the module as a whole
  double points = 0;
  std::string author, reason;
  UnixSeconds at = 0;
};

/// One hand-in of one module, judged: a submission whose files differ from the one before is a new attempt.
struct Attempt {
  std::string submission;  ///< the name under which it was handed in
  int number = 1;          ///< 1, 2, ... in the order of handing in
  UnixSeconds handed_in = 0;
  ModuleResult result;
  Receipt receipt;
  std::vector<std::string> notes;  ///< of intake
};

/// A submission that has no grade yet, or cannot get one, and why: the judge failed, or nothing could be taken in.
struct Pending {
  std::string submission, module, reason;
  bool ours = false;  ///< the judge's fault: it will be judged again
};

struct ModuleGrade {
  std::string module;
  double max = 0;
  double judged = 0;      ///< the judge's points of the attempt that counts
  double overridden = 0;  ///< the same after overrides
  double penalty = 0;     ///< points taken for lateness, at least 0
  double points = 0;      ///< overridden - penalty, what the student gets
  int attempts = 0;       ///< handed in; 0: nothing was
  bool pending = false;   ///< something that was handed in has no grade; `notes` say why
  std::optional<Attempt> counted;
  std::optional<UnixSeconds> due;  ///< for this student, extensions included
  int late_days = 0;               ///< begun days after the due moment and the grace
  int free_late_days = 0;          ///< of these, covered by the student's allowance
  std::vector<Override> overrides;
  std::vector<std::string> notes;  ///< "2 days late, 10 % a day: 4 points taken"
};

struct StudentGrade {
  std::string id, name, group;
  bool on_roster = true;  ///< false: a submission that no id of the roster names
  double points = 0, max = 0;
  std::vector<ModuleGrade> modules;  ///< in the course's order, all graded modules
};

struct GradedModule {
  std::string id, title;
  double max = 0;
};

struct Grades {
  std::vector<GradedModule> modules;
  std::vector<StudentGrade> students;  ///< by id; the roster's first, then unknown submissions
  std::vector<Pending> pending;
  std::vector<std::string> problems;  ///< unknown ids, students without a submission, overrides of nobody
};

/// What grades are made of. Without a roster every submission is its own student.
struct GradeInputs {
  std::vector<GradedModule> modules;
  std::vector<Attempt> attempts;
  std::vector<std::string> attempt_modules;  ///< attempts[i] is of this module
  std::vector<Pending> pending;
  Roster roster;
  Policy policy;
  std::vector<Override> overrides;
};

Grades compute_grades(const GradeInputs& inputs);

}  // namespace kiln::grader
