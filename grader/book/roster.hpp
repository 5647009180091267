// Roster: who is in the class, from a CSV file with a header line: id, name, group, email, and what Canvas wants back.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "grader/record/expected.hpp"

namespace kiln::grader {

struct Student {
  std::string id;     ///< unique; what submissions are named by
  std::string name;   ///< "" where the roster has none
  std::string group;  ///< "" where the student works alone
  std::string email;
  std::map<std::string, std::string> columns;  ///< all other columns, by their header: "SIS User ID", "Section"
};

struct Roster {
  std::vector<Student> students;  ///< in the file's order
  std::vector<std::string> problems;  ///< lines left out and why: an id twice, no id, too few fields
};

/// Reads a roster (RFC 4180, with or without a byte order mark; "id" may be headed "ID", "student" or "SIS Login ID").
/// The error is for a file that is no roster at all; a bad line costs itself alone and stands in `problems`.
Expected<Roster, std::string> parse_roster(std::string_view text, const std::string& name);

}  // namespace kiln::grader
