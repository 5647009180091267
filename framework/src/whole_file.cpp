// The content goes into a file beside the target that has no name yet where the file system can do that, so that a
// process that is killed on the way leaves nothing behind; then it gets a name, and that name becomes the target's.
#include "kiln/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace kiln {
namespace {

std::string failure(const std::filesystem::path& path, const char* step, int error) {
  return "cannot write " + path.string() + ": " + step + ": " + std::strerror(error) +
         "; check the folder's permissions and the space left";
}

using Produce = std::function<void(const Sink&)>;

/// A file on its way; closed, and gone if it has a name still, when its owner is.
struct Temporary {
  int descriptor = -1;
  std::string name;  ///< "" while it has none, and once it has the target's
  Temporary() = default;
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (descriptor >= 0) close(descriptor);
    if (!name.empty()) unlink(name.c_str());
  }
};

/// Makes the missing folders of `path` and a temporary file in the last one.
std::optional<std::string> open_beside(const std::filesystem::path& path, Temporary& temporary) {
  std::error_code error;
  const auto folder = path.parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) return failure(path, "making its folder", error.value());
  temporary.descriptor = open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
  if (temporary.descriptor >= 0) return std::nullopt;
  temporary.name = (folder / ".kiln-XXXXXX").string();
  temporary.descriptor = mkostemp(temporary.name.data(), O_CLOEXEC);
  if (temporary.descriptor < 0) return failure(path, "making a temporary file", errno);
  return std::nullopt;
}

bool give_name(const std::filesystem::path& path, Temporary& temporary) {
  if (!temporary.name.empty()) return true;
  static std::atomic<unsigned> count{0};
  const std::string file = ".kiln-" + std::to_string(getpid()) + "-" + std::to_string(count++);
  const std::string name = path.parent_path() / file, from = "/proc/self/fd/" + std::to_string(temporary.descriptor);
  unlink(name.c_str());  // of a dead process that had our number
  if (linkat(AT_FDCWD, from.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) return false;
  temporary.name = name;
  return true;
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A device, pipe or socket, or a name in /dev (stdout, fd/3): no file may take its place.
bool is_special(const std::filesystem::path& path) {
  std::error_code error;
  if (path.parent_path() == "/dev" || path.parent_path() == "/dev/fd") return true;
  const auto status = std::filesystem::status(path, error);
  return !error && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

/// Writes what is produced, up to the first failure; false with errno where there was one.
bool write_produced(int descriptor, const Produce& produce) {
  int reason = 0;
  produce([&](std::string_view piece) {
    if (reason == 0 && !write_all(descriptor, piece)) reason = errno;
  });
  errno = reason;
  return reason == 0;
}

std::optional<std::string> write_through(const std::filesystem::path& path, const Produce& produce) {
  Temporary special;
  special.descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (special.descriptor < 0) return failure(path, "opening", errno);
  if (!write_produced(special.descriptor, produce)) return failure(path, "writing", errno);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> why_not_writable(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return failure(path, "it is a folder", EISDIR);
  if (is_special(path)) return std::nullopt;
  Temporary temporary;
  return open_beside(path, temporary);
}

std::optional<std::string> write_atomically(const std::filesystem::path& path, std::string_view content) {
  return write_atomically(path, [content](const Sink& sink) { sink(content); });
}

std::optional<std::string> write_atomically(const std::filesystem::path& path, const Produce& produce) {
  if (is_special(path)) return write_through(path, produce);
  Temporary temporary;
  if (auto problem = open_beside(path, temporary)) return problem;
  // The first step that fails is the one that is told.
  const char* step = nullptr;
  int reason = 0;
  const auto attempt = [&](const char* name, auto action) {
    if (step != nullptr || action()) return;
    step = name;
    reason = errno;
  };
  attempt("writing", [&] { return write_produced(temporary.descriptor, produce); });
  attempt("setting its mode", [&] { return fchmod(temporary.descriptor, 0644) == 0; });
  attempt("naming it", [&] { return give_name(path, temporary); });
  attempt("renaming", [&] { return rename(temporary.name.c_str(), path.c_str()) == 0; });
  if (step != nullptr) return failure(path, step, reason);
  temporary.name.clear();
  return std::nullopt;
}

}  // namespace kiln
