// WorkerProcess: one worker, from its start to its reaped end, and the framed line to it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "worker/arena.hpp"
#include "worker/wire.hpp"

namespace kiln::worker {

struct LaunchOptions {
  std::string worker;                  ///< path of the worker program
  std::vector<std::string> launcher;   ///< command prefix that puts it into a sandbox; empty: none
  std::vector<std::string> arguments;  ///< passed to the worker (--implementation NAME)
};

/// How a worker ended, in the order of asking: a signal, else an exit status.
struct Death {
  int signal = 0;
  int status = 0;
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

  /// Sends one frame. False when the worker is gone.
  bool send(FrameKind kind, const std::vector<std::byte>& payload);

  enum class Outcome { frame, gone, late };
  /// Receives one frame into `frame`. `late` once `limit` of the worker's CPU time, or four times that of wall time,
  /// has passed: a busy machine alone must not fail a kernel.
  /// Throws Error(protocol) where the bytes are no frame.
  Outcome receive(Frame& frame, std::chrono::milliseconds limit);

  /// The worker's process, as the kernel attested it with its first frame; 0 before.
  pid_t worker_pid() const { return worker_pid_; }
  /// CPU time the worker used so far, in seconds; exact while it sleeps. nullopt when it is gone.
  std::optional<double> cpu_seconds() const;

  /// Waits for the end up to `patience`, then kills; reaped first, so that the reason survives.
  Death reap(std::chrono::milliseconds patience);
  /// The last bytes that the worker or its launcher printed, at most `limit`.
  std::string output(std::size_t limit = 4096) const;

 private:
  enum class Wait { ready, gone, late };
  Wait read_some(std::chrono::milliseconds limit, std::chrono::steady_clock::time_point started, double cpu_at_start);
  void attest(const void* message);

  pid_t pid_ = -1;  ///< of the launcher, or of the worker where there is none
  pid_t worker_pid_ = 0;
  clockid_t clock_{};
  int socket_ = -1;
  int output_ = -1;
  std::vector<std::byte> buffer_;
  std::size_t filled_ = 0;
  long receive_timeout_ms_ = -1;
};

}  // namespace kiln::worker
