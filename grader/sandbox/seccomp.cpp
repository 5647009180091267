// The lists. A call that is not known to the libseccomp at hand is skipped: the worker's list then refuses it anyway.
#include "grader/sandbox/seccomp.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace kiln::grader {
namespace {

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;

/// What glibc, libstdc++ and the worker's own loop call. execve and wait4 are there for bubblewrap, which runs under
/// the filter itself: it executes the worker (an empty root holds nothing else to execute) and, as the first process
/// of the box, waits for it.
constexpr const char* kWorkerCalls[] = {
    "execve", "wait4", "exit", "exit_group",
    // talk over what was inherited
    "read", "write", "readv", "writev", "pread64", "pwrite64", "recvmsg", "sendmsg", "recvfrom", "sendto", "poll",
    "ppoll", "close", "lseek", "fstat", "newfstatat", "dup",
    // memory
    "munmap", "mprotect", "mremap", "brk", "madvise",
    // signals to itself
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "tgkill",
    // time
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "getrusage",
    // start-up and identity
    "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "futex", "getpid", "gettid", "getrandom", "readlink",
    "readlinkat", "uname", "sched_yield", "sched_getaffinity", "restart_syscall"};

/// What the sanitizers' runtime asks beside: it reads its maps, its own program for line numbers, and its limits.
constexpr const char* kSanitizerCalls[] = {
    "stat",      "lstat",   "statx",          "access",  "faccessat", "faccessat2",     "getcwd",
    "getppid",   "geteuid", "getuid",         "getegid", "getgid",    "sched_getparam", "sched_getscheduler",
    "getrlimit", "mincore", "set_tid_address"};

/// Refused to the compiler: whatever reaches other processes, the network, or seldom-walked paths of the kernel.
constexpr const char* kToolchainRefusals[] = {
    // other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
    "process_madvise",
    // mounts and namespaces
    "mount", "umount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount",
    "open_tree", "mount_setattr", "unshare", "setns", "open_by_handle_at", "name_to_handle_at", "quotactl", "swapon",
    "swapoff", "acct",
    // large or seldom-walked parts of the kernel
    "keyctl", "add_key", "request_key", "bpf", "userfaultfd", "perf_event_open", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "fanotify_init", "lookup_dcookie", "nfsservctl", "personality", "modify_ldt",
    // the machine itself
    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "settimeofday",
    "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "iopl", "ioperm", "syslog", "vhangup",
    "mbind", "migrate_pages", "move_pages", "set_mempolicy", "sched_setscheduler", "sched_setattr"};

constexpr unsigned kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

/// Exactly what glibc's pthread_create asks for.
constexpr unsigned kThreadFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                                  CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

/// Adds `action` for a call by name. Returns 0 or a negative errno.
int rule(const Context& context, std::uint32_t action, const char* name) {
  const int number = seccomp_syscall_resolve_name(name);
  return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(context.get(), action, number, 0);
}

int rule(const Context& context, std::uint32_t action, const char* name, scmp_arg_cmp condition) {
  return seccomp_rule_add_array(context.get(), action, seccomp_syscall_resolve_name(name), 1, &condition);
}

int add_worker_rules(const Context& context, bool threads) {
  int error = 0;
  for (const char* name : kWorkerCalls)
    if (error == 0) error = rule(context, SCMP_ACT_ALLOW, name);
  // The C library asks these in passing and lives with the answer.
  if (error == 0) error = rule(context, SCMP_ACT_ERRNO(ENOTTY), "ioctl");
  // The worker locks its fault handlers with a filter of its own; a filter more can only forbid more.
  if (error == 0) error = rule(context, SCMP_ACT_ALLOW, "prctl", scmp_arg_cmp{0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0});
  if (error == 0)
    error = rule(context, SCMP_ACT_ERRNO(ENOSYS), "prctl", scmp_arg_cmp{0, SCMP_CMP_NE, PR_SET_SECCOMP, 0});
  // Asking about a descriptor is harmless; seals, leases and flags of what is shared with the judge are not.
  for (int question : {F_GETFD, F_SETFD, F_GETFL})
    if (error == 0)
      error =
          rule(context, SCMP_ACT_ALLOW, "fcntl", scmp_arg_cmp{1, SCMP_CMP_EQ, static_cast<scmp_datum_t>(question), 0});
  // Shared memory is what was inherited. New shared memory would escape the limit on private memory.
  constexpr scmp_datum_t kNewShared = MAP_SHARED | MAP_ANONYMOUS;
  for (const scmp_datum_t kind : {scmp_datum_t{0}, scmp_datum_t{MAP_SHARED}, scmp_datum_t{MAP_ANONYMOUS}})
    if (error == 0)
      error = rule(context, SCMP_ACT_ALLOW, "mmap", scmp_arg_cmp{3, SCMP_CMP_MASKED_EQ, kNewShared, kind});
  if (error == 0)
    error = rule(context, SCMP_ACT_ERRNO(ENOMEM), "mmap", scmp_arg_cmp{3, SCMP_CMP_MASKED_EQ, kNewShared, kNewShared});
  // Reading one's own limits is start-up, setting them is not: the third argument must be null.
  if (error == 0) error = rule(context, SCMP_ACT_ALLOW, "prlimit64", scmp_arg_cmp{2, SCMP_CMP_EQ, 0, 0});
  if (error != 0 || !threads) return error;
  // A filter cannot read clone3's arguments; without it glibc falls back to clone.
  error = rule(context, SCMP_ACT_ERRNO(ENOSYS), "clone3");
  if (error == 0) error = rule(context, SCMP_ACT_ALLOW, "clone", scmp_arg_cmp{0, SCMP_CMP_EQ, kThreadFlags, 0});
  return error;
}

int add_sanitizer_rules(const Context& context) {
  int error = add_worker_rules(context, true);
  for (const char* name : kSanitizerCalls)
    if (error == 0) error = rule(context, SCMP_ACT_ALLOW, name);
  // Files for reading only; what there is to read is the program itself, the C library and /proc of its own namespace.
  constexpr scmp_datum_t kNotReading = O_ACCMODE | O_CREAT | O_TRUNC;
  if (error == 0)
    error = rule(context, SCMP_ACT_ALLOW, "open", scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, kNotReading, O_RDONLY});
  if (error == 0)
    error = rule(context, SCMP_ACT_ALLOW, "openat", scmp_arg_cmp{2, SCMP_CMP_MASKED_EQ, kNotReading, O_RDONLY});
  return error;
}

