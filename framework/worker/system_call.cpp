// Names of the system calls that submissions try.
#include "worker/system_call.hpp"

#include <sys/syscall.h>

#include <array>

namespace kiln::worker {

namespace {

struct Named {
  int number;
  const char* words;
};

constexpr std::array kNamed{
#ifdef SYS_open
    Named{SYS_open, "open (open a file)"},
    Named{SYS_fork, "fork (start a process)"},
    Named{SYS_vfork, "vfork (start a process)"},
    Named{SYS_unlink, "unlink (delete a file)"},
    Named{SYS_mkdir, "mkdir (make a folder)"},
    Named{SYS_pipe, "pipe"},
#endif
    Named{SYS_openat, "openat (open a file)"},
    Named{SYS_clone, "clone (start a thread or process)"},
    Named{SYS_clone3, "clone3 (start a thread or process)"},
    Named{SYS_execve, "execve (run a program)"},
    Named{SYS_execveat, "execveat (run a program)"},
    Named{SYS_socket, "socket (open a network connection)"},
    Named{SYS_connect, "connect (open a network connection)"},
    Named{SYS_kill, "kill (send a signal)"},
    Named{SYS_tkill, "tkill (send a signal)"},
    Named{SYS_tgkill, "tgkill (send a signal)"},
    Named{SYS_ptrace, "ptrace (look into another process)"},
    Named{SYS_process_vm_readv, "process_vm_readv (look into another process)"},
    Named{SYS_unlinkat, "unlinkat (delete a file)"},
    Named{SYS_mkdirat, "mkdirat (make a folder)"},
    Named{SYS_getdents64, "getdents64 (list a folder)"},
    Named{SYS_statx, "statx (look at a file)"},
    Named{SYS_newfstatat, "newfstatat (look at a file)"},
    Named{SYS_memfd_create, "memfd_create (make a memory file)"},
    Named{SYS_sched_setaffinity, "sched_setaffinity (choose a processor)"},
    Named{SYS_wait4, "wait4 (wait for a process)"},
    Named{SYS_setrlimit, "setrlimit (change a limit)"},
    Named{SYS_rt_sigaction, "rt_sigaction (handle its own faults)"},
    Named{SYS_setitimer, "setitimer (set a timer)"},
    Named{SYS_timer_create, "timer_create (set a timer)"},
    Named{SYS_clock_settime, "clock_settime (set the clock)"},
    Named{SYS_getppid, "getppid (look for another process)"},
    Named{SYS_personality, "personality (change how programs start)"},
};

}  // namespace

std::string system_call_name(int number) {
  for (const Named& named : kNamed)
    if (named.number == number) return named.words;
  return "system call " + std::to_string(number);
}

}  // namespace kiln::worker
