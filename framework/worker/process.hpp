// WorkerProcess: one worker, from its start to its reaped end, and the framed line to it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "worker/arena.hpp"
#include "worker/wire.hpp"

namespace kiln::worker {

struct LaunchOptions {
  std::string worker;                  ///< path of the worker program
  std::vector<std::string> launcher;   ///< command prefix that puts it into a sandbox; empty: none
  std::vector<std::string> arguments;  ///< passed to the worker (--implementation NAME)
};

/// A worker's printed output goes to a memory file of this size; what comes after it is lost. It is smaller than the
/// sandbox's limit on files, which would kill a worker that prints much.
inline constexpr std::size_t kMostPrinted = (std::size_t{1} << 20) - 4096;

/// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  int get() const { return value_; }

 private:
  int value_ = -1;
};

/// How a worker ended, in the order of asking: a signal, else an exit status.
struct Death {
  int signal = 0;
  int status = 0;
  bool killed = false;  ///< by the judge, because it would not end
};

struct Frame {
  FrameKind kind{};
  std::vector<std::byte> payload;
};

class WorkerProcess {
 public:
  /// Starts the worker; what it prints goes to a memory file of its own. Throws Error(judge) where that fails.
  WorkerProcess(const LaunchOptions& options, const SharedArena& read_only, const SharedArena& read_write);
  ~WorkerProcess();  ///< kills and reaps
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  enum class Outcome { done, gone, late };
  /// Sends one frame. `late` where the worker takes nothing for four times `limit`.
  Outcome send(FrameKind kind, const std::vector<std::byte>& payload, std::chrono::milliseconds limit);
  /// Whether the worker has said something, or hung up, that nobody has received yet. Does not wait.
  bool has_spoken() const;
  /// Receives one frame into `frame`. `late` once `limit` of the worker's CPU time, or four times that of wall time,
  /// has passed: a busy machine alone must not fail a kernel.
  /// Throws Error(protocol) where the bytes are no frame.
  Outcome receive(Frame& frame, std::chrono::milliseconds limit);

  /// The worker's process, as the kernel attested it with its first frame; 0 before.
  pid_t worker_pid() const { return worker_pid_; }
  /// CPU time the worker used so far, in seconds; exact while it sleeps. nullopt when it is gone.
  std::optional<double> cpu_seconds() const;

  /// Stops every thread of the worker and waits until all of them stand still: from then on nothing that it may write
  /// changes, and its CPU clock stands. Without effect on one that is gone. Throws Error(judge) where it does not stop.
  void freeze();
  /// Lets a frozen worker go on; without effect on any other.
  void thaw();

  /// Waits for the end up to `patience`, then kills, with every process of its group; the reason of an earlier end
  /// survives.
  Death reap(std::chrono::milliseconds patience);
  /// The last of the first kMostPrinted bytes that the worker and its launcher printed, at most `limit`.
  std::string output(std::size_t limit = 4096) const;

 private:
  enum class Wait { ready, gone, late };
  Wait read_some(std::chrono::milliseconds limit, std::chrono::steady_clock::time_point started, double cpu_at_start);
  void attest(const void* message);
  void signal_worker(int signal);
  void set_timeout(int option, std::chrono::milliseconds limit, long& current);

  pid_t pid_ = -1;  ///< of the launcher, or of the worker where there is none
  pid_t worker_pid_ = 0;
  clockid_t clock_{};
  bool frozen_ = false;
  Descriptor socket_, output_;
  Descriptor worker_handle_;  ///< of the attested process, whose number may be given to another once it is gone
  std::vector<std::byte> buffer_;
  std::size_t filled_ = 0;
  long receive_timeout_ms_ = -1, send_timeout_ms_ = -1;
};

}  // namespace kiln::worker
