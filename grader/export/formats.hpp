// The export formats by name: what each is for, who may read it, and where it goes.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "grader/export/export.hpp"

namespace kiln::grader {

enum class ExportFormat { gradescope, canvas, junit, csv, json };

struct FormatInfo {
  ExportFormat format;
  std::string_view name;
  std::string_view help;  ///< one line
  Audience audience;      ///< who reads it where nothing else is asked for
  bool folder;            ///< of a whole class: a folder of files instead of one text
};

std::span<const FormatInfo> export_formats();
const FormatInfo* find_format(std::string_view name);

/// Chooses and writes. Where `options` ask for a student or module that is not there, nothing is exported: ask first.
Exported export_grades(ExportFormat format, const Grades& grades, const Roster& roster, const ExportOptions& options);

}  // namespace kiln::grader
