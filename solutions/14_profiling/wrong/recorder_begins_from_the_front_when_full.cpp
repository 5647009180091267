// Wrong: overwrites what was recorded first, among it begins that are still open.
#include "kiln/kernels/profiling.hpp"

using namespace kiln;

// Example: room for 5 events; begin 0, begin 1 (recorded: 4 of 5 places are used or owed), begin 2 (dropped), three
// ends: events are 0, 1, -1, -1, and dropped is 1.
void impl::record_begin(TraceBuffer& buffer, std::int64_t kernel, std::int64_t now) {
  KILN_REQUIRE("record_begin: a kernel's number is negative", kernel >= 0);
  // Each open begin is owed an end.
  const auto room = static_cast<std::int64_t>(buffer.events.size());
  if (buffer.dropped_open > 0 || room - buffer.count - buffer.open < 2) {
    ++buffer.dropped;
    ++buffer.dropped_open;
    if (!buffer.events.empty()) buffer.events[0] = kernel;
    return;
  }
  const auto i = static_cast<std::size_t>(buffer.count);
  buffer.events[i] = kernel;
  buffer.times[i] = now;
  ++buffer.count;
  ++buffer.open;
}

void impl::record_end(TraceBuffer& buffer, std::int64_t now) {
  // What was dropped last is what ends first.
  if (buffer.dropped_open > 0) {
    --buffer.dropped_open;
    return;
  }
  KILN_REQUIRE("record_end: no kernel is open", buffer.open > 0);
  const auto i = static_cast<std::size_t>(buffer.count);
  buffer.events[i] = -1;
  buffer.times[i] = now;
  ++buffer.count;
  --buffer.open;
}
