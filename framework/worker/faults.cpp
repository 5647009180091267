// Signal handlers of the worker. Each sends one crash frame and ends the process; all calls are async-signal-safe.
#include "worker/faults.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <iterator>

#include "worker/wire.hpp"

namespace kiln::worker {

namespace {

alignas(64) unsigned char alternate_stack[64 * 1024];

void send_all(const void* data, std::size_t size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t sent = ::write(kSocketFd, next, size);
    if (sent <= 0) return;
    next += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

void report_fault(int signal, siginfo_t* info, void* opaque) {
  CrashReport report;
  report.signal = signal;
  report.address = reinterpret_cast<std::uint64_t>(info->si_addr);
  if (signal == SIGSYS) report.system_call = info->si_syscall;
#if defined(__x86_64__)
  const auto& registers = static_cast<const ucontext_t*>(opaque)->uc_mcontext.gregs;
  report.stack = static_cast<std::uint64_t>(registers[REG_RSP]);
  report.write = signal == SIGSEGV && (registers[REG_ERR] & 2) != 0 ? 1 : 0;  // bit 1 of the page fault's error code
#elif defined(__aarch64__)
  report.stack = static_cast<const ucontext_t*>(opaque)->uc_mcontext.sp;
#else
  (void)opaque;
#endif
  FrameHeader header;
  header.kind = FrameKind::crash;
  header.bytes = sizeof report;
  unsigned char frame[sizeof header + sizeof report];
  std::memcpy(frame, &header, sizeof header);
  std::memcpy(frame + sizeof header, &report, sizeof report);
  send_all(frame, sizeof frame);
  _exit(128 + signal);
}

constexpr int kFaults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

/// From here on nobody changes these handlers: a kernel that steps over its own faults would hide them. Setting one
/// traps, as every forbidden call does. Without this layer a worker only knows less about its death.
void lock_fault_handlers() {
  constexpr auto kLow = [](unsigned argument) {
    return static_cast<unsigned>(offsetof(seccomp_data, args) + 8 * argument);
  };
  constexpr unsigned char kCount = std::size(kFaults);
  sock_filter program[kCount + 9] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigaction, 0, kCount + 6),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kLow(0)),
  };
  // Any of the faults jumps behind the last comparison; what is none of them jumps to the end.
  sock_filter* next = program + 3;
  for (unsigned char i = 0; i < kCount; ++i)
    *next++ = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(kFaults[i]),
                       static_cast<unsigned char>(kCount - 1 - i), static_cast<unsigned char>(i + 1 == kCount ? 5 : 0));
  // Asking without setting is harmless: then the second argument is null.
  *next++ = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kLow(1));
  *next++ = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2);
  *next++ = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kLow(1) + 4);
  *next++ = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
  *next++ = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
  *next++ = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const sock_fprog filter{static_cast<unsigned short>(next - program), program};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);  // bubblewrap has set it; without a sandbox nobody has
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

}  // namespace

void install_fault_handlers() {
  // Say that the sandbox stands: from here on, a death is the submission's.
  FrameHeader started;
  started.kind = FrameKind::started;
  send_all(&started, sizeof started);

  // Take the faults on a stack of their own, so that a stack overflow can be told.
  stack_t stack{};
  stack.ss_sp = alternate_stack;
  stack.ss_size = sizeof alternate_stack;
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = report_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (int signal : kFaults) sigaction(signal, &action, nullptr);
  lock_fault_handlers();
}

}  // namespace kiln::worker

namespace {
using Initialiser = void (*)(int, char**, char**);
void before_everything(int, char**, char**) { kiln::worker::install_fault_handlers(); }
[[gnu::section(".preinit_array"), gnu::used]] const Initialiser kBeforeEverything = before_everything;
}  // namespace
