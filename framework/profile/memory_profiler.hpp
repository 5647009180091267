// MemoryProfiler: who took memory and who gave it back; the high-water mark, and the leaks by name. ProcessMemory: what
// the system says of the whole process. Both are counters for scopes. Composed of module 14's memory_trace.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kiln/kernels/profiling.hpp"

namespace kiln::profile {

/// A trace that is told of each block. Of one thread at a time.
class MemoryProfiler final : public MemoryCounter {
 public:
  /// Returns the block's number, for release(). Error(invalid_argument) where bytes are negative.
  std::int64_t allocate(std::int64_t bytes, std::string_view who);
  /// Error(invalid_argument), with the block's number, where it is not in use.
  void release(std::int64_t block, std::string_view who = "");

  std::int64_t current_bytes() override { return current_; }
  std::int64_t peak_bytes() override { return peak_; }
  void reset_peak() override { peak_ = current_; }

  /// Of all events since the beginning; reset_peak() changes nothing here.
  MemoryReport report() const;
  /// The high-water mark with what was in use then, and the leaks, the largest first.
  std::string describe() const;

 private:
  std::vector<MemoryEvent> events_;
  std::unordered_map<std::int64_t, std::int64_t> in_use_;  ///< bytes by block
  std::int64_t next_ = 0, current_ = 0, peak_ = 0;
};

/// Pages of this process that lie in memory, as Linux counts them: whole pages, freed ones only once the allocator gave
/// them back. Where the system does not let its peak be reset, that of an earlier moment stays. 0 where it says
/// nothing.
class ProcessMemory final : public MemoryCounter {
 public:
  std::int64_t current_bytes() override;
  std::int64_t peak_bytes() override;
  void reset_peak() override;
};

}  // namespace kiln::profile
