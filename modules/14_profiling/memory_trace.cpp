// memory_trace: who held how much, when it was most, and what was never given back.
// Contract: kiln/kernels/profiling.hpp. Lesson: modules/14_profiling/README.md, step 4.
//
// Write what stands below as STUB(); then run `kiln check memory_trace`.
// Stuck? `kiln hint memory_trace`.
#include <algorithm>
#include <string>
#include <unordered_map>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

// Example: +1 of 100 by "weights", +2 of 50 by "batch", -2, +3 of 20 by "loss": current 120, peak 150 at event 1, when
// weights and batch were in use; the leaks are weights and loss.
MemoryReport impl::memory_trace(const std::vector<MemoryEvent>& events) {
  STUB();
}
