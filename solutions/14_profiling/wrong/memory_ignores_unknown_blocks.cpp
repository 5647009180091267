// Wrong: a free of what was never allocated is passed over.
#include <algorithm>
#include <string>
#include <unordered_map>

#include "kiln/kernels/profiling.hpp"

using namespace kiln;

namespace {

/// The events of a block, by their numbers: when it was allocated last, and whether it was given back since.
struct Known {
  std::size_t allocated = 0;
  bool in_use = false;
};

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

[[noreturn]] void refuse(std::size_t number, const MemoryEvent& event, const std::string& what) {
  throw Error(ErrorKind::invalid_argument, "memory_trace: event " + std::to_string(number) + ", block " +
                                               std::to_string(event.id) + ", " + event.who + ": " + what);
}

/// What lives after event `moment`, by the events that gave it back (kNever: none).
std::vector<MemoryBlock> living(const std::vector<MemoryEvent>& events, const std::vector<std::size_t>& freed,
                                std::size_t moment) {
  std::vector<MemoryBlock> blocks;
  for (std::size_t i = 0; i <= moment && i < events.size(); ++i)
    if (events[i].allocates && freed[i] > moment) blocks.push_back({events[i].id, events[i].bytes, events[i].who});
  return blocks;
}

}  // namespace

// Example: +1 of 100 by "weights", +2 of 50 by "batch", -2, +3 of 20 by "loss": current 120, peak 150 at event 1, when
// weights and batch were in use; the leaks are weights and loss.
MemoryReport impl::memory_trace(const std::vector<MemoryEvent>& events) {
  MemoryReport report;
  std::unordered_map<std::int64_t, Known> known;
  std::vector<std::size_t> freed(events.size(), kNever);  // of an allocation: the event that gave it back
  for (std::size_t i = 0; i < events.size(); ++i) {
    const MemoryEvent& event = events[i];
    const auto found = known.find(event.id);
    if (event.allocates) {
      if (event.bytes < 0) refuse(i, event, "asks for " + std::to_string(event.bytes) + " bytes");
      if (found != known.end() && found->second.in_use)
        refuse(i, event, "is in use, allocated by " + events[found->second.allocated].who);
      if (__builtin_add_overflow(report.current, event.bytes, &report.current))
        refuse(i, event, "overflow of what is in use");
      known[event.id] = {i, true};
      if (report.current > report.peak) {
        report.peak = report.current;
        report.peak_event = static_cast<std::int64_t>(i);
      }
    } else {
      if (found == known.end()) continue;
      if (!found->second.in_use)
        refuse(i, event, "double free of what was allocated by " + events[found->second.allocated].who);
      found->second.in_use = false;
      freed[found->second.allocated] = i;
      report.current -= events[found->second.allocated].bytes;
    }
  }
  if (report.peak_event >= 0) report.at_peak = living(events, freed, static_cast<std::size_t>(report.peak_event));
  report.leaks = living(events, freed, kNever - 1);
  return report;
}
