// mkdtemp, and remove_all, which does not follow links.
#include "grader/build/temp_directory.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <system_error>
#include <utility>

#include "grader/sandbox/owner.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

/// A private directory of a name that begins with `start`; "" and why where that fails.
fs::path make_private(const std::string& start, std::string& problem) {
  std::string name = start + "-XXXXXX";
  if (mkdtemp(name.data())) return name;
  problem = "cannot make a directory " + name + ": " + std::strerror(errno);
  return "";
}

/// Removes what graders left that were killed. A folder whose owner cannot be seen from here is locked while he lives;
/// another user's stays, because it may not be removed.
void sweep(const fs::path& root) {
  std::error_code error;
  for (fs::directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
    if (!is_of_dead_owner(at->path().filename().string())) continue;
    std::error_code ignored;
    if (const Descriptor lock = lock_directory(at->path())) fs::remove_all(at->path(), ignored);
  }
}

}  // namespace

/// The folder of this process, as long as it holds anything.
class TempDirectory::Home {
 public:
  Home(const std::string& root, std::string& problem)
      : root_(root), path_(make_private(root + "/" + owner_name(), problem)), process_(getpid()) {
    if (!path_.empty()) lock_ = lock_directory(path_);
  }
  ~Home() {
    std::error_code ignored;
    if (!path_.empty() && getpid() == process_) fs::remove(path_, ignored);
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  bool serves(const std::string& root) const { return root == root_ && getpid() == process_; }
  const fs::path& path() const { return path_; }

 private:
  const std::string root_;
  const fs::path path_;
  const pid_t process_;
  Descriptor lock_;
};

std::shared_ptr<TempDirectory::Home> TempDirectory::home(std::string& problem) {
  static std::mutex mutex;
  static std::weak_ptr<Home> current;
  const char* variable = std::getenv("TMPDIR");
  const std::string root = variable && *variable ? variable : "/tmp";
  const std::lock_guard lock(mutex);
  std::shared_ptr<Home> home = current.lock();
  if (home && home->serves(root)) return home;
  sweep(root);
  home = std::make_shared<Home>(root, problem);
  current = home;
  return home;
}

TempDirectory::TempDirectory(const std::string& prefix) : home_(home(problem_)) {
  if (!home_->path().empty()) path_ = make_private((home_->path() / prefix).string(), problem_);
}

TempDirectory::TempDirectory(TempDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), problem_(std::move(other.problem_)), home_(std::move(other.home_)) {}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace kiln::grader
