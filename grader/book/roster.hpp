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
  /// All columns but plain "id", "name", "group" and "email", by their header: "SIS User ID", "Section". A column that
  /// gave the id under another name, such as "SIS Login ID", is here too, because exports hand it back.
  std::map<std::string, std::string> columns;
};

struct Roster {
  std::vector<Student> students;      ///< in the file's order
  std::vector<std::string> problems;  ///< lines left out and why: an id twice, no id, too few fields
};

/// Reads a roster (RFC 4180, with or without a byte order mark; also parted by ';' or tabs). "id" may be headed "ID",
/// "student" or "SIS Login ID"; a gradebook exported by Canvas is a roster. The error is for a file that is no roster
/// at all; a bad line costs itself alone and stands in `problems` with its number. No field holds control characters.
Expected<Roster, std::string> parse_roster(std::string_view text, const std::string& name);

/// A roster's text without the lines of one student, and how many these were: those of the id, and those that were left
/// out and name it anywhere. Every other byte stays. "" where nobody is left.
struct RosterErasure {
  std::string text;
  int lines = 0;
};
RosterErasure erase_from_roster(std::string_view text, const std::string& id);

}  // namespace kiln::grader
