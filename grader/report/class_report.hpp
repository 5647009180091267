// The reports of a whole class: the index page and all files of a run.
// DIR/index.html, DIR/instructor/NAME.html and .md, DIR/student/NAME.html and .md. The index and the instructor's
// folder show what hidden tests found: hand out nothing but the student's folder.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "grader/record/result.hpp"

namespace kiln::grader {

/// The page that lists the class: counts, scores, a column an exercise (or a module), links to each report.
/// files[i] is the safe base name of submissions[i].
std::string html_index(std::span<const SubmissionResult> submissions, std::span<const std::string> files);

struct WrittenReports {
  std::filesystem::path index;
  std::vector<std::string> files;     ///< base names, one a submission
  std::vector<std::string> problems;  ///< what could not be written; empty where all was
};

/// Writes all of them. A file that cannot be written is a problem of its own; the others are written.
WrittenReports write_reports(const std::filesystem::path& folder, std::span<const SubmissionResult> submissions);

}  // namespace kiln::grader
