// Wrong: resets the counter, and what the outer scope needed until then is lost.
#include <algorithm>
#include <string>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

// Example: in use 1 MB; begin "step"; 5 ms pass; 3 MB are taken and given back; end:
//   name "step", depth 0, time_ms 5, peak_memory_mb 4, current_memory_mb 1.
void impl::scope_begin(ScopeStack& stack, std::string_view name, Clock& clock, MemoryCounter& counter) {
  // What the counter saw until now belongs to the scope around.
  counter.reset_peak();
  stack.open.push_back({std::string(name), 0, 0});
  stack.open.back().begin_ns = clock.now();
}

ScopeFigures impl::scope_end(ScopeStack& stack, Clock& clock, MemoryCounter& counter) {
  const std::int64_t end_ns = clock.now();
  KILN_REQUIRE("scope_end: no scope is open", !stack.open.empty());
  constexpr double kBytesInMb = 1024.0 * 1024.0;
  OpenScope scope = std::move(stack.open.back());
  stack.open.pop_back();
  const std::int64_t current_bytes = counter.current_bytes();
  scope.peak_bytes = std::max(scope.peak_bytes, counter.peak_bytes());
  // What an inner scope needed, the outer one needed.
  if (!stack.open.empty()) stack.open.back().peak_bytes = std::max(stack.open.back().peak_bytes, scope.peak_bytes);
  ScopeFigures figures;
  figures.name = std::move(scope.name);
  figures.depth = static_cast<std::int64_t>(stack.open.size());
  figures.time_ms = static_cast<double>(end_ns - scope.begin_ns) * 1e-6;
  figures.peak_memory_mb = static_cast<double>(scope.peak_bytes) / kBytesInMb;
  figures.current_memory_mb = static_cast<double>(current_bytes) / kBytesInMb;
  return figures;
}
