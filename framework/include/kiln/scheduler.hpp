// Scheduler: threads that are none, on a clock that is none. Actors take turns on one thread, each on a stack of its
// own; wherever real threads could change places, in the calls of a Monitor, a seed decides who goes on. Time passes
// only while nobody can run. So an order of turns can be tried, had again, and timed exactly, even where the sandbox
// allows no threads. What would hang on real threads ends here, with a problem in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kiln/monitor.hpp"
#include "kiln/random.hpp"

namespace kiln {

/// The rules, each of which ends the run where it is broken: somebody can go on; wait() is called with the lock held,
/// and unlock() too; nobody takes the lock twice; a call gives it back, takes it once at least, and at most
/// kMostLocks times while the clock stands still; what is guarded changes under the lock only. notify_all() needs no
/// lock. Once a run has ended, lock() and wait() throw (no std::exception) in whoever has not, so that his stack
/// unwinds; who catches that is left behind after kMostLocks more calls.
class Scheduler {
 public:
  static constexpr std::int64_t kMostLocks = 1000;

  /// Where wake_for_nothing, one wait() in four returns without a notification.
  explicit Scheduler(std::uint64_t seed, bool wake_for_nothing = false);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Before run():

  /// `name` as problems say it: "the loader".
  void add(std::string name, std::function<void()> body);
  /// Bytes that may change only while the lock is held. They outlive the scheduler.
  void guard(std::span<const std::byte> shared) { guarded_ = shared; }
  /// The actors' lock; of use to actors only.
  Monitor& monitor() { return *monitor_; }

  /// Runs all actors to their ends, or until there is a problem. An exception that leaves an actor leaves here, after
  /// the others were unwound. Once only. Error(memory) where an actor gets no stack.
  void run();

  /// "" where all is well.
  const std::string& problem() const { return problem_; }
  /// In ticks since the beginning.
  std::int64_t now() const { return now_; }

  // By an actor, between its uses of the monitor:

  /// Error(invalid_argument) where ticks is negative, or the clock would end.
  void sleep(std::int64_t ticks);
  /// Runs `body`, which uses the monitor, under the rules for a call; `what` as problems say it: "ring_end_use".
  void call(const char* what, const std::function<void()>& body);
  /// Ends the run with a problem of the caller's.
  [[noreturn]] void fail(const std::string& problem);

 private:
  class Turns;
  struct Actor;
  struct Unwind {};  ///< what lock() and wait() throw at the end

  // What the monitor does.
  void lock();
  void unlock();
  void wait();
  void notify_all();

  Actor& enter();
  void count_lock(Actor& actor);
  void pass_turn();
  Actor* choose();
  void live(Actor& actor);
  void resume(Actor& actor);
  void unwind_all();

  void report(const std::string& problem);
  void throw_unwind() const;
  bool changed_unlocked(const Actor& actor) const;
  std::string describe_deadlock() const;

  Random random_;
  const bool wake_for_nothing_;
  std::unique_ptr<Monitor> monitor_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::span<const std::byte> guarded_;
  std::vector<std::byte> seen_;  ///< what the guarded bytes were when the running actor got its turn
  Actor* running_ = nullptr;
  Actor* next_ = nullptr;  ///< chosen already
  Actor* holder_ = nullptr;
  std::int64_t now_ = 0;
  bool ending_ = false;
  std::string problem_;
  std::exception_ptr error_;
};

}  // namespace kiln
