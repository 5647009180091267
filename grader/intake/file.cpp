// Words for files.
#include "grader/intake/file.hpp"

#include <sys/stat.h>

#include <system_error>

namespace kiln::grader {

std::string unreadable(int error) { return "cannot be read: " + std::generic_category().message(error); }

std::string size_text(std::uint64_t bytes) {
  if (bytes >= 1u << 20) return std::to_string(bytes >> 20) + " MiB";
  if (bytes >= 1u << 10) return std::to_string(bytes >> 10) + " KiB";
  return std::to_string(bytes) + " bytes";
}

std::string special_file_text(unsigned mode) {
  if (S_ISLNK(mode)) return "is a symbolic link, which is not followed";
  if (S_ISDIR(mode)) return "is a folder, not a file";
  if (S_ISFIFO(mode)) return "is a named pipe, which is not opened";
  if (S_ISSOCK(mode)) return "is a socket, which is not opened";
  return "is a device, which is not opened";
}

}  // namespace kiln::grader
