// parallel_for: every index once, the same cuts for any number of threads, errors, nesting, forks.
#include "kiln/parallel.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <latch>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "throws.hpp"

#if defined(__has_feature)
#define KILN_HAS_SANITIZER(name) __has_feature(name)
#else
#define KILN_HAS_SANITIZER(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || KILN_HAS_SANITIZER(thread_sanitizer)
#define KILN_FORK_AND_THREADS 0  // ThreadSanitizer cannot follow threads that start after a fork
#else
#define KILN_FORK_AND_THREADS 1
#endif
#if defined(__SANITIZE_ADDRESS__) || KILN_HAS_SANITIZER(address_sanitizer) || !KILN_FORK_AND_THREADS
#define KILN_LIMIT_MEMORY 0  // sanitizers map more memory than any limit
#else
#define KILN_LIMIT_MEMORY 1
#endif

namespace kiln {
namespace {

using Ranges = std::set<std::pair<std::int64_t, std::int64_t>>;

class Parallel : public testing::Test {
 protected:
  void TearDown() override { set_thread_count(before_); }

  static Ranges ranges(std::int64_t begin, std::int64_t end, std::int64_t grain) {
    std::mutex mutex;
    Ranges seen;
    parallel_for(begin, end, grain, [&](std::int64_t first, std::int64_t last) {
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(seen.emplace(first, last).second) << "range seen twice: " << first;
    });
    return seen;
  }

  const int before_ = thread_count();
};

TEST_F(Parallel, CutsByGrainAlone) {
  for (int threads : {1, 2, 3, 8}) {
    set_thread_count(threads);
    EXPECT_EQ(thread_count(), threads);
    EXPECT_EQ(ranges(-1, 9, 4), (Ranges{{-1, 3}, {3, 7}, {7, 9}}));
    EXPECT_EQ(ranges(0, 4, 4), (Ranges{{0, 4}}));
    EXPECT_EQ(ranges(0, 3, std::numeric_limits<std::int64_t>::max()), (Ranges{{0, 3}}));
    EXPECT_EQ(ranges(5, 5, 1), Ranges{});
    EXPECT_EQ(ranges(5, 4, 1), Ranges{});
  }
}

TEST_F(Parallel, EveryIndexOnceInManyLoops) {
  set_thread_count(4);
  std::vector<int> counts(1000, 0);
  for (int loop = 0; loop < 200; ++loop) {
    parallel_for(0, 1000, 7, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) ++counts[static_cast<std::size_t>(i)];
    });
  }
  EXPECT_EQ(counts, std::vector<int>(1000, 200));
}

TEST_F(Parallel, ThreadsRunAtTheSameTime) {
  set_thread_count(3);
  // Three bodies that wait for one another end only if three threads hold them.
  std::latch all(3);
  std::mutex mutex;
  std::set<std::thread::id> ids;
  parallel_for(0, 3, 1, [&](std::int64_t, std::int64_t) {
    all.arrive_and_wait();
    const std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids.count(std::this_thread::get_id()), 1u);
}

TEST_F(Parallel, OneThreadMeansTheCallersInOrder) {
  set_thread_count(1);
  const auto caller = std::this_thread::get_id();
  std::vector<std::int64_t> order;
  parallel_for(0, 5, 1, [&](std::int64_t first, std::int64_t) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    order.push_back(first);
  });
  EXPECT_EQ(order, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST_F(Parallel, TheLowestErrorArrives) {
  for (int threads : {1, 2, 4}) {
    set_thread_count(threads);
    for (int round = 0; round < 100; ++round) {
      try {
        parallel_for(0, 64, 1, [](std::int64_t i, std::int64_t) {
          if (i % 20 == 13) throw std::runtime_error(std::to_string(i));
        });
        ADD_FAILURE() << "no error arrived";
      } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "13") << threads << " threads";
      }
    }
    EXPECT_EQ(ranges(0, 3, 1).size(), 3u) << "the pool works on after an error";
  }
}

TEST_F(Parallel, NestedLoopsRunOnTheirOwnThread) {
  set_thread_count(4);
  std::atomic<int> total{0};
  parallel_for(0, 8, 1, [&](std::int64_t, std::int64_t) {
    const auto outer = std::this_thread::get_id();
    parallel_for(0, 8, 1, [&](std::int64_t, std::int64_t) {
      EXPECT_EQ(std::this_thread::get_id(), outer);
      ++total;
    });
  });
  EXPECT_EQ(total, 64);
}

TEST_F(Parallel, ManyCallersAtOnce) {
  set_thread_count(3);
  std::atomic<int> total{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int loop = 0; loop < 50; ++loop) parallel_for(0, 10, 1, [&](std::int64_t, std::int64_t) { ++total; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(total, 4 * 50 * 10);
}

TEST_F(Parallel, TakesAConstBody) {
  std::atomic<int> calls{0};
  const auto body = [&](std::int64_t, std::int64_t) { ++calls; };
  parallel_for(0, 3, 1, body);
  EXPECT_EQ(calls, 3);
}

TEST_F(Parallel, RefusesBadCalls) {
  EXPECT_ERROR(set_thread_count(0), invalid_argument, "left is 0");
  EXPECT_ERROR(parallel_for(0, 1, 0, [](std::int64_t, std::int64_t) {}), invalid_argument, "left is 0");
  EXPECT_ERROR(parallel_for(0, 1, 1, [](std::int64_t, std::int64_t) { set_thread_count(2); }), invalid_argument,
               "inside the body");
}

#if KILN_FORK_AND_THREADS
TEST_F(Parallel, AForkedChildHasThreadsOfItsOwn) {
  set_thread_count(3);
  ranges(0, 10, 1);
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> total{0};
    parallel_for(0, 10, 1, [&](std::int64_t, std::int64_t) { ++total; });
    // Leave by exit: joining the parent's threads there would hang.
    std::exit(total == 10 && thread_count() == 3 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(ranges(0, 10, 1).size(), 10u);
}
#endif

#if KILN_LIMIT_MEMORY
TEST_F(Parallel, ThreadsThatCannotStartAreAnError) {
  const pid_t child = fork();
  if (child == 0) {
    // No memory for stacks: the C library keeps a few, so ask for many.
    const rlimit none{1 << 20, 1 << 20};
    setrlimit(RLIMIT_AS, &none);
    set_thread_count(64);
    int result = 1;
    try {
      parallel_for(0, 64, 1, [](std::int64_t, std::int64_t) {});
    } catch (const Error& error) {
      result =
          error.kind() == ErrorKind::memory && std::string_view(error.what()).find("of 64 (") != std::string_view::npos
              ? 0
              : 2;
    }
    _exit(result);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}
#endif

}  // namespace
}  // namespace kiln
