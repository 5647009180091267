// Monitor: one lock, and sleeping until something changed (Hoare, "Monitors: an operating system structuring concept",
// 1974). An interface, so that the same kernel runs on real threads, and under a scheduler with a clock of its own that
// tries the orders in which threads may take turns (kiln/scheduler.hpp).
#pragma once

namespace kiln {

/// lock() and unlock() suit std::lock_guard<Monitor> and std::unique_lock<Monitor>.
class Monitor {
 public:
  virtual ~Monitor() = default;
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  virtual void lock() = 0;
  virtual void unlock() = 0;
  /// With the lock held: gives it up, sleeps until somebody notifies, takes it again. It may return although nobody
  /// did, and another thread may have had its turn in between: ask again for what was waited for.
  virtual void wait() = 0;
  /// Wakes all that sleep in wait().
  virtual void notify_all() = 0;

 protected:
  Monitor() = default;
};

}  // namespace kiln
