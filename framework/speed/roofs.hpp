// What this machine can do at most, measured: arithmetic in float32, and reading and writing memory and caches.
// A kernel is bound by one of the two (Williams, Waterman and Patterson, "Roofline", 2009). Roofs are the best of many
// short tries: they say what is possible, not what is usual. A measurement takes part of a second, and is kept by
// whoever asked.
#pragma once

#include <string>

namespace kiln::speed {

/// Rates are those of all threads together.
struct Roofs {
  int threads = 1;
  std::string vectors;     ///< what `flops` was reached with: "512-bit FMA"
  double flops = 0;        ///< float32 additions and multiplications a second; an FMA is two
  double bytes = 0;        ///< moved between memory and the threads a second: the better of the next two
  double read_bytes = 0;   ///< read from memory a second
  double triad_bytes = 0;  ///< a = b + s c in memory: three operands counted, as STREAM (McCalpin, 1995) does
  double l1_bytes = 0;     ///< read from a set that stays in the first-level cache
  double l2_bytes = 0;     ///< read from a set that stays in the second-level cache
};

/// About `seconds` long, and the time to fill the memory that is read. One thread is timed by its own CPU time, so that
/// other processes count little; several by wall time: on a busy machine these roofs are too low.
/// Error(invalid_argument) where threads < 1 or seconds is not positive; std::system_error where a thread cannot start.
Roofs measure_roofs(int threads = 1, double seconds = 0.5);

}  // namespace kiln::speed
