// The second half of run(): wait for output, the end, the limit or a stop; then kill what is left and reap.
#include "grader/sandbox/process.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "grader/sandbox/capture.hpp"
#include "grader/sandbox/session.hpp"
#include "grader/sandbox/spawn.hpp"
#include "grader/sandbox/stop.hpp"

namespace kiln::grader {
namespace {

using Clock = std::chrono::steady_clock;
using End = ProcessResult::End;

/// Reads what is there, at most `rounds` times 64 KiB. False at the end of the stream.
bool drain(int descriptor, Capture& capture, int rounds) {
  static thread_local char buffer[1 << 16];
  while (rounds > 0) {
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    capture.append({buffer, static_cast<std::size_t>(got)});
    --rounds;
  }
  return true;
}

/// How often boxes are looked at that no cgroup bounds. With 150 processes on the machine a look takes 0.07 ms.
constexpr std::chrono::milliseconds kLookInterval{50};

/// Milliseconds until `deadline`, rounded up, for poll(); -1 where there is none.
int remaining(std::optional<Clock::time_point> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(std::min<long long>(left, 1 << 30));
}

/// How the child has ended, CLD_EXITED or another; 0 while it runs. Leaves it a zombie, so that its number stays taken.
int how_ended(pid_t pid) {
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0)
    if (errno != EINTR) return CLD_KILLED;
  return info.si_pid != 0 ? info.si_code : 0;
}

bool has_ended(pid_t pid) { return how_ended(pid) != 0; }

/// The watcher, if one is asked for, and when it looks next.
struct Lookout {
  std::optional<Watcher> watcher;
  Exceeded exceeded = Exceeded::nothing;
  Clock::time_point next = Clock::now() + kLookInterval;

  std::optional<Clock::time_point> earlier(std::optional<Clock::time_point> deadline) const {
    return watcher && (!deadline || next < *deadline) ? next : deadline;
  }
  void look() {
    if (!watcher || Clock::now() < next) return;
    if (const Exceeded found = watcher->look(); found != Exceeded::nothing) exceeded = found;
    next = Clock::now() + kLookInterval;
  }
};

/// Waits until the child ends by itself (exited), or should be killed (timed_out, cancelled).
End watch(const Spawned& child, std::optional<Clock::time_point> deadline, Capture& capture, Lookout& lookout) {
  pollfd watched[3] = {
      {child.output.get(), POLLIN, 0}, {child.handle.get(), POLLIN, 0}, {stop_descriptor(), POLLIN, 0}};
  while (true) {
    if (poll(watched, 3, remaining(lookout.earlier(deadline))) < 0 && errno != EINTR) return End::cancelled;
    if (watched[1].revents != 0) return End::exited;
    if (stop_requested()) return has_ended(child.pid) ? End::exited : End::cancelled;
    if (deadline && Clock::now() >= *deadline) return has_ended(child.pid) ? End::exited : End::timed_out;
    lookout.look();
    // A child may close its output and live on: poll() ignores negative descriptors.
    if (watched[0].revents != 0 && !drain(child.output.get(), capture, 1)) watched[0].fd = -1;
  }
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

ProcessResult run(const std::vector<std::string>& command, const ProcessOptions& options) {
  ProcessResult result;
  if (stop_requested()) {
    result.end = End::cancelled;
    return result;
  }
  const auto start = Clock::now();
  const Spawned child = spawn(command, options);
  if (child.pid < 0) {
    result.code = child.error;
    result.output = child.problem;
    return result;
  }
  std::optional<Clock::time_point> deadline;
  if (options.wall_limit.count() > 0) deadline = start + options.wall_limit;

  Capture capture(options.output_limit);
  Lookout lookout;
  if (options.watch) lookout.watcher.emplace(child.pid, *options.watch);
  const End end = watch(child, deadline, capture, lookout);

  // Kill the group before reaping: the zombie keeps its number from being reused, and a zombie's status cannot change.
  // What it started in groups of their own had no time to follow where it did not end by itself.
  const bool orderly = how_ended(child.pid) == CLD_EXITED;
  kill(-child.pid, SIGKILL);
  if (!orderly) kill_session(child.pid);
  int status = 0;
  rusage usage{};
  while (wait4(child.pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  if (options.box) result.usage = options.box->finish();
  result.exceeded = result.usage.memory_kills > 0 ? Exceeded::memory : lookout.exceeded;
  // What it wrote last is still in the pipe; whoever else holds the pipe does not get more than this.
  drain(child.output.get(), capture, 64);

  result.end = end == End::exited && WIFSIGNALED(status) ? End::signalled : end;
  if (end == End::exited) result.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  result.truncated = capture.truncated();
  result.output = capture.text();
  result.wall_seconds = std::chrono::duration<double>(Clock::now() - start).count();
  result.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  result.peak_rss_bytes = std::int64_t{usage.ru_maxrss} * 1024;
  return result;
}

std::string ProcessResult::describe() const {
  switch (end) {
    case End::exited: return "exited with status " + std::to_string(code);
    case End::signalled: return "was killed by signal " + std::to_string(code) + " (" + strsignal(code) + ")";
    case End::timed_out: {
      char text[64];
      std::snprintf(text, sizeof text, "was stopped after %.1f s", wall_seconds);
      return text;
    }
    case End::cancelled: return "was cancelled";
    case End::not_started: break;
  }
  return "did not start (" + output + ")";
}

}  // namespace kiln::grader
