// A walk over descriptors.
#include "grader/intake/directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "grader/intake/file.hpp"
#include "grader/intake/text.hpp"

namespace kiln::grader {

namespace {

class Walk {
 public:
  Walk(const IntakeLimits& limits, Collector& collector) : limits_(limits), collector_(collector) {}

  std::string folder(Descriptor fd, const std::string& prefix);

 private:
  std::string list(Descriptor fd, std::vector<std::string>& names);
  std::string entry(int parent, const std::string& name, const std::string& path);
  void listed_file(int parent, const std::string& name, const std::string& path, const Layout::Place& place);

  const IntakeLimits& limits_;
  Collector& collector_;
  std::uint64_t entries_ = 0;
};

/// Names in order, so that results do not hang on the file system's.
std::string Walk::list(Descriptor fd, std::vector<std::string>& names) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(fd.get()), closedir);
  if (!stream) return "the folder " + unreadable(errno);
  fd.release();
  errno = 0;
  while (const dirent* entry = readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (++entries_ > limits_.entries)
      return "it holds more than " + std::to_string(limits_.entries) + " files and folders";
    names.push_back(name);
  }
  if (errno != 0) return "the folder " + unreadable(errno);
  std::sort(names.begin(), names.end());
  return "";
}

std::string Walk::folder(Descriptor fd, const std::string& prefix) {
  // The stream takes its descriptor along; entries are opened through the other one.
  std::vector<std::string> names;
  Descriptor copy(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return "the folder " + unreadable(errno);
  std::string problem = list(std::move(copy), names);
  for (std::size_t i = 0; problem.empty() && i < names.size(); ++i)
    problem = entry(fd.get(), names[i], prefix + names[i]);
  return problem;
}

std::string Walk::entry(int parent, const std::string& name, const std::string& path) {
  struct stat status {};
  if (fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    collector_.ignore(path + " (" + unreadable(errno) + ')');
    return "";
  }
  const auto place = collector_.layout().match(path);
  if (!place && S_ISDIR(status.st_mode) && collector_.layout().leads_to_place(path)) {
    Descriptor fd(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (fd) return folder(std::move(fd), path + '/');
    collector_.ignore(path + "/ (" + unreadable(errno) + ')');
    return "";
  }
  if (place && S_ISREG(status.st_mode))
    listed_file(parent, name, path, *place);
  else if (place)
    collector_.refuse(path, *place, special_file_text(status.st_mode));
  else
    collector_.ignore(path + (S_ISDIR(status.st_mode) ? "/" : S_ISLNK(status.st_mode) ? " (a symbolic link)" : ""));
  return "";
}

void Walk::listed_file(int parent, const std::string& name, const std::string& path, const Layout::Place& place) {
  // Should the entry have become a pipe meanwhile, O_NONBLOCK keeps the open from waiting for a writer.
  const Descriptor fd(openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) return collector_.refuse(path, place, unreadable(errno));
  if (!S_ISREG(status.st_mode)) return collector_.refuse(path, place, special_file_text(status.st_mode));

  // Read one byte more than is allowed, whatever size the file claims.
  std::string contents(limits_.listed_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < contents.size()) {
    const ssize_t count = read(fd.get(), contents.data() + size, contents.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return collector_.refuse(path, place, unreadable(errno));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > limits_.listed_bytes)
    return collector_.refuse(path, place, "is larger than " + size_text(limits_.listed_bytes));
  contents.resize(size);
  contents.shrink_to_fit();
  collector_.take(path, place, std::move(contents));
}

}  // namespace

std::string read_directory(int directory, const IntakeLimits& limits, Collector& collector) {
  Descriptor copy(fcntl(directory, F_DUPFD_CLOEXEC, 0));
  if (!copy) return "the folder " + unreadable(errno);
  return Walk(limits, collector).folder(std::move(copy), "");
}

}  // namespace kiln::grader
