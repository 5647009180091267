// RE2 behind two functions.
#include "grader/book/student_of.hpp"

#include <re2/re2.h>

namespace kiln::grader {

namespace {

std::unique_ptr<re2::RE2> compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  return std::make_unique<RE2>(pattern, options);
}

}  // namespace

std::optional<std::string> why_no_pattern(const std::string& pattern) {
  const auto compiled = compile(pattern);
  if (!compiled->ok()) return "must be a regular expression: " + compiled->error();
  if (compiled->NumberOfCapturingGroups() < 1)
    return "must have a group in parentheses around the student's id, such as ^([a-z0-9]+)_";
  return std::nullopt;
}

StudentOf::StudentOf(const std::string& pattern) {
  if (!pattern.empty() && !why_no_pattern(pattern)) pattern_ = compile(pattern);
}

StudentOf::~StudentOf() = default;

std::string StudentOf::operator()(std::string_view submission) const {
  std::string id;
  if (pattern_ != nullptr &&
      RE2::PartialMatch(re2::StringPiece(submission.data(), submission.size()), *pattern_, &id) && !id.empty())
    return id;
  return std::string(submission);
}

}  // namespace kiln::grader
