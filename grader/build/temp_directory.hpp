// TempDirectory: a private directory that is gone, with all that is in it, when its owner is.
#pragma once

#include <filesystem>
#include <string>

namespace kiln::grader {

class TempDirectory {
 public:
  /// Makes one below $TMPDIR or /tmp, for this user alone. Where that fails, path() is empty and problem() says why.
  explicit TempDirectory(const std::string& prefix = "kiln");
  TempDirectory(TempDirectory&& other) noexcept;
  TempDirectory& operator=(TempDirectory&&) = delete;
  ~TempDirectory();

  const std::filesystem::path& path() const { return path_; }
  const std::string& problem() const { return problem_; }

 private:
  std::filesystem::path path_;
  std::string problem_;
};

}  // namespace kiln::grader
