// The words for every way in which a worker can fail a call.
#include <signal.h>

#include <cstring>

#include "worker/merged.hpp"
#include "worker/session.hpp"
#include "worker/system_call.hpp"

namespace kiln::worker {

namespace {

std::string signal_words(int signal) {
  switch (signal) {
    case SIGSEGV: return "touched memory that is not its own (SIGSEGV)";
    case SIGBUS: return "touched memory that is not there (SIGBUS)";
    case SIGFPE: return "divided an integer by zero, or overflowed an integer division (SIGFPE)";
    case SIGILL: return "ran an illegal instruction (SIGILL): a __builtin_unreachable, or code for another CPU";
    case SIGABRT: return "aborted (SIGABRT): a failed assert, or heap memory that was overwritten";
    case SIGTRAP: return "hit a trap (SIGTRAP)";
    default: return "was ended by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  }
}

/// "right behind its last element", "8 bytes behind its last element"
std::string distance(std::uint64_t bytes, const std::string& where) {
  return bytes == 0 ? "right " + where : std::to_string(bytes) + " bytes " + where;
}

}  // namespace

std::string Session::call_name(int slot) const {
  if (slot < 0) return "a static initialiser (it ran before any kernel was called)";
  return family_.slots[static_cast<std::size_t>(slot)].name;
}

void Session::die(int slot, ErrorKind kind, const std::string& message) {
  (void)slot;
  if (process_) last_output_ = process_->output(kMostOutput);
  process_.reset();
  throw Error(kind, message);
}

void Session::rethrow(int slot, const Frame& frame) {
  ErrorKind kind = ErrorKind::protocol;
  std::string text;
  try {
    Reader reader{frame.payload.data(), frame.payload.data() + frame.payload.size(), {}};
    kind = static_cast<ErrorKind>(reader.plain<std::uint32_t>());
    text = reader.text().substr(0, kMaxErrorBytes);
  } catch (const Error& error) {
    die(slot, ErrorKind::protocol, error.what());
  }
  // A worker may only speak for its kernels; the judge's words are not its to say.
  switch (kind) {
    case ErrorKind::invalid_argument:
    case ErrorKind::stub:
    case ErrorKind::missing: throw Error(kind, text);
    case ErrorKind::broken_promise:
    case ErrorKind::exception: throw Error(kind, call_name(slot) + " threw an exception: " + text);
    case ErrorKind::memory:
      throw Error(kind, call_name(slot) + " asked for more memory than it may have (std::bad_alloc)");
    default:
      die(slot, ErrorKind::protocol,
          "the worker answered " + call_name(slot) + " with an error that is not its own to report");
  }
}

// Names the operand that a faulting address belongs to: the one that lies closest, when it is close at all.
std::string Session::locate(const CrashReport& crash, int slot) const {
  const std::string verb = crash.write != 0 ? "wrote" : "read";
  if (crash.address < kPage) return verb + " through a null pointer (address " + std::to_string(crash.address) + ")";
  if (crash.address + 65536 > crash.stack && crash.address < crash.stack + 65536)
    return "ran out of stack: look for a recursion without end, or for a very large local array";
  if (slot < 0 || extents_ == nullptr) return "";
  std::string words;
  std::uint64_t closest = kPage;
  for (const Merged& merged : merged_) {
    const SharedArena& arena = read_only_->holds(merged.shared) ? *read_only_ : *read_write_;
    const std::uint64_t begin =
        worker_bases_[static_cast<int>(arena.kind())] + static_cast<std::uint64_t>(merged.shared - arena.base());
    const std::uint64_t end = begin + static_cast<std::uint64_t>(merged.end - merged.begin);
    const std::string what = operand_name(slot, named_extent(merged));
    if (crash.address >= begin && crash.address < end && !merged.writable)
      return "wrote to " + what + ", which it may only read";
    if (crash.address >= end && crash.address - end < closest) {
      closest = crash.address - end;
      words = verb + " past the end of " + what + ": " + distance(closest, "behind its last element");
    }
    if (crash.address < begin && begin - crash.address < closest) {
      closest = begin - crash.address;
      words = verb + " before the beginning of " + what + ": " + distance(closest, "in front of its first element");
    }
  }
  return words;
}

void Session::report_crash(int slot, const Frame& frame) {
  CrashReport crash;
  if (frame.payload.size() != sizeof crash) die(slot, ErrorKind::protocol, "the worker sent a damaged crash report");
  std::memcpy(&crash, frame.payload.data(), sizeof crash);
  if (crash.signal == SIGSYS)
    die(slot, ErrorKind::violation,
        call_name(slot) + " called " + system_call_name(crash.system_call) +
            ", which the sandbox forbids: a kernel only computes");
  const std::string where = crash.signal == SIGSEGV || crash.signal == SIGBUS ? locate(crash, slot) : "";
  die(slot, ErrorKind::crash,
      call_name(slot) + " " +
          (where.empty() ? signal_words(crash.signal)
                         : where + " (" + (crash.signal == SIGBUS ? "SIGBUS" : "SIGSEGV") + ")"));
}

void Session::report_death(int slot) {
  const Death death = process_->reap(std::chrono::milliseconds(2000));
  const std::string name = call_name(slot);
  if (death.killed) die(slot, ErrorKind::protocol, name + " closed the worker's line and went on running");
  switch (death.signal) {
    case 0:
      die(slot, ErrorKind::exited,
          name + " ended its process (exit status " + std::to_string(death.status) +
              "): a kernel returns, it never exits");
    case SIGSYS: die(slot, ErrorKind::violation, name + " made a system call that the sandbox forbids");
    case SIGXCPU: die(slot, ErrorKind::timeout, name + " used up the CPU time that its process may have");
    case SIGKILL:
      die(slot, ErrorKind::memory,
          name + " was killed: it most likely used more memory" + (options_.threads > 1 ? " or threads" : "") +
              " than it may have");
    default: die(slot, ErrorKind::crash, name + " " + signal_words(death.signal));
  }
}

}  // namespace kiln::worker
