// Cgroups: where this machine lets us have them, one directory for this process in each hierarchy (kiln-PID-START), and
// below that one cgroup a box. Works on version 1 (controllers apart) and version 2 (one tree, delegated to us).
// What a dead grader left behind is removed at the next start. Theory: README.md.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "grader/sandbox/cgroup_files.hpp"
#include "grader/sandbox/descriptor.hpp"

namespace kiln::grader {

/// A cgroup of our own in one hierarchy, and what it can bound.
struct CgroupPlace {
  std::filesystem::path parent;  ///< the cgroup that this process was started in
  std::filesystem::path home;    ///< ours in it
  int version = 0;
  bool memory = false, pids = false;
};

/// One box's cgroup, in each hierarchy that has one. Empty where this machine gives none.
class CgroupBox {
 public:
  CgroupBox() = default;
  CgroupBox(CgroupBox&&) noexcept = default;
  CgroupBox& operator=(CgroupBox&&) noexcept;
  ~CgroupBox() { finish(); }

  explicit operator bool() const { return !directories_.empty(); }
  /// For `kiln-sandbox --cgroup`, which makes one below for itself.
  const std::vector<std::string>& directories() const { return directories_; }
  /// Files open for writing: a process that writes "0" into each is in.
  const std::vector<Descriptor>& entrances() const { return entrances_; }
  /// Of version 2, where a child can be born inside; none else.
  const Descriptor& cradle() const { return cradle_; }

  /// Kills what is left in it, waits until it is empty, and removes it. A second call does nothing.
  GroupUsage finish();
  /// Why finish() could not remove it; "" where it did.
  const std::string& problem() const { return problem_; }

 private:
  friend class Cgroups;
  const CgroupSystem* system_ = nullptr;
  std::vector<std::string> directories_;
  std::vector<Descriptor> entrances_;
  Descriptor cradle_;
  std::string problem_;
};

class Cgroups {
 public:
  /// Those of this process, made at the first call and removed at its end.
  static Cgroups& ours();

  /// `root` is put before /proc and before the mounts that are found there: "" but for tests.
  explicit Cgroups(const std::string& root = "", const CgroupSystem& system = real_cgroups());
  ~Cgroups();
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;

  bool bounds_memory() const;
  bool bounds_tasks() const;
  /// "version 1, /sys/fs/cgroup/pids/kiln-1-2" or why there is none; `controller` is "memory" or "pids".
  std::string describe(const std::string& controller) const;

  /// A cgroup with these limits. A divided one holds cgroups: what joins it goes into one of its own below, so that
  /// others may lie beside. Empty where there are no cgroups at all; `problem` says where one could be had and failed.
  CgroupBox make(const GroupLimits& limits, bool divided, std::string& problem);

 private:
  void settle(CgroupPlace place);
  std::string divide(CgroupPlace& place);
  void leave(CgroupPlace& place);

  const CgroupSystem& system_;
  std::string self_;  ///< this process's number, for cgroup.procs
  std::vector<CgroupPlace> places_;
  std::vector<Descriptor> locks_;
  std::string missing_memory_ = "no such controller for this process", missing_pids_ = missing_memory_;
  std::atomic<unsigned> next_ = 0;
};

}  // namespace kiln::grader
