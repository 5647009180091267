// kiln-sandbox: puts limits, a filter and an empty root around one static program, and becomes it.
// Used as a prefix: kiln-sandbox worker --memory-mb 512 -- PROGRAM ARGUMENTS. Never forks but for one short trial,
// so whoever starts it watches the box itself. Theory: README.md.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grader/sandbox/cgroup_files.hpp"
#include "grader/sandbox/layers.hpp"
#include "grader/sandbox/limits.hpp"
#include "grader/sandbox/process.hpp"
#include "grader/sandbox/profile.hpp"
#include "grader/sandbox/seccomp.hpp"

namespace {

using namespace kiln::grader;

constexpr int kWrongCall = 2;
/// bubblewrap outside of the box, and the first process in it; and memory for both.
constexpr std::uint64_t kBubblewrapTasks = 2, kBubblewrapMegabytes = 32;

constexpr char kUsage[] =
    "usage: kiln-sandbox worker|sanitized-worker [OPTION...] -- PROGRAM [ARGUMENT...]\n"
    "Runs a static PROGRAM in an empty root, or one with sanitizers beside its libraries and /proc. Descriptors for "
    "sockets, pipes and anonymous memory are passed on.\n"
    "  --memory-mb N     memory it may have (512)\n"
    "  --arena-mb N      further address space, for shared memory that is mapped but not its own (0)\n"
    "  --stack-mb N      stack of its main thread (16)\n"
    "  --cpu-seconds N   CPU time from start to end (600)\n"
    "  --output-bytes N  largest file that it may write through an inherited descriptor (1048576)\n"
    "  --threads N       threads it may have, its first one counted; any further one fails with EAGAIN (1)\n"
    "  --cgroup DIR      makes a cgroup in the cgroup DIR and enters it, with limits on memory and threads for the "
    "box\n"
    "                    as a whole; repeat it for each hierarchy. Whoever gave DIR removes it\n"
    "Exit status: the program's, 128 + N where signal N ended it, 120 where this machine has no sandbox.\n";

struct Call {
  std::uint64_t memory_mb = 512, arena_mb = 0, stack_mb = 16, cpu_seconds = 600, output_bytes = 1 << 20, threads = 1;
  bool sanitized = false;
  std::vector<std::string> cgroups;
  std::vector<std::string> command;
};

int complain(int status, const std::string& message) {
  std::fprintf(stderr, "kiln-sandbox: %s\n", message.c_str());
  return status;
}

bool parse_number(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Beyond this the sums in bytes would wrap.
  return error == std::errc() && end == text.data() + text.size() && value < (std::uint64_t{1} << 40);
}

/// Reads the command line; returns "" or what is wrong with it.
std::string parse(const std::vector<std::string>& words, Call& call) {
  const std::pair<std::string_view, std::uint64_t*> numbers[] = {
      {"--memory-mb", &call.memory_mb},     {"--arena-mb", &call.arena_mb},         {"--stack-mb", &call.stack_mb},
      {"--cpu-seconds", &call.cpu_seconds}, {"--output-bytes", &call.output_bytes}, {"--threads", &call.threads},
  };
  if (words.empty() || (words[0] != "worker" && words[0] != "sanitized-worker"))
    return "expected the profile `worker` or `sanitized-worker` first";
  call.sanitized = words[0] == "sanitized-worker";
  std::size_t i = 1;
  for (; i < words.size() && words[i] != "--"; ++i) {
    const auto* number = std::find_if(std::begin(numbers), std::end(numbers),
                                      [&](const auto& entry) { return entry.first == words[i]; });
    if (number != std::end(numbers)) {
      if (++i == words.size() || !parse_number(words[i], *number->second))
        return words[i - 1] + " needs a whole number" + (i < words.size() ? ", not `" + words[i] + "`" : "");
    } else if (words[i] == "--cgroup") {
      if (++i == words.size()) return "--cgroup needs a directory";
      call.cgroups.push_back(words[i]);
    } else {
      return "unknown option `" + words[i] + "`";
    }
  }
  if (call.threads == 0) return "--threads counts the first one: it is at least 1";
  call.command.assign(words.begin() + static_cast<std::ptrdiff_t>(std::min(i + 1, words.size())), words.end());
  return call.command.empty() ? "expected `-- PROGRAM`" : "";
}

/// Whether a descriptor may enter the box: sockets, pipes and memory may, and nothing that has a name on the host.
bool may_enter(int number) {
  struct stat info {};
  if (fstat(number, &info) != 0) return false;
  if (S_ISREG(info.st_mode)) return info.st_nlink == 0;
  return !S_ISDIR(info.st_mode) && !S_ISCHR(info.st_mode) && !S_ISBLK(info.st_mode) && !S_ISLNK(info.st_mode);
}

/// Marks whatever may not enter to be closed on exec. stdout and stderr stay; stdin becomes empty unless it may.
bool seal_descriptors() {
  if (!may_enter(0)) {
    const int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0) return false;
    if (null > 2) close(null);
  }
  const int limit = static_cast<int>(std::min<long>(sysconf(_SC_OPEN_MAX), 4096));
  for (int number = 3; number < limit; ++number) {
    const int flags = fcntl(number, F_GETFD);
    if (flags >= 0 && !may_enter(number)) fcntl(number, F_SETFD, flags | FD_CLOEXEC);
  }
  return limit <= 3 || syscall(SYS_close_range, static_cast<unsigned>(limit), ~0u, 0) == 0;
}

