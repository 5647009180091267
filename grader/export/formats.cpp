// The table of formats, and the way from options to texts.
#include "grader/export/formats.hpp"

#include <algorithm>

namespace kiln::grader {
namespace {

constexpr FormatInfo kFormats[] = {
    {ExportFormat::gradescope, "gradescope", "results.json of each student, for Gradescope's autograder; a folder",
     Audience::student, true},
    {ExportFormat::canvas, "canvas", "a gradebook to import into Canvas: a line a student, a column a module",
     Audience::instructor, false},
    {ExportFormat::junit, "junit", "JUnit XML: a suite for each student's module, a case for each exercise",
     Audience::student, false},
    {ExportFormat::csv, "csv", "a table: a line for each exercise of each student, or with --wide a line a student",
     Audience::instructor, false},
    {ExportFormat::json, "json", "everything: grades, overrides, results, raw samples and receipts",
     Audience::instructor, false},
};

}  // namespace

std::span<const FormatInfo> export_formats() { return kFormats; }

const FormatInfo* find_format(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name, &FormatInfo::name);
  return found == std::end(kFormats) ? nullptr : found;
}

Exported export_grades(ExportFormat format, const Grades& grades, const Roster& roster, const ExportOptions& options) {
  const Grades seen = chosen(grades, options);
  switch (format) {
    case ExportFormat::gradescope: return export_gradescope(seen, options);
    case ExportFormat::canvas: return export_canvas(seen, roster, options);
    case ExportFormat::junit: return export_junit(seen);
    case ExportFormat::csv: return export_csv(seen, options);
    case ExportFormat::json: return export_json(seen);
  }
  return {};
}

}  // namespace kiln::grader
