// The files of one cgroup, alike for version 1 and 2 of the hierarchy: limits, counts, killing, removing.
// What a cgroup can do is seen by the files that it has. See cgroups(7) and the kernel's admin-guide/cgroup-v2.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace kiln::grader {

/// How a directory is made and removed. A test puts something between, because a plain directory has no cgroup's files.
struct CgroupSystem {
  std::function<int(const char*)> make;    ///< 0 or -1, as mkdir()
  std::function<int(const char*)> remove;  ///< 0 or -1, as rmdir()
};
const CgroupSystem& real_cgroups();

/// Of a box as a whole; 0: none.
struct GroupLimits {
  std::uint64_t memory_bytes = 0;  ///< with what lies in files of memory, and with swap
  std::uint64_t tasks = 0;         ///< processes and threads
};

/// What the kernel counted in a cgroup and those below it.
struct GroupUsage {
  std::uint64_t memory_kills = 0;           ///< processes that were killed because memory ran out
  std::optional<std::uint64_t> peak_bytes;  ///< most memory at one time
  std::optional<double> cpu_seconds;        ///< version 2 only
};

/// Writes one value into a file that is there. Returns 0 or the errno.
int write_group_file(const std::filesystem::path& file, const std::string& value);

/// Sets what the cgroup has a controller for; swap is refused where it is counted. Returns "" or what failed.
std::string limit_group(const std::filesystem::path& group, const GroupLimits& limits);

GroupUsage read_usage(const std::filesystem::path& group);

/// Kills all that is in the cgroup or below, waits until it is empty, and removes it. Returns "" or what is left and
/// why.
std::string remove_group(const std::filesystem::path& group, const CgroupSystem& system);

}  // namespace kiln::grader
