// parallel_for: loops over ranges on a small pool of threads.
// The range is cut by `grain` alone, so what a body sees does not depend on the number of threads. Threads start at the
// first loop that needs them, sleep soon after one, and are joined at the program's end. A forked child starts anew.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace kiln {

namespace detail {
using RangeBody = void (*)(void* body, std::int64_t begin, std::int64_t end);
void run_parallel(std::int64_t begin, std::int64_t end, std::int64_t grain, RangeBody call, void* body);
}  // namespace detail

/// Threads that loops may use, the caller's among them; at first as many as the process has cores. With 1, no thread is
/// ever started. Error(invalid_argument) where count < 1 or the call comes from inside a loop's body.
void set_thread_count(int count);
int thread_count();

/// Calls body(first, last) for [begin, begin + grain), [begin + grain, ...), ... until `end`, each once, in any order
/// and at the same time where there are threads: ranges must not write what another one touches. Returns when all are
/// done. An exception from a body reaches the caller, that of the lowest range where there are several; ranges above it
/// may then be left out. A loop inside a body runs on its own thread, as does one that meets a pool busy for another
/// caller. Error(invalid_argument) where grain < 1; Error(violation or memory) where a thread cannot be started.
template <class Body>
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain, Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  detail::run_parallel(
      begin, end, grain,
      [](void* erased, std::int64_t first, std::int64_t last) { (*static_cast<Plain*>(erased))(first, last); },
      const_cast<void*>(static_cast<const void*>(std::addressof(body))));
}

}  // namespace kiln
