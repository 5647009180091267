// Lateness: from a hand-in's moment to the points that it takes.
// A late day is a period of 24 hours that has begun after the due moment and the grace: seconds are counted, not dates,
// so that a change of the clocks between the due moment and the hand-in neither gives nor takes a day.
#pragma once

#include <optional>
#include <string>

#include "grader/book/policy.hpp"

namespace kiln::grader {

/// The extension that counts for a student: of those that name the student or the group, the latest. nullptr: none.
const Extension* extension_for(const Policy& policy, const std::string& module, const std::string& student,
                               const std::string& group);

/// 0 up to and at the due moment and the grace; 1 from a second later to 24 hours later; and so on.
int late_days(const Policy& policy, std::optional<UnixSeconds> due, UnixSeconds handed_in);

/// What a hand-in is worth to one student.
struct Worth {
  int late_days = 0;
  int free_days = 0;      ///< of these, taken from the allowance
  bool too_late = false;  ///< by more days than the policy accepts: nothing is left of the points
  double points = 0;      ///< before the penalty
  double penalty = 0;     ///< from 0 to `points`

  double left() const { return points - penalty; }
};

/// `points` of `max`, handed in `days` late, where `free_left` days of the allowance are left.
Worth worth_of(const Policy& policy, double points, double max, int days, int free_left);

/// "2 days late, 1 of them free, 10 % a day: 2.8 points taken"; "" where it was in time.
std::string lateness_in_words(const Policy& policy, const Worth& worth);

}  // namespace kiln::grader
