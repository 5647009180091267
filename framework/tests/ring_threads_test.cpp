// A prefetch ring on real threads, by ThreadMonitor: the same kernels as under the scheduler, on memory that shows an
// overlap. ThreadSanitizer, where it runs, sees whether the lock covers what it should.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "kiln/thread_monitor.hpp"
#include "ring.hpp"

namespace kiln {
namespace {

constexpr std::int64_t kWords = 64;
using Slot = std::vector<std::int64_t>;

void load(PrefetchRing& ring, Monitor& monitor, std::vector<Slot>& slots, std::int64_t batches) {
  for (std::int64_t batch = 0; batch < batches; ++batch) {
    const std::int64_t slot = ring::begin_load(ring, monitor);
    if (slot < 0) return;
    slots[static_cast<std::size_t>(slot)].assign(kWords, batch);
    ring::end_load(ring, monitor);
  }
  ring::finish(ring, monitor);
}

/// Returns how many batches came, each whole and in order; stops and closes after `most`.
std::int64_t use(PrefetchRing& ring, Monitor& monitor, const std::vector<Slot>& slots, std::int64_t most) {
  std::int64_t used = 0;
  for (; used < most; ++used) {
    const std::int64_t slot = ring::begin_use(ring, monitor);
    if (slot < 0) return used;
    EXPECT_EQ(slots[static_cast<std::size_t>(slot)], Slot(kWords, used));
    ring::end_use(ring, monitor);
  }
  ring::close(ring, monitor);
  return used;
}

std::int64_t run_epoch(std::int64_t slot_count, std::int64_t batches, std::int64_t most) {
  ThreadMonitor monitor;
  PrefetchRing ring{.slots = slot_count};
  std::vector<Slot> slots(static_cast<std::size_t>(slot_count));
  std::thread loader([&] { load(ring, monitor, slots, batches); });
  const std::int64_t used = use(ring, monitor, slots, most);
  loader.join();
  return used;
}

TEST(ring_threads, every_batch_once_and_in_order) {
  for (const std::int64_t slots : {1, 2, 5}) EXPECT_EQ(run_epoch(slots, 2000, 1'000'000), 2000) << slots << " slots";
  EXPECT_EQ(run_epoch(2, 0, 10), 0);
}

TEST(ring_threads, closing_ends_the_loader) {
  for (const std::int64_t most : {0, 1, 7}) EXPECT_EQ(run_epoch(2, 1'000'000'000, most), most);
}

TEST(ring_threads, closing_wakes_a_sleeping_user) {
  ThreadMonitor monitor;
  PrefetchRing ring;
  std::thread user([&] { EXPECT_EQ(ring::begin_use(ring, monitor), -1); });
  ring::close(ring, monitor);
  user.join();
}

}  // namespace
}  // namespace kiln