Limits limits_of(const Call& call) {
  constexpr std::uint64_t kMiB = 1 << 20;
  Limits limits;
  // A sanitizer maps terabytes of shadow; its own watch over the memory in use stands in for these limits.
  if (!call.sanitized) {
    limits.address_space = (call.memory_mb + call.arena_mb) * kMiB;
    limits.data_bytes = call.memory_mb * kMiB;
  }
  limits.cpu_seconds = call.cpu_seconds;
  // The program itself is written into its box under this limit.
  limits.file_bytes = call.sanitized ? std::max<std::uint64_t>(call.output_bytes, 256 * kMiB) : call.output_bytes;
  limits.open_files = 256;
  limits.stack_bytes = call.stack_mb * kMiB;
  // Its threads, and the two processes of bubblewrap.
  if (call.threads > 1) limits.processes = call.threads + kBubblewrapTasks;
  return limits;
}

/// The box's command line, and in `opened` what it keeps open. An empty line: `problem` says why.
std::vector<std::string> box_of(const Call& call, const std::string& bubblewrap, const std::string& worker, int filter,
                                Descriptor& opened, std::string& problem) {
  const std::vector<std::string> arguments(call.command.begin() + 1, call.command.end());
  if (!call.sanitized) return command_line(WorkerBox{bubblewrap, worker, arguments, filter});
  opened = Descriptor(open(worker.c_str(), O_RDONLY));
  if (!opened) {
    problem = "cannot open " + worker + ": " + std::strerror(errno);
    return {};
  }
  // A sanitizer's shadow lies at fixed addresses, which a randomly placed program may occupy. Where this is refused,
  // nearly every start succeeds all the same.
  personality(ADDR_NO_RANDOMIZE);
  return command_line(SanitizedBox{bubblewrap, opened.get(), arguments, call.memory_mb, filter});
}

/// Enters a new cgroup below `parent`. Returns "" or what failed.
std::string enter_cgroup(const std::string& parent, const Call& call) {
  // A process of the same number may have been here before: what it left is removed later.
  std::string group;
  const std::string name = parent + "/worker-" + std::to_string(getpid());
  for (int attempt = 0; attempt < 1000; ++attempt) {
    group = attempt == 0 ? name : name + "-" + std::to_string(attempt);
    if (mkdir(group.c_str(), 0755) == 0) break;
    if (errno != EEXIST) return "cannot make the cgroup " + group + ": " + std::strerror(errno);
  }
  const GroupLimits limits{(call.memory_mb + kBubblewrapMegabytes) << 20, call.threads + kBubblewrapTasks};
  if (std::string problem = limit_group(group, limits); !problem.empty()) return problem;
  const int error = write_group_file(group + "/cgroup.procs", "0");
  return error == 0 ? "" : "cannot enter the cgroup " + group + ": " + std::strerror(error);
}

