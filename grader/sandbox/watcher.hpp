// Watcher: bounds boxes as a whole where no cgroup does. Looks at /proc now and then, adds up memory and tasks of each
// box below one process, and kills a box that has more than it may. A box is a process namespace: its first process
// takes all others with it.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "grader/sandbox/cgroup_files.hpp"

namespace kiln::grader {

enum class Exceeded { nothing, memory, tasks };

class Watcher {
 public:
  /// Watches the boxes that `root` and what it starts make; `limits` hold for each box alone.
  Watcher(pid_t root, const GroupLimits& limits) : root_(root), limits_(limits) {}

  /// Looks once, and kills what exceeds its limits. Returns what was exceeded.
  Exceeded look();

 private:
  struct Task;
  struct Sum;
  static constexpr pid_t kElsewhere = 0, kUnclear = -1;
  pid_t box_of(pid_t pid, const Task& task) const;
  static void add(pid_t pid, const Task& task, Sum& sum);
  Exceeded judge(const Sum& sum) const;

  const pid_t root_;
  const GroupLimits limits_;
  /// Of each process that was seen: the first process of its box, or kElsewhere. Forgotten when the process ends, so
  /// that only what is new must be asked where it belongs.
  std::map<pid_t, pid_t> known_;
};

}  // namespace kiln::grader
