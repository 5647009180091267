// Whose a submission is, by its name. Names come from students: the pattern is matched by RE2, which takes time and
// memory linear in the name whatever both are; std::regex recurses once a character and can be driven off its stack.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace kiln::grader {

/// nullopt where `pattern` is a regular expression with a group; else what is wrong with it.
std::optional<std::string> why_no_pattern(const std::string& pattern);

class StudentOf {
 public:
  /// "" stands for the name as a whole, and so does a pattern that why_no_pattern refuses.
  explicit StudentOf(const std::string& pattern);
  ~StudentOf();
  StudentOf(const StudentOf&) = delete;
  StudentOf& operator=(const StudentOf&) = delete;

  /// What the first group matches in `submission`; the name itself where the pattern does not match or the group is
  /// empty. Archive endings are no part of a name.
  std::string operator()(std::string_view submission) const;

 private:
  std::unique_ptr<re2::RE2> pattern_;
};

}  // namespace kiln::grader
