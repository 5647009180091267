// MemoryProfiler on the slots, and the process's memory as /proc tells it.
#include "profile/memory_profiler.hpp"

#include <algorithm>
#include <fstream>

#include "kiln/backend.hpp"
#include "profile/units.hpp"

namespace kiln::profile {

namespace {

/// The bytes of a line such as "VmRSS:   1234 kB"; 0 where there is none.
std::int64_t status_line(const std::string& key) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == key) {
      std::int64_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024;
    }
    std::getline(status, word);
  }
  return 0;
}

void list_blocks(std::string& text, std::vector<MemoryBlock> blocks) {
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const MemoryBlock& a, const MemoryBlock& b) { return a.bytes > b.bytes; });
  for (const MemoryBlock& block : blocks)
    text += "  " + show_bytes(block.bytes) + "  " + block.who + " (block " + std::to_string(block.id) + ")\n";
}

}  // namespace

std::int64_t MemoryProfiler::allocate(std::int64_t bytes, std::string_view who) {
  KILN_REQUIRE("MemoryProfiler: the bytes of a block are negative", bytes >= 0);
  events_.push_back({true, next_, bytes, std::string(who)});
  in_use_[next_] = bytes;
  current_ += bytes;
  peak_ = std::max(peak_, current_);
  return next_++;
}

void MemoryProfiler::release(std::int64_t block, std::string_view who) {
  const auto found = in_use_.find(block);
  if (found == in_use_.end())
    throw Error(ErrorKind::invalid_argument, "MemoryProfiler: block " + std::to_string(block) + " is " +
                                                 (block >= 0 && block < next_ ? "given back twice" : "unknown") +
                                                 (who.empty() ? "" : ", by " + std::string(who)));
  current_ -= found->second;
  in_use_.erase(found);
  events_.push_back({false, block, 0, std::string(who)});
}

MemoryReport MemoryProfiler::report() const { return kernels<ProfilingSlots>().memory_trace(events_); }

std::string MemoryProfiler::describe() const {
  const MemoryReport found = report();
  std::string text = "high-water mark " + show_bytes(found.peak);
  text += found.peak_event < 0 ? "\n" : " at event " + std::to_string(found.peak_event) + ", in use then:\n";
  list_blocks(text, found.at_peak);
  text += found.leaks.empty() ? "no leaks\n" : show_bytes(found.current) + " never given back:\n";
  list_blocks(text, found.leaks);
  return text;
}

std::int64_t ProcessMemory::current_bytes() { return status_line("VmRSS:"); }

std::int64_t ProcessMemory::peak_bytes() {
  const std::int64_t peak = status_line("VmHWM:");
  return std::max(peak, current_bytes());
}

void ProcessMemory::reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace kiln::profile
