// Both streams. The ring's kernels of module 09 say who may touch which slot when; they may be a student's. So each
// slot has a guard of its own besides: a ring that gives a slot away twice is an error and not a race.
#include "nn/batch_stream.hpp"

#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "kiln/thread_monitor.hpp"

namespace kiln::nn::detail {
namespace {

class OnDemand final : public BatchStream {
 public:
  OnDemand(BatchMaker maker, std::int64_t first) : maker_(std::move(maker)), next_(first) {}

  Batch* next() override {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    if (next_ >= maker_.plan().batches) return nullptr;
    try {
      maker_.make(next_, batch_);
    } catch (...) {
      failure_ = std::current_exception();
      throw;
    }
    ++next_;
    return &batch_;
  }

 private:
  BatchMaker maker_;
  Batch batch_;
  std::int64_t next_;
  std::exception_ptr failure_;
};

/// Who may touch a slot.
enum class Holder { nobody, loader, ring, user };

struct Slot {
  Batch batch;
  std::atomic<Holder> holder{Holder::nobody};
};

class Ahead final : public BatchStream {
 public:
  Ahead(BatchMaker maker, std::int64_t first, std::int64_t slots)
      : maker_(std::move(maker)),
        kernels_(maker_.kernels()),
        first_(first),
        next_(first),
        slots_(static_cast<std::size_t>(slots)) {
    ring_.slots = slots;
    try {
      thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& error) {
      throw Error(error.code() == std::errc::operation_not_permitted ? ErrorKind::violation : ErrorKind::memory,
                  "DataLoader: the loading thread cannot be started (" + error.code().message() +
                      "); prefetch = 0 does without");
    }
  }
  ~Ahead() override { stop(); }

  Batch* next() override {
    if (!thread_.joinable()) return the_end();
    try {
      hand_back();
      if (take()) return &slots_[*held_].batch;
    } catch (...) {
      stop();
      failure_ = std::current_exception();
      throw;
    }
    stop();
    if (failure_ == nullptr && next_ < maker_.plan().batches)
      failure_ = std::make_exception_ptr(
          Error(ErrorKind::broken_promise, "DataLoader: the kernel ring_begin_use gave -1 before batch " +
                                               std::to_string(next_) + " of " + std::to_string(maker_.plan().batches) +
                                               " was used"));
    return the_end();
  }

 private:
  // ---- the user's thread

  Batch* the_end() const {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    return nullptr;
  }

  void hand_back() {
    if (!held_) return;
    slots_[*held_].holder.store(Holder::nobody, std::memory_order_release);
    held_.reset();
    kernels_.ring_end_use(ring_, monitor_);
  }

  bool take() {
    const std::int64_t slot = kernels_.ring_begin_use(ring_, monitor_);
    if (slot == -1) return false;
    held_ = claim("ring_begin_use", slot, next_, Holder::ring, Holder::user);
    ++next_;
    return true;
  }

  /// Ends the loading thread, wherever it is. What its kernels lacked is made up for: nobody sleeps for ever.
  void stop() noexcept {
    if (!thread_.joinable()) return;
    stopping_ = true;
    try {
      kernels_.ring_close(ring_, monitor_);
    } catch (...) {
    }
    {
      const std::lock_guard lock(monitor_);
      ring_.closed = true;
    }
    monitor_.notify_all();
    thread_.join();
  }

  // ---- the loading thread

  void run() noexcept {
    try {
      if (load_all()) kernels_.ring_finish(ring_, monitor_);
    } catch (...) {
      failure_ = std::current_exception();
    }
    // After a failure too, and whatever ring_finish did: who waits for a batch must not wait for ever.
    {
      const std::lock_guard lock(monitor_);
      ring_.finished = true;
    }
    monitor_.notify_all();
  }

  bool load_all() {
    for (std::int64_t number = first_; number < maker_.plan().batches; ++number) {
      const std::int64_t slot = kernels_.ring_begin_load(ring_, monitor_);
      if (slot == -1 && stopping_) return false;
      Slot& into = slots_[claim("ring_begin_load", slot, number, Holder::nobody, Holder::loader)];
      maker_.make(number, into.batch);
      into.holder.store(Holder::ring, std::memory_order_release);
      kernels_.ring_end_load(ring_, monitor_);
    }
    return true;
  }

  // ---- both

  /// Slot `slot`, which a kernel gave for batch `number`.
  std::size_t claim(const char* kernel, std::int64_t slot, std::int64_t number, Holder from, Holder to) {
    const auto wrong = [&](const std::string& why) {
      return Error(ErrorKind::broken_promise, "DataLoader: the kernel " + std::string(kernel) + " gave slot " +
                                                  std::to_string(slot) + " of " + std::to_string(ring_.slots) +
                                                  " for batch " + std::to_string(number - first_) +
                                                  " of the ring: " + why);
    };
    const auto expected = static_cast<std::int64_t>(static_cast<std::size_t>(number - first_) % slots_.size());
    if (number >= maker_.plan().batches) throw wrong("there is no such batch");
    if (slot != expected) throw wrong("it is slot " + std::to_string(expected));
    const auto index = static_cast<std::size_t>(slot);
    if (!slots_[index].holder.compare_exchange_strong(from, to, std::memory_order_acq_rel))
      throw wrong(to == Holder::loader ? "it is not free yet" : "it is not loaded yet");
    return index;
  }

  BatchMaker maker_;
  const DataSlots& kernels_;
  const std::int64_t first_;
  std::int64_t next_;  ///< of the user
  std::vector<Slot> slots_;
  std::optional<std::size_t> held_;
  PrefetchRing ring_;
  ThreadMonitor monitor_;
  std::atomic<bool> stopping_{false};
  std::exception_ptr failure_;  ///< the loading thread's until it was joined
  std::thread thread_;
};

}  // namespace

std::unique_ptr<BatchStream> stream_on_demand(BatchMaker maker, std::int64_t first) {
  return std::make_unique<OnDemand>(std::move(maker), first);
}

std::unique_ptr<BatchStream> stream_ahead(BatchMaker maker, std::int64_t first, std::int64_t slots) {
  return std::make_unique<Ahead>(std::move(maker), first, slots);
}

}  // namespace kiln::nn::detail
