// Signal handlers of the worker. Each sends one crash frame and ends the process; all calls are async-signal-safe.
#include "worker/faults.hpp"

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstring>

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
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP}) sigaction(signal, &action, nullptr);
}

}  // namespace kiln::worker

namespace {
using Initialiser = void (*)(int, char**, char**);
void before_everything(int, char**, char**) { kiln::worker::install_fault_handlers(); }
[[gnu::section(".preinit_array"), gnu::used]] const Initialiser kBeforeEverything = before_everything;
}  // namespace
