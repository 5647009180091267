// Field 6 of /proc/PID/stat names the session.
#include "grader/sandbox/session.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "grader/sandbox/descriptor.hpp"

namespace kiln::grader {
namespace {

/// Each round finds what was started before the round before ended; a bomb of forks needs more than one.
constexpr int kMostRounds = 100;

/// Whether the process belongs to the session and still runs.
bool runs_in(pid_t session, const char* process) {
  const Descriptor file(open((std::string("/proc/") + process + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  char text[1024];
  const ssize_t got = file ? read(file.get(), text, sizeof text - 1) : -1;
  if (got <= 0) return false;
  text[got] = '\0';
  const char* end = std::strrchr(text, ')');
  char state = 0;
  int parent = 0, group = 0, of = 0;
  return end && std::sscanf(end + 1, " %c %d %d %d", &state, &parent, &group, &of) == 4 && of == session &&
         state != 'Z' && state != 'X';
}

}  // namespace

void kill_session(pid_t leader) {
  bool found = true;
  for (int round = 0; found && round < kMostRounds; ++round) {
    found = false;
    const std::unique_ptr<DIR, int (*)(DIR*)> processes(opendir("/proc"), &closedir);
    while (const dirent* entry = processes ? readdir(processes.get()) : nullptr) {
      const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
      if (pid <= 0 || pid == leader || !runs_in(leader, entry->d_name)) continue;
      kill(pid, SIGKILL);
      found = true;
    }
  }
}

}  // namespace kiln::grader
