// Plain reads and writes. Nothing here throws; the standard library's directory walks get an error_code.
#include "grader/sandbox/cgroup_files.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "grader/sandbox/descriptor.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

/// Killed processes end within milliseconds, unless the kernel holds them in a call that cannot be interrupted.
constexpr std::chrono::seconds kPatience{10};

bool has(const fs::path& file) { return access(file.c_str(), F_OK) == 0; }

std::string read_all(const fs::path& file) {
  const Descriptor handle(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char block[4096];
  ssize_t got;
  while (handle && (got = read(handle.get(), block, sizeof block)) > 0)
    text.append(block, static_cast<std::size_t>(got));
  return text;
}

/// The number behind "name " at the beginning of a line.
std::optional<std::uint64_t> value_of(const std::string& text, const std::string& name) {
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    if (text.compare(at, name.size() + 1, name + " ") == 0)
      return std::strtoull(text.c_str() + at + name.size() + 1, nullptr, 10);
    if (text.find('\n', at) == std::string::npos) break;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number_in(const fs::path& file) {
  const std::string text = read_all(file);
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  return std::strtoull(text.c_str(), nullptr, 10);
}

std::vector<fs::path> below(const fs::path& group) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(group, error), end; !error && at != end; at.increment(error))
    if (fs::is_directory(at->symlink_status(error))) found.push_back(at->path());
  return found;
}

/// Sends SIGKILL to every member. False where there was none.
bool kill_members(const fs::path& group) {
  const std::string members = read_all(group / "cgroup.procs");
  for (const char* at = members.c_str(); *at;) {
    char* end;
    const long pid = std::strtol(at, &end, 10);
    // 0 stands for a process outside of our own namespace; kill(0) would be ourselves.
    if (pid > 1 && pid != getpid()) kill(static_cast<pid_t>(pid), SIGKILL);
    at = *end == '\n' ? end + 1 : end;
    if (at == end) break;
  }
  return !members.empty();
}

}  // namespace

const CgroupSystem& real_cgroups() {
  static const CgroupSystem system{[](const char* path) { return ::mkdir(path, 0755); },
                                   [](const char* path) { return ::rmdir(path); }};
  return system;
}

int write_group_file(const fs::path& file, const std::string& value) {
  const Descriptor handle(open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!handle) return errno;
  return write(handle.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size()) ? 0 : errno;
}

std::string limit_group(const fs::path& group, const GroupLimits& limits) {
  const auto set = [&](const char* file, std::uint64_t value) -> std::string {
    if (!has(group / file)) return "";
    const int error = write_group_file(group / file, std::to_string(value));
    return error == 0 ? ""
                      : "cannot write " + std::to_string(value) + " to " + (group / file).string() + ": " +
                            std::strerror(error);
  };
  std::string problem;
  const auto then = [&](const char* file, std::uint64_t value) {
    if (problem.empty()) problem = set(file, value);
  };
  if (limits.memory_bytes > 0) {
    // Version 1: memory and swap together may never be less than memory alone, so this order. Version 2 counts swap
    // apart.
    then("memory.limit_in_bytes", limits.memory_bytes);
    then("memory.memsw.limit_in_bytes", limits.memory_bytes);
    then("memory.max", limits.memory_bytes);
    then("memory.swap.max", 0);
  }
  if (limits.tasks > 0) then("pids.max", limits.tasks);
  return problem;
}

GroupUsage read_usage(const fs::path& group) {
  GroupUsage usage;
  // Version 2 counts what happens below as well; version 1 does so for memory in use, and not for kills.
  if (const std::string events = read_all(group / "memory.events"); !events.empty()) {
    usage.memory_kills = value_of(events, "oom_kill").value_or(0);
  } else {
    usage.memory_kills = value_of(read_all(group / "memory.oom_control"), "oom_kill").value_or(0);
    for (const fs::path& child : below(group)) usage.memory_kills += read_usage(child).memory_kills;
  }
  usage.peak_bytes = number_in(group / "memory.peak");
  if (!usage.peak_bytes) usage.peak_bytes = number_in(group / "memory.max_usage_in_bytes");
  if (const auto microseconds = value_of(read_all(group / "cpu.stat"), "usage_usec"))
    usage.cpu_seconds = 1e-6 * static_cast<double>(*microseconds);
  return usage;
}

std::string remove_group(const fs::path& group, const CgroupSystem& system) {
  if (has(group / "cgroup.kill")) write_group_file(group / "cgroup.kill", "1");
  for (const fs::path& child : below(group))
    if (const std::string problem = remove_group(child, system); !problem.empty()) return problem;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    const bool occupied = kill_members(group);
    if (!occupied && (system.remove(group.c_str()) == 0 || errno == ENOENT)) return "";
    const int error = occupied ? EBUSY : errno;
    if (error != EBUSY || std::chrono::steady_clock::now() >= deadline)
      return "cannot remove the cgroup " + group.string() + ": " + std::strerror(error);
    const timespec pause{0, 500'000};
    nanosleep(&pause, nullptr);
  }
}

}  // namespace kiln::grader
