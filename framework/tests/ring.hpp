// A prefetch ring of the tests' own, right and plain, for its driver and for real threads.
#pragma once

#include <mutex>

#include "kiln/kernels/data.hpp"

namespace kiln::ring {

inline std::int64_t begin_load(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  KILN_REQUIRE("begin_load: no slot", ring.slots >= 1);
  while (!ring.closed && ring.loaded - ring.used >= ring.slots) monitor.wait();
  return ring.closed ? -1 : ring.loaded % ring.slots;
}
inline void end_load(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  ++ring.loaded;
  monitor.notify_all();
}
inline void finish(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  ring.finished = true;
  monitor.notify_all();
}
inline std::int64_t begin_use(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  KILN_REQUIRE("begin_use: no slot", ring.slots >= 1);
  while (!ring.closed && !ring.finished && ring.used == ring.loaded) monitor.wait();
  return ring.closed || ring.used == ring.loaded ? -1 : ring.used % ring.slots;
}
inline void end_use(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  ++ring.used;
  monitor.notify_all();
}
inline void close(PrefetchRing& ring, Monitor& monitor) {
  const std::lock_guard lock(monitor);
  ring.closed = true;
  monitor.notify_all();
}

inline constexpr RingKernels kRight{begin_load, end_load, finish, begin_use, end_use, close};

}  // namespace kiln::ring
