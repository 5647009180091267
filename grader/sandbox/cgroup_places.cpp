// A mount shows a part of a hierarchy, and a process stands somewhere in the whole of it: both must be put together.
// Formats: proc(5), cgroups(7).
#include "grader/sandbox/cgroup_places.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> words;
  std::stringstream stream(text);
  for (std::string word; std::getline(stream, word, at);) words.push_back(word);
  return words;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct Mounted {
  std::string shown;  ///< the cgroup that the mount point shows
  fs::path point;
  int version = 0;
  std::vector<std::string> controllers;  ///< of version 1
};

std::vector<Mounted> read_mounts(const std::string& root) {
  std::vector<Mounted> mounts;
  std::ifstream file(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    // 24 18 0:22 SHOWN POINT rw,relatime [optional...] - TYPE SOURCE OPTIONS
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const auto left = split(line.substr(0, dash), ' '), right = split(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.empty() || (right[0] != "cgroup" && right[0] != "cgroup2")) continue;
    Mounted mount{left[3], root + left[4], right[0] == "cgroup2" ? 2 : 1, {}};
    if (mount.version == 1 && right.size() > 2) mount.controllers = split(right[2], ',');
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

/// The directory of cgroup `path` below a mount, "" where the mount does not show it.
fs::path directory_in(const Mounted& mount, const std::string& path) {
  if (mount.shown == "/") return mount.point / path.substr(1);
  if (path == mount.shown) return mount.point;
  if (path.starts_with(mount.shown + "/")) return mount.point / path.substr(mount.shown.size() + 1);
  return "";
}

}  // namespace

std::vector<CgroupPlace> find_cgroup_places(const std::string& root) {
  std::vector<CgroupPlace> places;
  const std::vector<Mounted> mounts = read_mounts(root);
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    // ID:CONTROLLERS:PATH; version 2 has none in the middle
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos || line.compare(second + 1, 1, "/") != 0) continue;
    const auto names = split(line.substr(first + 1, second - first - 1), ',');
    for (const Mounted& mount : mounts) {
      CgroupPlace place;
      place.version = names.empty() ? 2 : 1;
      if (mount.version != place.version || (!names.empty() && !contains(mount.controllers, names[0]))) continue;
      place.parent = directory_in(mount, line.substr(second + 1));
      if (place.parent.empty()) continue;
      std::vector<std::string> controllers = names;
      if (place.version == 2) {
        std::ifstream list(place.parent / "cgroup.controllers");
        for (std::string word; list >> word;) controllers.push_back(word);
      }
      place.memory = contains(controllers, "memory");
      place.pids = contains(controllers, "pids");
      if (place.memory || place.pids) places.push_back(place);
      break;
    }
  }
  return places;
}

}  // namespace kiln::grader
