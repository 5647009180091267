// Fork and exec. Between the two only async-signal-safe calls are made, because the grader has threads.
#include "grader/sandbox/spawn.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace kiln::grader {
namespace {

/// What the child needs, laid out before the fork.
struct Plan {
  std::string program;
  std::vector<char*> arguments, environment;
  const ProcessOptions* options;
  int output, report;
  pid_t parent;
  bool born_inside = false;  ///< of the cgroup already
};

/// What the child writes before it gives up: which step failed, and why.
struct Failure {
  enum Step : int { none, redirect, join, limit, directory, execute } step = none;
  int error = 0;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

/// Runs in the child; returns only on failure.
Failure become(const Plan& plan) {
  // Start from the default of every signal, whatever the grader blocks or ignores.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &standard, nullptr);

  // Lead a session of its own, so that one signal reaches all that it starts; die with the grader.
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != plan.parent) _exit(127);

  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || dup2(null, 0) < 0 || dup2(plan.output, 1) < 0 || dup2(plan.output, 2) < 0)
    return {Failure::redirect, errno};
  // Whoever started the grader may have left descriptors open: none passes but what is named.
  if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) != 0) return {Failure::redirect, errno};
  for (int number : plan.options->keep)
    if (fcntl(number, F_SETFD, 0) != 0) return {Failure::redirect, errno};
  if (plan.options->box)
    for (const Descriptor& entrance : plan.options->box->entrances())
      if (!plan.born_inside && write(entrance.get(), "0", 1) != 1) return {Failure::join, errno};
  const std::string& directory = plan.options->directory;
  if (!directory.empty() && chdir(directory.c_str()) != 0) return {Failure::directory, errno};
  if (const int error = apply(plan.options->limits)) return {Failure::limit, error};
  execve(plan.program.c_str(), plan.arguments.data(), plan.environment.data());
  return {Failure::execute, errno};
}

Spawned refuse(const std::string& what, int error) {
  Spawned spawned;
  spawned.error = error;
  spawned.problem = what + ": " + std::strerror(error);
  return spawned;
}

std::string describe(const Failure& failure, const Plan& plan) {
  switch (failure.step) {
    case Failure::redirect: return "cannot set up the descriptors of " + plan.program;
    case Failure::join: return "cannot put " + plan.program + " into its cgroup";
    case Failure::limit: return "cannot set the resource limits of " + plan.program;
    case Failure::directory: return "cannot enter the directory " + plan.options->directory;
    default: return "cannot execute " + plan.program;
  }
}

bool make_pipe(Descriptor& reading, Descriptor& writing) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  reading = Descriptor(ends[0]);
  writing = Descriptor(ends[1]);
  return true;
}

/// Lays out everything that the child will touch. `program` stays empty where there is none.
Plan lay_out(const std::vector<std::string>& command, const ProcessOptions& options) {
  Plan plan;
  plan.program = command.empty() ? "" : find_program(command[0]);
  plan.arguments = pointers(command);
  if (options.environment) {
    plan.environment = pointers(*options.environment);
  } else {
    for (char** entry = environ; *entry; ++entry) plan.environment.push_back(*entry);
    plan.environment.push_back(nullptr);
  }
  plan.options = &options;
  plan.parent = getpid();
  return plan;
}

/// Waits until the child has executed its program, which closes the report unwritten, or says why it could not.
Failure await_exec(int report) {
  Failure failure;
  ssize_t got;
  while ((got = read(report, &failure, sizeof failure)) < 0 && errno == EINTR) {
  }
  if (got < 0) return {Failure::execute, errno};
  return got == 0 ? Failure{} : failure;
}

/// To be born in a cgroup costs little; to move into one may wait until all processors have passed a quiet point, some
/// milliseconds. Version 1 knows moving only.
pid_t fork_into(Plan& plan) {
  const CgroupBox* box = plan.options->box;
  if (!box || !box->cradle()) return fork();
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<std::uint64_t>(box->cradle().get());
  plan.born_inside = true;
  const long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid >= 0) return static_cast<pid_t>(pid);
  plan.born_inside = false;
  return fork();
}

}  // namespace

Spawned spawn(const std::vector<std::string>& command, const ProcessOptions& options) {
  Plan plan = lay_out(command, options);
  if (plan.program.empty())
    return refuse("no such program: " + (command.empty() ? "(empty command)" : command[0]), ENOENT);
  Descriptor output, output_writer, report, report_writer;
  if (!make_pipe(output, output_writer) || !make_pipe(report, report_writer))
    return refuse("cannot make a pipe", errno);
  fcntl(output.get(), F_SETFL, O_NONBLOCK);
  plan.output = output_writer.get();
  plan.report = report_writer.get();

  const pid_t pid = fork_into(plan);
  if (pid < 0) return refuse("cannot fork", errno);
  if (pid == 0) {
    const Failure failure = become(plan);
    [[maybe_unused]] const ssize_t told = write(plan.report, &failure, sizeof failure);
    _exit(127);
  }

  report_writer.reset();
  const Failure failure = await_exec(report.get());
  Descriptor handle(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const int error = failure.step != Failure::none ? failure.error : errno;
  if (failure.step != Failure::none || !handle) {
    kill(pid, SIGKILL);
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return refuse(handle ? describe(failure, plan) : "cannot watch " + plan.program, error);
  }
  Spawned spawned;
  spawned.pid = pid;
  spawned.handle = std::move(handle);
  spawned.output = std::move(output);
  return spawned;
}

}  // namespace kiln::grader
