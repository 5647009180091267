// mkdtemp, and remove_all, which does not follow links.
#include "grader/build/temp_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace kiln::grader {

TempDirectory::TempDirectory(const std::string& prefix) {
  const char* root = std::getenv("TMPDIR");
  std::string name = std::string(root && *root ? root : "/tmp") + "/" + prefix + "-XXXXXX";
  if (mkdtemp(name.data()))
    path_ = name;
  else
    problem_ = "cannot make a directory " + name + ": " + std::strerror(errno);
}

TempDirectory::TempDirectory(TempDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), problem_(std::move(other.problem_)) {}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace kiln::grader
