// Exports of a class: from the one model of grades to what other programs read.
// Pure functions from Grades and options to text; nothing is read or written here. Each keeps two promises: the points
// that it shows add up to the model's, and what its audience must not see is not in it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "grader/book/grades.hpp"
#include "grader/book/roster.hpp"
#include "grader/record/audience.hpp"
#include "grader/record/expected.hpp"

namespace kiln::grader {

struct ExportOptions {
  std::string module;   ///< id of the one module; "": all
  std::string student;  ///< id of the one student; "": all
  Audience audience = Audience::instructor;

  // Gradescope's
  std::string visibility = "visible";                 ///< of every test entry: one of gradescope_visibilities()
  std::string hidden_visibility = "after_published";  ///< of the entries that name failed hidden tests
  bool leaderboard = true;

  // the tables'
  bool wide = false;                               ///< csv: a line a student instead of a line an exercise
  bool missing_as_zero = false;                    ///< canvas: 0 where nothing was handed in, instead of an empty cell
  std::map<std::string, std::string> assignments;  ///< canvas: module id -> the assignment's header there
};

/// One file of an export: its path below the export's folder, "" where the export is this one text.
struct ExportFile {
  std::string path, text;
};

struct Exported {
  std::vector<ExportFile> files;
  std::vector<std::string> notes;  ///< what was left out and why, for the instructor
};

/// What `options` choose, as their audience may see it: one module, one student, seen_by, no authors of overrides for
/// students. Points and maxima of students are those of the modules that are left.
Grades chosen(const Grades& grades, const ExportOptions& options);

// All want chosen grades.

/// ID/results.json for each student who has a grade; with one student chosen, that one text.
Exported export_gradescope(const Grades& grades, const ExportOptions& options);
const std::vector<std::string>& gradescope_visibilities();

/// A gradebook that Canvas imports: students of the roster, a column a module.
Exported export_canvas(const Grades& grades, const Roster& roster, const ExportOptions& options);

/// testsuites > testsuite, a student's module > testcase, an exercise; valid against junit-10.xsd.
Exported export_junit(const Grades& grades);

/// A line for each exercise of each student, whose points add up to the student's; or a line a student.
Exported export_csv(const Grades& grades, const ExportOptions& options);

/// The whole model, as docs/grades.schema.json says; a line a student.
Exported export_json(const Grades& grades);
/// Reads what export_json wrote; the error says where and what.
Expected<Grades, std::string> read_grades(std::string_view text);

}  // namespace kiln::grader
