// A process is the same as long as its number and its start time are.
#include "grader/sandbox/owner.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

namespace kiln::grader {
namespace {

/// Field 22 of /proc/PID/stat, in ticks since the machine started; "" where there is no such process.
std::string start_of(const std::string& process) {
  const Descriptor file(open(("/proc/" + process + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  char text[1024];
  const ssize_t got = file ? read(file.get(), text, sizeof text - 1) : -1;
  if (got <= 0) return "";
  text[got] = '\0';
  // The name is field 2 and may hold spaces and parentheses; behind its last one stands field 3.
  const char* at = std::strrchr(text, ')');
  for (int field = 2; at && field < 22; ++field) at = std::strchr(at + 1, ' ');
  if (!at) return "";
  const char* end = std::strchr(at + 1, ' ');
  return end ? std::string(at + 1, end) : "";
}

/// Takes the digits in front of `name`; false where there are none.
bool take_number(std::string_view& name, std::string& digits) {
  std::size_t count = 0;
  while (count < name.size() && name[count] >= '0' && name[count] <= '9') ++count;
  digits = name.substr(0, count);
  name.remove_prefix(count);
  return count > 0 && count < 20;
}

}  // namespace

std::string owner_name() { return "kiln-" + std::to_string(getpid()) + "-" + start_of("self"); }

bool is_of_dead_owner(std::string_view name) {
  std::string process, start;
  if (!name.starts_with("kiln-")) return false;
  name.remove_prefix(5);
  if (!take_number(name, process) || !name.starts_with('-')) return false;
  name.remove_prefix(1);
  if (!take_number(name, start) || (!name.empty() && name.front() != '-')) return false;
  return start_of(process) != start;
}

Descriptor lock_directory(const std::filesystem::path& directory) {
  Descriptor handle(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (handle && flock(handle.get(), LOCK_EX | LOCK_NB) != 0) handle.reset();
  return handle;
}

}  // namespace kiln::grader