int add_toolchain_rules(const Context& context) {
  int error = 0;
  for (const char* name : kToolchainRefusals)
    if (error == 0) error = rule(context, SCMP_ACT_ERRNO(EPERM), name);
  if (error == 0) error = rule(context, SCMP_ACT_ERRNO(ENOSYS), "clone3");
  // One rule a bit: "any of these bits" is no condition of its own.
  for (unsigned bit = 1; bit != 0 && error == 0; bit <<= 1)
    if (kNewNamespaces & bit)
      error = rule(context, SCMP_ACT_ERRNO(EPERM), "clone", scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, bit, bit});
  if (error == 0) error = rule(context, SCMP_ACT_ERRNO(EPERM), "socket", scmp_arg_cmp{0, SCMP_CMP_NE, AF_UNIX, 0});
  return error;
}

Filter refuse(const char* what, int error) { return {Descriptor(), std::string(what) + ": " + std::strerror(error)}; }

}  // namespace

Filter make_filter(FilterKind kind) {
  const bool toolchain = kind == FilterKind::toolchain, sanitized = kind == FilterKind::sanitized;
  // Trap rather than kill, so that the worker's own handler can name the call before it dies. A sanitizer's runtime has
  // questions that differ from version to version, and lives with a refusal.
  const Context context(seccomp_init(toolchain   ? SCMP_ACT_ALLOW
                                     : sanitized ? SCMP_ACT_ERRNO(EPERM)
                                                 : SCMP_ACT_TRAP),
                        &seccomp_release);
  if (!context) return refuse("cannot make a system-call filter", ENOMEM);
  int error = seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  // A balanced tree instead of a chain: a worker pays for the filter at every message.
  if (error == 0) seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (error == 0)
    error = toolchain   ? add_toolchain_rules(context)
            : sanitized ? add_sanitizer_rules(context)
                        : add_worker_rules(context, kind == FilterKind::worker_threads);
  if (error != 0) return refuse("cannot add a rule to the system-call filter", -error);

  Descriptor file(memfd_create("kiln-filter", MFD_CLOEXEC));
  if (!file) return refuse("cannot make an anonymous file for the system-call filter", errno);
  error = seccomp_export_bpf(context.get(), file.get());
  if (error != 0) return refuse("cannot export the system-call filter", -error);
  if (lseek(file.get(), 0, SEEK_SET) != 0) return refuse("cannot rewind the system-call filter", errno);
  return {std::move(file), ""};
}

}  // namespace kiln::grader
