// Session: the judge's side of one implementation. It starts workers, lays out a call's operands by the extent rule,
// waits for the answer, checks that nothing but outputs changed, and words every way in which a call can fail.
// After a failure that cost the worker its life, the next call gets a fresh one.
//
// The extent rule: each view covers a byte extent; extents of one call that overlap are merged and copied once, so
// aliases stay aliases. A merged extent is writable only if a View (not a ConstView) lies in it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "worker/arena.hpp"
#include "worker/family.hpp"
#include "worker/process.hpp"
#include "worker/wire.hpp"

namespace kiln::worker {

enum class SlotState : std::uint8_t { written, stub, missing };

/// How much is kept of what a dead worker printed: a sanitizer's report of a deep recursion fits.
inline constexpr std::size_t kMostOutput = std::size_t{32} << 10;

struct SessionOptions {
  LaunchOptions launch;
  std::chrono::milliseconds time_limit{2000};   ///< of one call, in the worker's CPU time
  int threads = 1;  ///< that a kernel may use; with more than one a worker stands still but for its calls
  std::chrono::milliseconds start_limit{10000};  ///< from launch to the worker's first word; its initialisers then
                                                 ///< have no longer than a call
  int most_waits = 30;  ///< of all calls together, in time limits of one, on the wall clock
  std::size_t arena_bytes = std::size_t{1} << 30;  ///< of each arena, sparse
};

/// What one timed request cost the worker: wall time until its reply, and CPU time until it stood still. What it spends
/// after that counts for the next request.
struct Timing {
  double cpu_seconds = 0;
  double wall_seconds = 0;
  double idle_cpu_seconds =
      0;  ///< what it used since the last timed request was answered, when nothing was asked of it
};

class Session {
 public:
  Session(Family family, SessionOptions options);
  ~Session();

  /// The session that thunks of this thread call. Throws Error(judge) where none was set.
  static Session& current();
  /// Makes `session` current in this thread; nullptr: none.
  static void set_current(Session* session);

  const Family& family() const { return family_; }
  void set_placement(Placement placement) { placement_ = placement; }
  Placement placement() const { return placement_; }
  void set_time_limit(std::chrono::milliseconds limit) { options_.time_limit = limit; }

  /// State of each slot, as the worker lists them without running any. Starts a worker where none lives.
  const std::vector<SlotState>& slots();
  /// Ends the worker; the next call starts a fresh one.
  void restart();
  /// Starts the worker now, if none lives.
  void start();
  /// What the worker printed last; of one that died up to kMostOutput bytes.
  std::string output() const { return process_ ? process_->output() : last_output_; }
  int starts() const { return starts_; }

  /// Room in an arena for a tensor that lives on and needs no copying (see SharedArena::keep).
  std::byte* keep(Arena arena, std::size_t bytes);
  /// Ends the worker and takes fresh arenas: what was kept is gone, and the pages lie elsewhere in physical memory,
  /// which sways how caches treat them.
  void renew();

  /// Sends `count` calls of one slot, encoded one behind the other in `call`, and returns a reader over the results.
  /// Throws Error with the kind of what went wrong.
  Reader transact(int slot, std::uint32_t count, Writer& call);
  /// For a result that does not decode: ends the worker, whose word is worth nothing any more. Throws Error(protocol).
  [[noreturn]] void refuse_result(int slot, const std::string& why);
  /// As transact, with what the worker spent.
  Reader transact_timed(int slot, std::uint32_t count, Writer& call, Timing& timing);
  /// CPU time that the worker used since its last timed request was answered; 0 where there was none.
  double cpu_since_answer() const;

 private:
  struct Merged;
  void greet();
  void lay_out(Writer& call);
  void take_back(int slot);
  void check_canaries(int slot, const Merged& merged) const;
  void expect_silence(int slot);
  void exchange(int slot);
  void note_wait(int slot, std::chrono::steady_clock::duration wait);
  [[noreturn]] void die(int slot, ErrorKind kind, const std::string& message);
  [[noreturn]] void report_crash(int slot, const Frame& frame);
  [[noreturn]] void report_death(int slot);
  [[noreturn]] void rethrow(int slot, const Frame& frame);
  std::string call_name(int slot) const;
  std::string operand_name(int slot, const Extent& extent) const;
  const Extent& named_extent(const Merged& merged) const;
  std::string locate(const CrashReport& crash, int slot) const;

  Family family_;
  SessionOptions options_;
  std::unique_ptr<SharedArena> read_only_, read_write_;
  std::unique_ptr<WorkerProcess> process_;
  Placement placement_ = Placement::aligned;
  std::vector<SlotState> slots_;
  std::uint64_t worker_bases_[2] = {0, 0};
  std::vector<Merged> merged_;
  std::vector<GuardPage> guards_;
  std::vector<Extent>* extents_ = nullptr;
  Writer request_;
  Frame reply_;
  std::string last_output_;
  std::chrono::steady_clock::time_point replied_;
  std::optional<double> cpu_after_timed_;  ///< the worker's clock after the last request, if that was timed
  int starts_ = 0;
  std::chrono::steady_clock::duration waited_{0};  ///< for answers, by all workers of this session
};

}  // namespace kiln::worker
