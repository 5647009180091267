// prefetch_ring: slots between a thread that loads batches and one that uses them, guarded by a monitor.
// Contract: kiln/kernels/data.hpp. Lesson: modules/09_dataloader/README.md, "The prefetch ring".
#include <mutex>

#include "kiln/kernels/data.hpp"

using namespace kiln;

// Example: a ring of 2 slots with loaded = 3, used = 2. Batch 2 lies in slot 0, and slot 1 is free:
// ring_begin_load -> 1, ring_begin_use -> 0. With loaded = 4 ring_begin_load has to wait for ring_end_use.
//
// std::lock_guard locks the monitor where it is made, and unlocks it wherever the block is left:
//   const std::lock_guard lock(monitor);

std::int64_t impl::ring_begin_load(PrefetchRing& ring, Monitor& monitor) {
  // BEGIN SOLUTION
  const std::lock_guard lock(monitor);
  KILN_REQUIRE("ring_begin_load: a ring has one slot at least", ring.slots >= 1);
  // Whoever comes back from wait() knows nothing new: ask again.
  while (!ring.closed && ring.loaded - ring.used >= ring.slots) monitor.wait();
  return ring.closed ? -1 : ring.loaded % ring.slots;
  // END SOLUTION
}

void impl::ring_end_load(PrefetchRing& ring, Monitor& monitor) {
  // BEGIN SOLUTION
  const std::lock_guard lock(monitor);
  ++ring.loaded;
  monitor.notify_all();
  // END SOLUTION
}

void impl::ring_finish(PrefetchRing& ring, Monitor& monitor) {
  // BEGIN SOLUTION
  const std::lock_guard lock(monitor);
  ring.finished = true;
  monitor.notify_all();
  // END SOLUTION
}

std::int64_t impl::ring_begin_use(PrefetchRing& ring, Monitor& monitor) {
  // BEGIN SOLUTION
  const std::lock_guard lock(monitor);
  KILN_REQUIRE("ring_begin_use: a ring has one slot at least", ring.slots >= 1);
  while (!ring.closed && !ring.finished && ring.used == ring.loaded) monitor.wait();
  // What was loaded before the end is used before the end.
  return ring.closed || ring.used == ring.loaded ? -1 : ring.used % ring.slots;
  // END SOLUTION
}

void impl::ring_end_use(PrefetchRing& ring, Monitor& monitor) {
  // BEGIN SOLUTION
  const std::lock_guard lock(monitor);
  ++ring.used;
  monitor.notify_all();
  // END SOLUTION
}

void impl::ring_close(PrefetchRing& ring, Monitor& monitor) {
  // BEGIN SOLUTION
  const std::lock_guard lock(monitor);
  ring.closed = true;
  monitor.notify_all();
  // END SOLUTION
}
