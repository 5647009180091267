// Settling down in a hierarchy, the boxes, and leaving it as it was.
#include "grader/sandbox/cgroup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "grader/sandbox/cgroup_places.hpp"
#include "grader/sandbox/owner.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

/// Where a process of ours lives that may not stand in a divided cgroup.
constexpr const char* kOwnGroup = "judge";

std::string controllers(const CgroupPlace& place, char sign) {
  std::string words;
  if (place.memory) words += std::string(1, sign) + "memory";
  if (place.pids) words += std::string(words.empty() ? "" : " ") + sign + "pids";
  return words;
}

std::string failed(const std::string& what, const fs::path& where, int error) {
  return "cannot " + what + " " + where.string() + ": " + std::strerror(error);
}

/// What graders left that were killed. One that lives holds its lock, also where its number says nothing to us.
void sweep(const fs::path& parent, const CgroupSystem& system) {
  std::error_code error;
  for (fs::directory_iterator at(parent, error), end; !error && at != end; at.increment(error))
    if (is_of_dead_owner(at->path().filename().string()) && lock_directory(at->path()))
      remove_group(at->path(), system);
}

}  // namespace

CgroupBox& CgroupBox::operator=(CgroupBox&& other) noexcept {
  finish();
  system_ = other.system_;
  directories_ = std::exchange(other.directories_, {});
  entrances_ = std::move(other.entrances_);
  cradle_ = std::move(other.cradle_);
  problem_ = std::move(other.problem_);
  return *this;
}

GroupUsage CgroupBox::finish() {
  GroupUsage usage;
  entrances_.clear();
  cradle_.reset();
  for (const std::string& directory : std::exchange(directories_, {})) {
    const GroupUsage part = read_usage(directory);
    usage.memory_kills += part.memory_kills;
    if (part.peak_bytes) usage.peak_bytes = part.peak_bytes;
    if (part.cpu_seconds) usage.cpu_seconds = part.cpu_seconds;
    if (const std::string left = remove_group(directory, *system_); !left.empty()) problem_ = left;
  }
  return usage;
}

Cgroups& Cgroups::ours() {
  static Cgroups cgroups;
  return cgroups;
}

Cgroups::Cgroups(const std::string& root, const CgroupSystem& system)
    : system_(system), self_(std::to_string(getpid())) {
  for (CgroupPlace& place : find_cgroup_places(root)) settle(std::move(place));
}

Cgroups::~Cgroups() {
  // A child that was forked and did not exec must not take the home away.
  if (self_ != std::to_string(getpid())) return;
  for (CgroupPlace& place : places_) leave(place);
}

void Cgroups::settle(CgroupPlace place) {
  std::string problem;
  sweep(place.parent, system_);
  place.home = place.parent / owner_name();
  if (system_.make(place.home.c_str()) != 0)
    problem = failed("make", place.home, errno);
  else if (place.version == 2)
    problem = divide(place);
  if (problem.empty()) {
    locks_.push_back(lock_directory(place.home));
    places_.push_back(std::move(place));
    return;
  }
  if (place.memory) missing_memory_ = problem;
  if (place.pids) missing_pids_ = problem;
}

// Version 2 hands a controller on only below a cgroup without processes. So we move out of the one that we were started
// in, into one below our home; where others live there as well, it cannot be divided.
std::string Cgroups::divide(CgroupPlace& place) {
  const fs::path own = place.home / kOwnGroup;
  int error = system_.make(own.c_str()) == 0 ? 0 : errno;
  if (error == 0) error = write_group_file(own / "cgroup.procs", self_);
  if (error == 0) error = write_group_file(place.parent / "cgroup.subtree_control", controllers(place, '+'));
  if (error == 0) error = write_group_file(place.home / "cgroup.subtree_control", controllers(place, '+'));
  if (error == 0) return "";
  leave(place);
  return error == EBUSY ? "other processes live in " + place.parent.string() : failed("divide", place.parent, error);
}

void Cgroups::leave(CgroupPlace& place) {
  if (place.version == 2) {
    write_group_file(place.home / "cgroup.subtree_control", controllers(place, '-'));
    // Fails where another grader still needs it; then we stay below, and whoever comes next removes our home.
    if (write_group_file(place.parent / "cgroup.subtree_control", controllers(place, '-')) == 0)
      write_group_file(place.parent / "cgroup.procs", self_);
    system_.remove((place.home / kOwnGroup).c_str());
  }
  system_.remove(place.home.c_str());
}

bool Cgroups::bounds_memory() const {
  return std::any_of(places_.begin(), places_.end(), [](const CgroupPlace& place) { return place.memory; });
}

bool Cgroups::bounds_tasks() const {
  return std::any_of(places_.begin(), places_.end(), [](const CgroupPlace& place) { return place.pids; });
}

std::string Cgroups::describe(const std::string& controller) const {
  for (const CgroupPlace& place : places_)
    if (controller == "memory" ? place.memory : place.pids)
      return "version " + std::to_string(place.version) + ", " + place.home.string();
  return controller == "memory" ? missing_memory_ : missing_pids_;
}

CgroupBox Cgroups::make(const GroupLimits& limits, bool divided, std::string& problem) {
  CgroupBox box;
  box.system_ = &system_;
  const std::string name = "box-" + std::to_string(next_++);
  for (const CgroupPlace& place : places_) {
    const fs::path directory = place.home / name, joined = divided ? directory / kOwnGroup : directory;
    if (system_.make(directory.c_str()) != 0) problem = failed("make", directory, errno);
    if (!problem.empty()) return {};
    box.directories_.push_back(directory);
    problem = limit_group(directory, limits);
    if (problem.empty() && divided && place.version == 2)
      if (const int error = write_group_file(directory / "cgroup.subtree_control", controllers(place, '+')))
        problem = failed("divide", directory, error);
    if (problem.empty() && divided && system_.make(joined.c_str()) != 0) problem = failed("make", joined, errno);
    if (!problem.empty()) return {};
    if (place.version == 2 && places_.size() == 1) {
      box.cradle_ = Descriptor(open(joined.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    box.entrances_.emplace_back(open((joined / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (!box.entrances_.back()) problem = failed("open", joined / "cgroup.procs", errno);
    if (!problem.empty()) return {};
  }
  return box;
}

}  // namespace kiln::grader
