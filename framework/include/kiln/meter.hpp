// What is read while a program is measured: a clock and a memory counter, and the task that is timed. Interfaces, so
// that the same kernels run on the machine's own (kiln-profile) and on ones whose every answer a script says.
#pragma once

#include <cstdint>

namespace kiln {

/// Time since a moment of the clock's own, in nanoseconds; it never goes backwards. A reading takes time itself.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now() = 0;
};

/// Bytes that are in use, and the most that were since the last reset_peak() (or since the counter was made).
class MemoryCounter {
 public:
  virtual ~MemoryCounter() = default;
  virtual std::int64_t current_bytes() = 0;
  /// At least current_bytes().
  virtual std::int64_t peak_bytes() = 0;
  /// From now on the peak is of what is in use now, and later.
  virtual void reset_peak() = 0;
};

/// What is timed. What it throws is its own affair.
class Task {
 public:
  virtual ~Task() = default;
  virtual void run() = 0;
};

}  // namespace kiln
