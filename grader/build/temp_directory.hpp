// TempDirectory: a private directory that is gone, with all that is in it, when its owner is.
// Those of one process lie in one folder that carries its name (owner.hpp); what a killed grader left behind is removed
// when the next one makes its first.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace kiln::grader {

class TempDirectory {
 public:
  /// Makes one below $TMPDIR or /tmp, for this user alone. Where that fails, path() is empty and problem() says why.
  explicit TempDirectory(const std::string& prefix = "kiln");
  TempDirectory(TempDirectory&&) noexcept;
  TempDirectory& operator=(TempDirectory&&) = delete;
  ~TempDirectory();

  const std::filesystem::path& path() const { return path_; }
  const std::string& problem() const { return problem_; }

 private:
  class Home;
  static std::shared_ptr<Home> home(std::string& problem);

  std::filesystem::path path_;
  std::string problem_;  ///< before home_, whose making may tell one
  std::shared_ptr<Home> home_;
};

}  // namespace kiln::grader
