// Wrong: the way out with -1 does not give the lock back, and the other thread waits for it for ever.
#include <mutex>

#include "kiln/kernels/data.hpp"

using namespace kiln;

std::int64_t impl::ring_begin_load(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  KILN_REQUIRE("ring_begin_load: a ring has one slot at least", ring.slots >= 1);
  while (!ring.closed && ring.loaded - ring.used >= ring.slots) monitor.wait();
  return ring.closed ? -1 : ring.loaded % ring.slots;
}

void impl::ring_end_load(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  ++ring.loaded;
  monitor.notify_all();
}

void impl::ring_finish(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  ring.finished = true;
  monitor.notify_all();
}

std::int64_t impl::ring_begin_use(PrefetchRing& ring, Monitor& monitor) {
  KILN_REQUIRE("ring_begin_use: a ring has one slot at least", ring.slots >= 1);
  monitor.lock();
  while (!ring.closed && !ring.finished && ring.used == ring.loaded) monitor.wait();
  if (ring.closed || ring.used == ring.loaded) return -1;
  const std::int64_t slot = ring.used % ring.slots;
  monitor.unlock();
  return slot;
}

void impl::ring_end_use(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  ++ring.used;
  monitor.notify_all();
}

void impl::ring_close(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  ring.closed = true;
  monitor.notify_all();
}
