// Stopping a worker with all its threads, and letting it go on. SIGSTOP stops a process as a whole, but not at once: a
// thread stands still when the kernel says that it does. Once the first thread has stopped, no further one can start.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "worker/process.hpp"

namespace kiln::worker {

namespace {

using Clock = std::chrono::steady_clock;

// A thread inside of a long system call of the kernel stops when that is over.
constexpr std::chrono::seconds kPatience{10};

/// The letter for what a thread does ("T" for stopped), from its file `stat` below `directory`; 'X' where it is gone.
char state_of(int directory, const char* file) {
  const Descriptor stat(openat(directory, file, O_RDONLY | O_CLOEXEC));
  char text[256];
  const ssize_t got = stat.get() < 0 ? -1 : ::read(stat.get(), text, sizeof text - 1);
  if (got <= 0) return 'X';
  text[got] = '\0';
  // "1234 (name) S ...": the name may hold parentheses of its own.
  const char* end = std::strrchr(text, ')');
  return end != nullptr && end[1] == ' ' ? end[2] : 'X';
}

/// Waits until the thread stands still or is gone. Returns whether it stands still.
bool await_stop(int directory, const char* file, Clock::time_point deadline) {
  while (true) {
    const char state = state_of(directory, file);
    if (state == 'T' || state == 't') return true;
    if (state == 'Z' || state == 'X') return false;
    if (Clock::now() >= deadline)
      throw Error(ErrorKind::judge, "a worker's thread did not stop within " + std::to_string(kPatience.count()) +
                                        " s of SIGSTOP: is this machine overloaded?");
    sched_yield();
  }
}

}  // namespace

void WorkerProcess::signal_worker(int signal) {
  syscall(SYS_pidfd_send_signal, worker_handle_.get(), signal, nullptr, 0);
}

void WorkerProcess::freeze() {
  if (worker_pid_ == 0) return;
  signal_worker(SIGSTOP);
  frozen_ = true;
  const Clock::time_point deadline = Clock::now() + kPatience;
  const std::string path = "/proc/" + std::to_string(worker_pid_) + "/task";
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(opendir(path.c_str()), &closedir);
  if (!tasks) return;
  const int directory = dirfd(tasks.get());
  // The list is whole once one thread has stopped. Where the first has ended, the others must be listed again.
  bool whole = await_stop(directory, (std::to_string(worker_pid_) + "/stat").c_str(), deadline);
  for (bool again = true; again; rewinddir(tasks.get())) {
    again = !whole;
    while (const dirent* entry = readdir(tasks.get()))
      if (entry->d_name[0] != '.') await_stop(directory, (std::string(entry->d_name) + "/stat").c_str(), deadline);
    whole = true;
  }
}

void WorkerProcess::thaw() {
  if (frozen_) signal_worker(SIGCONT);
  frozen_ = false;
}

}  // namespace kiln::worker
