// Who called whom and how long it took: a tree of calls for each thread, each path once, with counts and sums. A node
// is a kernel in a layer, called by its parent; its own time is what its nested kernels did not take. The clock and the
// place (which layer, forward or backward) are asked of whoever set the recorder up.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "profile/cost.hpp"

namespace kiln::profile {

/// A kernel by name, one object a slot: nodes compare addresses.
struct Kernel {
  const char* family;
  const char* name;
  const CostRule* rule;  ///< nullptr: its cost is that of what it calls
};

struct CallNode {
  const Kernel* kernel = nullptr;  ///< nullptr: the root
  int layer = 0;                   ///< a place in ThreadCalls::layers
  bool backward = false;
  int parent = -1;
  std::vector<int> children;
  std::int64_t calls = 0;   ///< that are over
  std::int64_t total = 0;   ///< nanoseconds in them, nested kernels included
  std::int64_t nested = 0;  ///< nanoseconds in kernels called by them
  Cost cost;                ///< of the calls that returned; those that threw have none

  std::int64_t self() const { return total > nested ? total - nested : 0; }
};

/// What one thread did; nodes[0] is the root.
struct ThreadCalls {
  std::thread::id thread;
  std::vector<std::string> layers;
  std::vector<CallNode> nodes{CallNode{}};
};

struct LayerPlace {
  const std::string* layer;  ///< "" outside of one; read before the kernel is called
  bool backward;
};

struct RecorderHooks {
  std::int64_t (*now)();  ///< nanoseconds, never going back
  LayerPlace (*place)();  ///< of the calling thread
};

struct Thread;

class Recorder {
 public:
  /// The one that instrumented kernels report to.
  static Recorder& instance();

  /// Forgets everything. No kernel is under way.
  void reset(RecorderHooks hooks);
  /// Whether calls that begin from now on are recorded.
  void record(bool on) { on_.store(on, std::memory_order_relaxed); }
  bool recording() const { return on_.load(std::memory_order_relaxed); }

  /// A copy of what every thread did so far; calls under way are in it without their time.
  std::vector<ThreadCalls> calls() const;

  /// One call, from its construction to its destruction; one that leaves by an exception counts too, without cost.
  class Call {
   public:
    Call(Recorder& recorder, const Kernel& kernel);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    void returned(Cost cost) { cost_ = cost; }

   private:
    Recorder& recorder_;
    Thread* thread_;
    int node_, caller_;
    std::int64_t begin_;
    Cost cost_;
  };

 private:
  Thread& this_thread();

  std::atomic<bool> on_{false};
  std::atomic<std::uint64_t> generation_{1};  ///< of reset(): threads that come from before begin anew
  RecorderHooks hooks_{};
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Thread>> threads_;
};

}  // namespace kiln::profile
