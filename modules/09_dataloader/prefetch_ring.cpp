// prefetch_ring: slots between a thread that loads batches and one that uses them, guarded by a monitor.
// Contract: kiln/kernels/data.hpp. Lesson: modules/09_dataloader/README.md, "The prefetch ring".
//
// Write what stands below as STUB(); then run `kiln check prefetch_ring`.
// Stuck? `kiln hint prefetch_ring`.
#include <mutex>

#include "kiln/kernels/data.hpp"

using namespace kiln;

// Example: a ring of 2 slots with loaded = 3, used = 2. Batch 2 lies in slot 0, and slot 1 is free:
// ring_begin_load -> 1, ring_begin_use -> 0. With loaded = 4 ring_begin_load has to wait for ring_end_use.
//
// std::lock_guard locks the monitor where it is made, and unlocks it wherever the block is left:
//   const std::lock_guard lock(monitor);

std::int64_t impl::ring_begin_load(PrefetchRing& ring, Monitor& monitor) {
  STUB();
}

void impl::ring_end_load(PrefetchRing& ring, Monitor& monitor) {
  STUB();
}

void impl::ring_finish(PrefetchRing& ring, Monitor& monitor) {
  STUB();
}

std::int64_t impl::ring_begin_use(PrefetchRing& ring, Monitor& monitor) {
  STUB();
}

void impl::ring_end_use(PrefetchRing& ring, Monitor& monitor) {
  STUB();
}

void impl::ring_close(PrefetchRing& ring, Monitor& monitor) {
  STUB();
}
