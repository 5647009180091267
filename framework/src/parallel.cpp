// The pool behind parallel_for. One loop at a time; its ranges are claimed in rising order from an atomic counter.
// That order makes errors deterministic: when a range fails, every lower one was claimed already and runs to its end.
#include "kiln/parallel.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "kiln/check.hpp"

namespace kiln {
namespace {

thread_local bool inside_body = false;

/// One loop: what to call, which range is next, and the first error.
class Loop {
 public:
  Loop(std::int64_t begin, std::int64_t end, std::int64_t grain, detail::RangeBody call, void* body)
      : begin_(begin), end_(end), grain_(grain), chunks_((end - begin - 1) / grain + 1), call_(call), body_(body) {}

  std::int64_t chunks() const { return chunks_; }

  /// Runs ranges until none is left or one failed.
  void work() {
    const bool outer = std::exchange(inside_body, true);
    while (!failed_.load(std::memory_order_relaxed)) {
      const std::int64_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunks_) break;
      run(chunk);
    }
    inside_body = outer;
  }

  /// After all threads have left: passes the error of the lowest range on.
  void finish() {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void run(std::int64_t chunk) {
    const std::int64_t first = begin_ + chunk * grain_;
    const std::int64_t last = end_ - first > grain_ ? first + grain_ : end_;
    try {
      call_(body_, first, last);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_ || chunk < error_chunk_) {
        error_ = std::current_exception();
        error_chunk_ = chunk;
      }
      failed_.store(true, std::memory_order_relaxed);
    }
  }

  const std::int64_t begin_, end_, grain_, chunks_;
  const detail::RangeBody call_;
  void* const body_;
  std::atomic<std::int64_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr error_;
  std::int64_t error_chunk_ = 0;
};

/// Cores that this process may run on. The standard library's count reads a file, which no sandboxed kernel may.
int cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

/// Looks whether `ready` for about as long as it takes to wake a thread that sleeps, some 100 microseconds.
template <class Ready>
void wait_awake(Ready ready) {
  constexpr int kLooks = 4096;
  for (int look = 0; look < kLooks && !ready(); ++look) {
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
  }
}

/// Threads that help with one loop after another.
class Pool {
 public:
  /// Threads without a core each go to sleep at once: who looks would keep the one that works from it.
  explicit Pool(int helpers) : stays_awake_(helpers < cores()) {
    try {
      for (int i = 0; i < helpers; ++i) threads_.emplace_back([this] { help(); });
    } catch (const std::system_error& error) {
      stop();
      throw Error(error.code() == std::errc::operation_not_permitted ? ErrorKind::violation : ErrorKind::memory,
                  "parallel_for: cannot start thread " + std::to_string(threads_.size() + 2) + " of " +
                      std::to_string(helpers + 1) + " (" + error.code().message() +
                      "); call set_thread_count(1) to do without threads");
    }
  }
  ~Pool() { stop(); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void run(Loop& loop) {
    {
      const std::lock_guard lock(mutex_);
      loop_ = &loop;
      generation_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    loop.work();
    // Let nobody join any more, then wait for those who did.
    std::unique_lock lock(mutex_);
    loop_ = nullptr;
    if (stays_awake_ && helping_ > 0) {
      lock.unlock();
      wait_awake([this] { return helping_.load(std::memory_order_acquire) == 0; });
      lock.lock();
    }
    done_.wait(lock, [this] { return helping_ == 0; });
  }

 private:
  void help() {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
      // Loops follow one another closely; a thread that sleeps comes too late for a short one.
      if (stays_awake_) {
        lock.unlock();
        wait_awake([&] { return stopping_ || generation_.load(std::memory_order_acquire) != seen; });
        lock.lock();
        if (loop_ == nullptr && generation_ != seen) {  // that one is over; the next may be as short
          seen = generation_;
          continue;
        }
      }
      wake_.wait(lock, [&] { return stopping_ || (loop_ != nullptr && generation_ != seen); });
      if (stopping_) return;
      seen = generation_;
      Loop& loop = *loop_;
      ++helping_;
      lock.unlock();
      loop.work();
      lock.lock();
      if (--helping_ == 0) done_.notify_one();
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  Loop* loop_ = nullptr;
  const bool stays_awake_;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<int> helping_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

/// The program's pool, and who may use it.
struct Shared {
  std::mutex user;  ///< held through a loop
  std::atomic<int> threads{cores()};
  std::unique_ptr<Pool> pool;
  Shared* forgotten = nullptr;  ///< a forked child's parent's: its threads are not here, so it can never be destroyed
};

std::unique_ptr<Shared> start_shared();

/// Behind a pointer, so that a forked child can begin with a fresh one.
std::unique_ptr<Shared>& shared() {
  static std::unique_ptr<Shared> instance = start_shared();
  return instance;
}

std::unique_ptr<Shared> start_shared() {
  // In a forked child a join would wait for ever, and a lock held by a lost thread stays locked.
  pthread_atfork(nullptr, nullptr, [] {
    static Shared* forgotten = nullptr;
    const int threads = shared()->threads;
    shared()->forgotten = forgotten;
    forgotten = shared().release();
    shared() = std::make_unique<Shared>();
    shared()->threads = threads;
  });
  return std::make_unique<Shared>();
}

}  // namespace

void set_thread_count(int count) {
  KILN_REQUIRE("set_thread_count: at least the caller's own thread is needed", count >= 1);
  KILN_REQUIRE("set_thread_count: called inside the body of a parallel_for", inside_body == false);
  const std::lock_guard lock(shared()->user);
  if (count == shared()->threads) return;
  shared()->pool.reset();
  shared()->threads = count;
}

int thread_count() { return shared()->threads; }

void detail::run_parallel(std::int64_t begin, std::int64_t end, std::int64_t grain, RangeBody call, void* body) {
  KILN_REQUIRE("parallel_for: a range needs at least one index", grain >= 1);
  if (begin >= end) return;
  Loop loop(begin, end, grain, call, body);
  Shared& with = *shared();
  const int threads = with.threads;
  const bool alone = inside_body || threads == 1 || loop.chunks() == 1;
  const std::unique_lock lock =
      alone ? std::unique_lock<std::mutex>() : std::unique_lock<std::mutex>(with.user, std::try_to_lock);
  if (lock.owns_lock()) {
    if (!with.pool) with.pool = std::make_unique<Pool>(with.threads - 1);
    with.pool->run(loop);
  } else {
    loop.work();
  }
  loop.finish();
}

}  // namespace kiln
