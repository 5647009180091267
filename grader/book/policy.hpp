// Policy: due dates, late days, penalties and which attempt counts, from the instructor's policy.toml.
// docs/instructor.md shows a whole one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grader/book/moment.hpp"
#include "grader/record/expected.hpp"

namespace kiln::grader {

/// Which of a student's attempts at a module counts.
enum class Counted {
  latest,          ///< the one handed in last
  best,            ///< the one with the most points after its own penalty; of equals the latest
  latest_on_time,  ///< the latest that is not late; where all are late, the latest
};

/// The name as policy.toml has it.
std::string_view to_string(Counted counted);

/// A later due moment for one student or group.
struct Extension {
  std::string student;  ///< id of a student or a group
  std::string module;
  UnixSeconds due = 0;
  std::string reason;
};

struct Policy {
  std::string time_zone = "UTC";           ///< IANA name; due moments are written in its local time
  std::map<std::string, UnixSeconds> due;  ///< by module id
  int grace_minutes = 0;                   ///< within which nothing is late
  int free_late_days = 0;                  ///< a student's allowance over the whole course
  double penalty_per_day = 0;              ///< share of the module's points that each further late day takes
  double max_penalty = 1;                  ///< share: no more than this is taken
  std::optional<int> max_late_days;        ///< after these a submission counts nothing
  Counted counted = Counted::latest;
  std::string student_of;  ///< RE2 expression over a submission's name; its first group is the id; "": the name
  std::vector<Extension> extensions;
};

/// Reads policy.toml. The error has a line for each mistake: line, key, what was found and what is expected. `name` is
/// the file's, for errors. An empty file is a policy: nothing is ever late.
/// Module ids are not checked here: check_policy does.
Expected<Policy, std::string> parse_policy(std::string_view text, const std::string& name);

/// What the policy names and the course does not have: a module, each with what there is.
std::vector<std::string> check_policy(const Policy& policy, const std::vector<std::string>& module_ids);

/// The text of a good policy without the extensions of one student, and how many these were. Every other line stays.
/// Nothing where they cannot be cut out, as they are not written as [[extension]], each key on lines of its own.
struct PolicyErasure {
  std::string text;
  int extensions = 0;
};
std::optional<PolicyErasure> erase_from_policy(std::string_view text, const std::string& id);

}  // namespace kiln::grader
