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

/// Milliseconds until `deadline`, rounded up, for poll(); -1 where there is none.
int remaining(std::optional<Clock::time_point> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(std::min<long long>(left, 1 << 30));
}

/// Whether the child has ended. Leaves it a zombie, so that its number stays taken.
bool has_ended(pid_t pid) {
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0)
    if (errno != EINTR) return true;
  return info.si_pid != 0;
}

/// Waits until the child ends by itself (exited), or should be killed (timed_out, cancelled).
End watch(const Spawned& child, std::optional<Clock::time_point> deadline, Capture& capture) {
  pollfd watched[3] = {
      {child.output.get(), POLLIN, 0}, {child.handle.get(), POLLIN, 0}, {stop_descriptor(), POLLIN, 0}};
  while (true) {
    if (poll(watched, 3, remaining(deadline)) < 0 && errno != EINTR) return End::cancelled;
    if (watched[1].revents != 0) return End::exited;
    if (stop_requested()) return has_ended(child.pid) ? End::exited : End::cancelled;
    if (deadline && Clock::now() >= *deadline) return has_ended(child.pid) ? End::exited : End::timed_out;
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
  const End end = watch(child, deadline, capture);

  // Kill the group before reaping: the zombie keeps its number from being reused, and a zombie's status cannot change.
  kill(-child.pid, SIGKILL);
  int status = 0;
  rusage usage{};
  while (wait4(child.pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
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
