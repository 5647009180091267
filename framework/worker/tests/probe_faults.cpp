// What a submission may try: misbehave(), and static initialisers that misbehave where the worker's arguments say so.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <limits>
#include <stdexcept>
#include <thread>

#include "kiln/parallel.hpp"
#include "worker/tests/probe.hpp"
#include "worker/wire.hpp"

using namespace kiln;

namespace {

// Read through volatile, so that no compiler sees what is about to happen.
volatile std::int64_t zero = 0;
float* volatile null_pointer = nullptr;

[[gnu::noinline]] std::int64_t sink(std::int64_t depth) {
  volatile char block[4096];
  block[0] = static_cast<char>(depth);
  return zero == 0 ? sink(depth + 1) + block[0] : depth;
}

std::int64_t error_of(bool succeeded) { return succeeded ? 0 : errno; }

std::int64_t map_inputs() {
  return error_of(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, worker::kReadOnlyFd, 0) != MAP_FAILED);
}

std::int64_t protect_inputs(ConstView in) {
  const auto page = reinterpret_cast<std::uintptr_t>(in.data) / 4096 * 4096;
  return error_of(mprotect(reinterpret_cast<void*>(page), 4096, PROT_READ | PROT_WRITE) == 0);
}

std::int64_t flood(std::int64_t bytes) {
  static const char block[65536] = {};
  std::int64_t taken = 0;
  while (taken < bytes) {
    const ssize_t wrote = ::write(STDOUT_FILENO, block, sizeof block);
    if (wrote <= 0) break;
    taken += wrote;
  }
  return taken;
}

std::int64_t allocate(std::size_t bytes) { return std::vector<char>(bytes).back(); }

void run_for_ever() {
  while (zero == 0) {
  }
}

void sleep_for_ever() {
  while (zero == 0) pause();
}

std::int64_t nap(std::int64_t milliseconds) {
  const timespec time{0, 1'000'000 * milliseconds};
  return nanosleep(&time, nullptr);
}

std::int64_t leave_a_child() {
  const pid_t child = ::fork();
  if (child == 0) sleep_for_ever();
  return child;
}

/// A thread that counts in the output's first element for as long as the worker lives.
void count_on(View out) {
  std::thread([number = static_cast<volatile float*>(out.data)] {
    while (zero == 0) *number = *number + 1 < 1000000 ? *number + 1 : 0;
  }).detach();
}

void forge_reply() {
  const std::int64_t value = 0;
  worker::FrameHeader header;
  header.kind = worker::FrameKind::result;
  header.bytes = sizeof value;
  [[maybe_unused]] ssize_t wrote = ::write(worker::kSocketFd, &header, sizeof header);
  wrote = ::write(worker::kSocketFd, &value, sizeof value);
}

/// The same, and the first thread, which the judge knows, ends: no reply is sent but this forged one.
[[noreturn]] void count_on_alone(View out) {
  count_on(out);
  forge_reply();
  while (zero == 0) syscall(SYS_exit, 0);
  std::abort();
}

void burn(std::int64_t work) {
  for (volatile std::int64_t done = 0; done < work;) done = done + 1;
}

/// Serves all further requests itself, each time with the answer first and the work after it.
[[noreturn]] void reply_early(std::int64_t work) {
  std::vector<char> payload;
  while (true) {
    forge_reply();
    burn(work);
    worker::FrameHeader header;
    if (::read(worker::kSocketFd, &header, sizeof header) != sizeof header) _exit(0);
    payload.resize(static_cast<std::size_t>(header.bytes));
    if (::read(worker::kSocketFd, payload.data(), payload.size()) <= 0) _exit(0);
  }
}

/// Fills the output once the call has returned, after some work.
void fill_later(View out, std::int64_t work) {
  std::thread([data = out.data, size = out.size(), work] {
    burn(work);
    for (std::int64_t i = 0; i < size; ++i) data[i] = 7;
  }).detach();
}

[[noreturn]] void throw_error(std::int64_t kind) {
  throw Error(static_cast<ErrorKind>(kind), kind == 0 ? "" : "words of the kernel");
}

void greet_for_ever() {
  worker::FrameHeader started;
  started.kind = worker::FrameKind::started;
  while (::write(worker::kSocketFd, &started, sizeof started) > 0) {
  }
}

// Runs before main, as a submission's static initialisers do.
[[gnu::constructor]] void run_early(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--early") != 0) continue;
    const std::string what = argv[i + 1];
    if (what == "exit") _exit(0);
    if (what == "crash") null_pointer[1] = 1;
    if (what == "endless") run_for_ever();
    if (what == "greet") greet_for_ever();
  }
}

}  // namespace

std::int64_t impl::misbehave(Fault fault, ConstView in, View out, std::int64_t by) {
  switch (fault) {
    case Fault::none: return by;
    case Fault::write_behind: out.data[out.size() + by] = 1; return 0;
    case Fault::write_before: out.data[-by] = 1; return 0;
    case Fault::write_between: out.data[by] = 1; return 0;
    case Fault::write_input: const_cast<float*>(in.data)[by] = 1; return 0;
    case Fault::read_behind: return static_cast<std::int64_t>(in.data[in.size() + by]);
    case Fault::read_before: return static_cast<std::int64_t>(in.data[-by]);
    case Fault::null_read: return static_cast<std::int64_t>(null_pointer[1]);
    case Fault::null_write: null_pointer[1] = 1; return 0;
    case Fault::overflow_stack: return sink(0);
    case Fault::abort: std::abort();
    case Fault::divide_by_zero: return by / zero;
    case Fault::illegal_instruction: __builtin_trap();
    case Fault::throw_standard: throw std::runtime_error("standard words");
    case Fault::throw_number: throw 42;
    case Fault::allocate_too_much: return allocate(std::size_t{1} << (60 + zero));
    case Fault::endless: run_for_ever(); return 0;
    case Fault::sleep: sleep_for_ever(); return 0;
    case Fault::throw_error: throw_error(by);
    case Fault::throw_long: throw std::runtime_error(std::string(static_cast<std::size_t>(by), 'x'));
    case Fault::exit: std::exit(static_cast<int>(by));
    case Fault::quick_exit: _exit(static_cast<int>(by));
    case Fault::raise: return kill(getpid(), static_cast<int>(by));
    case Fault::print: return ::write(STDOUT_FILENO, "printed by the kernel\n", 22);
    case Fault::map_inputs: return map_inputs();
    case Fault::protect_inputs: return protect_inputs(in);
    case Fault::write_inputs: return error_of(pwrite(worker::kReadOnlyFd, "x", 1, 0) == 1);
    case Fault::shrink_inputs: return error_of(ftruncate(worker::kReadOnlyFd, 4096) == 0);
    case Fault::shrink_outputs: return error_of(ftruncate(worker::kReadWriteFd, 4096) == 0);
    case Fault::fork: return leave_a_child();
    case Fault::flood: return flood(by);
    case Fault::count_on: count_on(out); return 0;
    case Fault::count_on_alone: count_on_alone(out);
    case Fault::fill_later: fill_later(out, by); return 0;
    case Fault::burn: burn(by); return 0;
    case Fault::reply_early: reply_early(by);
    case Fault::nap: return nap(by);
    case Fault::swallow: std::signal(static_cast<int>(by), SIG_IGN); return 0;
    case Fault::ask: return sigaction(static_cast<int>(by), nullptr, nullptr);
    case Fault::count_threads: return thread_count();
  }
  return -1;
}
