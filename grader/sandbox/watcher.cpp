// One look: list /proc, find out where new processes belong, add up what the boxes have.
// /proc/PID/status is readable to all and says most; only memory that is shared needs a second look.
#include "grader/sandbox/watcher.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "grader/sandbox/descriptor.hpp"

namespace kiln::grader {
namespace {

constexpr std::uint64_t kKiB = 1024;

std::string read_process_file(pid_t pid, const char* name) {
  const Descriptor file(open(("/proc/" + std::to_string(pid) + "/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t got = file ? read(file.get(), text, sizeof text) : -1;
  return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : "";
}

/// The first number of the line that begins with `name`; 0 where there is none.
std::uint64_t field(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\n" + name);
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + 1 + name.size(), nullptr, 10);
}

/// How many process namespaces deep the process lives, seen from here.
int depth(const std::string& status) {
  const std::size_t at = status.find("\nNSpid:");
  int words = 0;
  if (at != std::string::npos)
    for (std::size_t i = at + 7; i < status.size() && status[i] != '\n'; ++i) words += status[i] == '\t';
  return words;
}

/// Bytes that the process has for itself; what it shares with the judge, such as an arena, is not its own.
std::uint64_t private_bytes(pid_t pid, std::uint64_t otherwise) {
  const std::string rollup = read_process_file(pid, "smaps_rollup");
  if (rollup.empty()) return otherwise;
  return (field(rollup, "Private_Clean:") + field(rollup, "Private_Dirty:") + field(rollup, "Swap:")) * kKiB;
}

}  // namespace

struct Watcher::Task {
  std::string status;
  pid_t parent = 0;
  int level = 0;
  explicit Task(pid_t pid) : status(read_process_file(pid, "status")) {
    parent = static_cast<pid_t>(field(status, "PPid:"));
    level = depth(status);
  }
};

struct Watcher::Sum {
  std::uint64_t tasks = 0, bytes = 0;
  std::map<pid_t, std::uint64_t> members;  ///< with the bytes that certainly are their own
};

// The first process of a box has its parent outside. Up from there the way must lead to our root.
pid_t Watcher::box_of(pid_t pid, const Task& task) const {
  static const int own_level = depth(read_process_file(getpid(), "status"));
  if (task.level == 0) return kUnclear;
  if (task.level <= own_level) return kElsewhere;
  pid_t first = pid;
  for (pid_t at = task.parent; at > 1;) {
    if (at == root_) return first;
    const Task above(at);
    // It ended just now, and its children have another parent by the next look.
    if (above.level == 0) return kUnclear;
    if (above.level > own_level) first = at;
    at = above.parent;
  }
  return kElsewhere;
}

void Watcher::add(pid_t pid, const Task& task, Sum& sum) {
  const std::uint64_t own = (field(task.status, "RssAnon:") + field(task.status, "VmSwap:")) * kKiB;
  sum.tasks += field(task.status, "Threads:");
  sum.bytes += own + field(task.status, "RssShmem:") * kKiB;
  sum.members[pid] = own;
}

Exceeded Watcher::judge(const Sum& sum) const {
  if (limits_.tasks > 0 && sum.tasks > limits_.tasks) return Exceeded::tasks;
  if (limits_.memory_bytes == 0 || sum.bytes <= limits_.memory_bytes) return Exceeded::nothing;
  // Pages of the judge's were counted as well so far; to tell them apart costs a walk over the page tables.
  std::uint64_t exact = 0;
  for (const auto& [pid, own] : sum.members) exact += private_bytes(pid, own);
  return exact > limits_.memory_bytes ? Exceeded::memory : Exceeded::nothing;
}

Exceeded Watcher::look() {
  // Find the members of each box.
  std::map<pid_t, Sum> boxes;
  std::map<pid_t, pid_t> seen;
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(opendir("/proc"), &closedir);
  while (const dirent* entry = processes ? readdir(processes.get()) : nullptr) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 0) continue;
    const auto known = known_.find(pid);
    pid_t box = known != known_.end() ? known->second : kUnclear;
    if (box != kElsewhere) {
      const Task task(pid);
      if (box == kUnclear) box = box_of(pid, task);
      if (box > 0) add(pid, task, boxes[box]);
    }
    if (box != kUnclear) seen[pid] = box;
  }
  known_.swap(seen);

  // Kill those that have too much.
  Exceeded found = Exceeded::nothing;
  for (const auto& [first, sum] : boxes) {
    const Exceeded exceeded = judge(sum);
    if (exceeded == Exceeded::nothing) continue;
    kill(first, SIGKILL);
    found = exceeded;
  }
  return found;
}

}  // namespace kiln::grader
