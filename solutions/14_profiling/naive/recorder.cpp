// recorder, as a beginner writes it: what is open is counted anew at every call, from what was recorded.
#include "kiln/kernels/profiling.hpp"

using namespace kiln;

namespace {

std::int64_t count_open(const TraceBuffer& buffer) {
  std::int64_t open = 0;
  for (std::int64_t i = 0; i < buffer.count; ++i) open += buffer.events[static_cast<std::size_t>(i)] >= 0 ? 1 : -1;
  return open;
}

void record(TraceBuffer& buffer, std::int64_t event, std::int64_t now) {
  buffer.events[static_cast<std::size_t>(buffer.count)] = event;
  buffer.times[static_cast<std::size_t>(buffer.count)] = now;
  ++buffer.count;
  buffer.open = count_open(buffer);
}

}  // namespace

void impl::record_begin(TraceBuffer& buffer, std::int64_t kernel, std::int64_t now) {
  KILN_REQUIRE("record_begin: a kernel's number is negative", kernel >= 0);
  const auto room = static_cast<std::int64_t>(buffer.events.size());
  if (buffer.dropped_open == 0 && buffer.count + count_open(buffer) + 2 <= room) return record(buffer, kernel, now);
  ++buffer.dropped;
  ++buffer.dropped_open;
}

void impl::record_end(TraceBuffer& buffer, std::int64_t now) {
  if (buffer.dropped_open > 0) {
    --buffer.dropped_open;
    return;
  }
  KILN_REQUIRE("record_end: no kernel is open", count_open(buffer) > 0);
  record(buffer, -1, now);
}