/// A user namespace around bubblewrap's own: the limit on a user's processes counts by namespace, so that in here it
/// counts this box alone. Kernels before 5.14 count the user as a whole; there the limit would stop all that he does.
/// Returns 0 or the errno.
int count_apart(Limits& limits) {
  utsname system{};
  int major = 0, minor = 0;
  if (uname(&system) != 0 || std::sscanf(system.release, "%d.%d", &major, &minor) != 2 ||
      std::pair(major, minor) < std::pair(5, 14)) {
    limits.processes.reset();
    return 0;
  }
  const std::string user = std::to_string(geteuid()), group = std::to_string(getegid());
  if (unshare(CLONE_NEWUSER) != 0) return errno;
  int error = write_group_file("/proc/self/uid_map", user + " " + user + " 1");
  if (error == 0) error = write_group_file("/proc/self/setgroups", "deny");
  if (error == 0) error = write_group_file("/proc/self/gid_map", group + " " + group + " 1");
  return error;
}

/// What does not depend on the call: end with the parent, and be the first to go where the machine runs out of memory.
void be_expendable() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  write_group_file("/proc/self/oom_score_adj", "1000");
}

int enter(const Call& call) {
  be_expendable();
  const std::string bubblewrap = find_program("bwrap");
  if (bubblewrap.empty()) return complain(kNoSandbox, "no program `bwrap` in PATH; install the package `bubblewrap`");
  if (const int error = try_user_namespace())
    return complain(kNoSandbox, std::string("cannot make a user namespace: ") + std::strerror(error) +
                                    "; `kiln doctor` says what to do");
  const std::string worker = find_program(call.command[0]);
  if (worker.empty()) return complain(kNoSandbox, "no such program: " + call.command[0] + "; build it first");

  if (!seal_descriptors()) return complain(kNoSandbox, std::string("cannot seal descriptors: ") + std::strerror(errno));
  const Filter filter = make_filter(call.sanitized     ? FilterKind::sanitized
                                    : call.threads > 1 ? FilterKind::worker_threads
                                                       : FilterKind::worker);
  if (!filter.file) return complain(kNoSandbox, filter.problem + "; `kiln doctor` says what to do");
  fcntl(filter.file.get(), F_SETFD, 0);

  Descriptor opened;
  std::string problem;
  const std::vector<std::string> line = box_of(call, bubblewrap, worker, filter.file.get(), opened, problem);
  if (line.empty()) return complain(kNoSandbox, problem);
  std::vector<char*> arguments;
  for (const std::string& word : line) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  for (const std::string& parent : call.cgroups)
    if (const std::string problem = enter_cgroup(parent, call); !problem.empty()) return complain(kNoSandbox, problem);
  Limits limits = limits_of(call);
  if (const int error = call.threads > 1 ? count_apart(limits) : 0)
    return complain(kNoSandbox, std::string("cannot count threads in a user namespace: ") + std::strerror(error));
  if (const int error = apply(limits))
    return complain(kNoSandbox, std::string("cannot set resource limits: ") + std::strerror(error));
  execv(arguments[0], arguments.data());
  return complain(kNoSandbox, "cannot execute " + bubblewrap + ": " + std::strerror(errno));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 && words[0] == "--help") return std::fputs(kUsage, stdout) < 0;
  Call call;
  const std::string problem = parse(words, call);
  if (!problem.empty()) return complain(kWrongCall, problem + "\n" + kUsage);
  return enter(call);
}
