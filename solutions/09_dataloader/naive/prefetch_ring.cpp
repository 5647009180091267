// prefetch_ring, as written without guards: each way out gives the lock back by itself.
#include "kiln/kernels/data.hpp"

using namespace kiln;

std::int64_t impl::ring_begin_load(PrefetchRing& ring, Monitor& monitor) {
  KILN_REQUIRE("ring_begin_load: there is no slot", ring.slots >= 1);
  monitor.lock();
  while (ring.loaded - ring.used == ring.slots) {
    if (ring.closed) {
      monitor.unlock();
      return -1;
    }
    monitor.wait();
  }
  std::int64_t slot = ring.loaded % ring.slots;
  if (ring.closed) slot = -1;
  monitor.unlock();
  return slot;
}

void impl::ring_end_load(PrefetchRing& ring, Monitor& monitor) {
  monitor.lock();
  ring.loaded = ring.loaded + 1;
  monitor.unlock();
  monitor.notify_all();
}

void impl::ring_finish(PrefetchRing& ring, Monitor& monitor) {
  monitor.lock();
  ring.finished = true;
  monitor.unlock();
  monitor.notify_all();
}

std::int64_t impl::ring_begin_use(PrefetchRing& ring, Monitor& monitor) {
  KILN_REQUIRE("ring_begin_use: there is no slot", ring.slots >= 1);
  monitor.lock();
  for (;;) {
    std::int64_t slot = -1;
    if (!ring.closed && ring.used < ring.loaded) slot = ring.used % ring.slots;
    if (slot >= 0 || ring.closed || ring.finished) {
      monitor.unlock();
      return slot;
    }
    monitor.wait();
  }
}

void impl::ring_end_use(PrefetchRing& ring, Monitor& monitor) {
  monitor.lock();
  ring.used = ring.used + 1;
  monitor.unlock();
  monitor.notify_all();
}

void impl::ring_close(PrefetchRing& ring, Monitor& monitor) {
  monitor.lock();
  ring.closed = true;
  monitor.unlock();
  monitor.notify_all();
}
