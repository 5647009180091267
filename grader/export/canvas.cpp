// The gradebook that Canvas imports (its lib/gradebook_importer.rb reads it): Student and ID first, then SIS User ID
// and SIS Login ID, perhaps Integration ID and Root Account, then Section, then one column an assignment, found there
// by its title or by the number in brackets after it. The line "Points Possible" gives each one's maximum.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "grader/export/cells.hpp"
#include "grader/export/export.hpp"
#include "grader/export/shares.hpp"

namespace kiln::grader {
namespace {

constexpr const char* kName = "Student";
constexpr const char* kNumber = "ID";
constexpr const char* kUser = "SIS User ID";
constexpr const char* kLogin = "SIS Login ID";
constexpr const char* kSection = "Section";

bool any_has(const Roster& roster, const std::string& column) {
  return std::ranges::any_of(roster.students, [&](const Student& student) { return student.columns.contains(column); });
}

/// Columns that know who a student is, in Canvas's order: those that it always wants and those that the roster has.
std::vector<std::string> student_columns(const Roster& roster) {
  std::vector<std::string> columns{kName, kNumber, kUser, kLogin};
  for (const char* column : {"Integration ID", "Root Account"})
    if (any_has(roster, column)) columns.push_back(column);
  columns.push_back(kSection);
  return columns;
}

/// Whether the roster is one of Kiln's own, whose ids are the logins; a roster from Canvas brings its columns along.
bool ids_are_logins(const Roster& roster) { return !any_has(roster, kLogin) && !any_has(roster, kNumber); }

std::string cell_of(const Student& student, const std::string& column, bool login) {
  const auto found = student.columns.find(column);
  if (found != student.columns.end()) return found->second;
  if (column == kName) return student.name.empty() ? student.id : student.name;
  if (column == kSection) return student.group;
  return login && column == kLogin ? student.id : "";
}

/// "Tensors (4711)" is the assignment "Tensors".
std::string_view without_number(std::string_view header) {
  const std::size_t open = header.rfind(" (");
  if (open == std::string_view::npos || !header.ends_with(')') || open + 3 >= header.size()) return header;
  const std::string_view digits = header.substr(open + 2, header.size() - open - 3);
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  return std::ranges::all_of(digits, is_digit) ? header.substr(0, open) : header;
}

/// The header of a module's assignment: as asked for, else as the roster has it, else the module's id.
std::string assignment_of(const GradedModule& module, const Roster& roster, const ExportOptions& options) {
  const auto asked = options.assignments.find(module.id);
  if (asked != options.assignments.end()) return asked->second;
  for (const Student& student : roster.students) {
    for (const auto& [header, cell] : student.columns) {
      const std::string_view title = without_number(header);
      if (title == module.id || title == module.title) return header;
    }
  }
  return module.id;
}

/// Points of one module; empty, which Canvas takes for "no grade yet", where there are none or they are not known.
void add_points(Row& row, const StudentGrade& student, const GradedModule& module, const ExportOptions& options,
                std::vector<std::string>& notes) {
  const auto grade = std::ranges::find(student.modules, module.id, &ModuleGrade::module);
  const bool graded = grade != student.modules.end() && has_grade(*grade);
  if (graded && shares_of(*grade).final) {
    row.number(grade->points);
  } else if (graded) {
    notes.push_back(fmt::format("{}: {} is left empty, the judge failed there; judge it again", student.id, module.id));
    row.blank();
  } else {
    const bool in_hand = grade != student.modules.end() && grade->attempts > 0;
    options.missing_as_zero && !in_hand ? row.number(0.0) : row.blank();
  }
}

}  // namespace

Exported export_canvas(const Grades& grades, const Roster& roster, const ExportOptions& options) {
  Exported exported;
  const std::vector<std::string> columns = student_columns(roster);
  const bool login = ids_are_logins(roster);
  // The two lines of headers.
  Row head, possible;
  for (const std::string& column : columns) {
    head.text(column);
    // Canvas knows the line by these words, and writes them with four spaces itself.
    column == kName ? possible.text("    Points Possible") : possible.blank();
  }
  for (const GradedModule& module : grades.modules) {
    head.text(assignment_of(module, roster, options));
    possible.number(module.max);
  }
  std::string text = head.line() + possible.line();
  // The students. Whom the roster does not name Canvas would take for a new student.
  for (const StudentGrade& student : grades.students) {
    const auto entry = std::ranges::find(roster.students, student.id, &Student::id);
    if (!student.on_roster) {
      exported.notes.push_back(fmt::format("{} is left out: the roster has no such student", student.id));
      continue;
    }
    const Student known =
        entry == roster.students.end() ? Student{student.id, student.name, student.group, "", {}} : *entry;
    Row row;
    for (const std::string& column : columns) {
      const std::string cell = cell_of(known, column, login);
      row.text(cell);
      if (column != kName && column != kSection && safe_text(cell) != cell)
        exported.notes.push_back(
            fmt::format("{}: {} \"{}\" was changed because a spreadsheet could run it; Canvas may "
                        "not find the student by it",
                        student.id, column, cell));
    }
    for (const GradedModule& module : grades.modules) add_points(row, student, module, options, exported.notes);
    text += row.line();
  }
  exported.files.push_back({"", std::move(text)});
  return exported;
}

}  // namespace kiln::grader
