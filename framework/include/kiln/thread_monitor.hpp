// The monitor of real threads.
#pragma once

#include <condition_variable>
#include <mutex>

#include "kiln/monitor.hpp"

namespace kiln {

class ThreadMonitor final : public Monitor {
 public:
  void lock() override { mutex_.lock(); }
  void unlock() override { mutex_.unlock(); }
  void wait() override {
    std::unique_lock held(mutex_, std::adopt_lock);
    changed_.wait(held);
    held.release();  // the caller unlocks
  }
  void notify_all() override { changed_.notify_all(); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace kiln
