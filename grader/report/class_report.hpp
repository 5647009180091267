// The reports of a whole class: the index page and all files of a run.
// DIR/index.html, DIR/instructor/NAME.html and .md, DIR/student/NAME.html and .md. The index and the instructor's
// folder show what hidden tests found: hand out nothing but the student's folder.
#pragma once

#include <filesystem>
#include <map>
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
  std::vector<std::string> problems;  ///< what could not be written; empty where all was
};

/// `result` without what only its own page needs (messages, samples): what a class's table and index keep of it.
SubmissionResult in_short(SubmissionResult result);

/// Writes a class's reports one submission at a time, so that a thousand of them need the memory of one. A file that
/// cannot be written is a problem of its own; the others are written.
class ClassReports {
 public:
  /// `names`: of all submissions that may come, which fixes their files' names.
  ClassReports(std::filesystem::path folder, std::span<const std::string> names);

  /// Both audiences' pages of one submission.
  void write(const SubmissionResult& submission);
  /// The index, last: whatever it links to is there already.
  WrittenReports finish(std::span<const SubmissionResult> submissions);

 private:
  void write_file(const std::filesystem::path& path, const std::string& content);

  std::filesystem::path folder_;
  std::map<std::string, std::string> files_;
  WrittenReports written_;
};

/// All of it at once.
WrittenReports write_reports(const std::filesystem::path& folder, std::span<const SubmissionResult> submissions);

}  // namespace kiln::grader
