// The loader on kernels that a student got wrong: an error that names the kernel, and no thread and no memory astray.
#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>

#include "kiln/backend.hpp"
#include "loader_tests.hpp"
#include "throws.hpp"

namespace kiln::nn {
namespace {

/// The reference's kernels but for some, until the end of the scope.
class With {
 public:
  explicit With(DataSlots wrong) {
    register_backend<DataSlots>("wrong", wrong);
    set_backend("wrong");
  }
  ~With() { set_backend(kReference); }
  With(const With&) = delete;
  With& operator=(const With&) = delete;
};

DataLoader loader(std::int64_t prefetch = 2) {
  return DataLoader(std::make_shared<Numbered>(40), {.batch_size = 4, .prefetch = prefetch});
}

void run(const DataLoader& of) {
  auto epoch = of.epoch(0);
  while (epoch.next() != nullptr) continue;
}

/// The same, holding the first batch for as long as the loading thread runs.
void run_slowly(const DataLoader& of) {
  const std::int64_t before = threads();
  auto epoch = of.epoch(0);
  epoch.next();
  threads_are(before);
  while (epoch.next() != nullptr) continue;
}

std::int64_t always_free(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  return ring.closed ? -1 : ring.loaded % ring.slots;
}
std::int64_t one_too_far(PrefetchRing& ring, Monitor&) { return ring.slots; }
std::int64_t below_zero(PrefetchRing&, Monitor&) { return -2; }
std::int64_t always_first(PrefetchRing& ring, Monitor& monitor) {
  const std::int64_t slot = kernels<DataSlots>(kReference).ring_begin_load(ring, monitor);
  return slot < 0 ? slot : 0;
}
std::int64_t gives_up(PrefetchRing&, Monitor&) { return -1; }
std::int64_t never_waits(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  return ring.used % ring.slots;
}
std::atomic<bool> closed{false};
void closes_and_tells(PrefetchRing& ring, Monitor& monitor) {
  closed = true;
  kernels<DataSlots>(kReference).ring_close(ring, monitor);
}
std::int64_t throws_at_once(PrefetchRing&, Monitor&) { throw std::logic_error("of the kernel"); }
void does_nothing(PrefetchRing&, Monitor&) {}
void throws_too(PrefetchRing&, Monitor&) { throw std::logic_error("of the kernel"); }
void forgets_to_count(PrefetchRing&, Monitor& monitor) { monitor.notify_all(); }

TEST(RingFaults, AreErrorsThatNameTheKernel) {
  const std::int64_t before = threads();
  for (int round = 0; round < 20; ++round) {
    {
      const With wrong({.ring_begin_load = always_free});
      EXPECT_ERROR(run_slowly(loader()), broken_promise, "it is not free yet");
    }
    {
      const With wrong({.ring_begin_load = one_too_far});
      EXPECT_ERROR(run(loader()), broken_promise, "ring_begin_load gave slot 2 of 2");
    }
    {
      const With wrong({.ring_begin_load = always_first});
      EXPECT_ERROR(run(loader()), broken_promise, "it is slot 1");
    }
    {
      const With wrong({.ring_begin_load = gives_up});
      EXPECT_ERROR(run(loader()), broken_promise, "ring_begin_load gave slot -1");
    }
    {
      const With wrong({.ring_begin_use = gives_up});
      EXPECT_ERROR(run(loader()), broken_promise, "ring_begin_use gave -1 before batch 0 of 10");
    }
    {
      const With wrong({.ring_begin_use = below_zero});
      EXPECT_ERROR(run(loader()), broken_promise, "ring_begin_use gave slot -2");
    }
    {
      // The first batch is not loaded before the ring is closed.
      const With wrong({.ring_begin_use = never_waits, .ring_close = closes_and_tells});
      closed = false;
      const auto source = std::make_shared<Numbered>(40);
      source->before = [](auto) {
        while (!closed) std::this_thread::yield();
      };
      EXPECT_ERROR(run(DataLoader(source, {.batch_size = 4})), broken_promise, "it is not loaded yet");
    }
    EXPECT_TRUE(threads_are(before));
  }
}

TEST(RingFaults, ThrownByAKernelReachTheUser) {
  const std::int64_t before = threads();
  for (const DataSlots& slots : {DataSlots{.ring_begin_load = throws_at_once}, DataSlots{.ring_end_load = throws_too},
                                 DataSlots{.ring_finish = throws_too}, DataSlots{.ring_begin_use = throws_at_once},
                                 DataSlots{.ring_end_use = throws_too}}) {
    const With wrong(slots);
    EXPECT_THROW(run(loader()), std::logic_error);
    EXPECT_TRUE(threads_are(before));
  }
}

TEST(RingFaults, LeaveNobodyAsleep) {
  const std::int64_t before = threads();
  {
    const With wrong({.ring_finish = does_nothing, .ring_close = does_nothing});
    EXPECT_NO_THROW(run(loader()));
    auto epoch = loader().epoch(0);
    epoch.next();
  }
  {
    const With wrong({.ring_close = throws_too});
    auto epoch = loader().epoch(0);
    epoch.next();
  }
  {
    // Batches that were loaded, but not counted: the user would wait for ever for the first.
    const With wrong({.ring_end_load = forgets_to_count});
    EXPECT_ERROR(run(loader()), broken_promise, "ring_begin_load gave slot 0");
  }
  EXPECT_TRUE(threads_are(before));
}

TEST(KernelFaults, ThatWouldReadOutsideAreErrors) {
  const auto out_of_range = [](std::uint64_t, std::span<std::int64_t> order) { order[3] = 40; };
  const auto twice = [](std::uint64_t, std::span<std::int64_t> order) { order[3] = order[4]; };
  {
    const With wrong({.shuffle = out_of_range});
    EXPECT_ERROR(run(loader()), broken_promise, "40 stands there too");
  }
  {
    const With wrong({.shuffle = twice});
    EXPECT_ERROR(run(loader()), broken_promise, "4 stands there twice");
  }
  for (const std::int64_t prefetch : {0, 2}) {
    const With wrong({.batch_range = [](std::int64_t examples, std::int64_t size, std::int64_t number) {
      return BatchRange{number * size, std::min(number * size + size, examples) + (number == 9 ? 1 : 0)};
    }});
    EXPECT_ERROR(run(loader(prefetch)), broken_promise, "batch 9 of epoch 0: the kernel batch_range gave [36, 41)");
  }
  {
    const With wrong({.batch_count = [](std::int64_t, std::int64_t, bool) -> std::int64_t { return 0; }});
    EXPECT_ERROR(loader(), broken_promise, "batch_count gave 0 batches");
  }
}

}  // namespace
}  // namespace kiln::nn
