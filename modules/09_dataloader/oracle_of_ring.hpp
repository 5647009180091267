// What a prefetch ring should make of a script, worked out without a ring: when each batch is loaded and used, which
// slot it lies in, and what a trace that says otherwise got wrong.
#pragma once

#include <string>
#include <vector>

#include "kiln/kernels/data.hpp"

namespace kiln::oracle {

/// An epoch in ticks. Loading batch i waits for the loader and for its slot; using it for the user and for the batch:
///   load_begin[i] = max(load_end[i - 1], use_end[i - slots]),  use_begin[i] = max(use_end[i - 1], load_end[i]).
/// Batches that are never loaded or used, since the ring was closed, have no entry.
struct Epoch {
  std::vector<std::int64_t> load_begin, load_end, use_begin, use_end;
  std::int64_t closed = -1;        ///< when; -1: never
  std::int64_t surely_loaded = 0;  ///< further loads could begin at the tick of the closing only, and may not
};

/// For a script with a ring of one slot at least.
Epoch prefetch_epoch(const PrefetchScript& script);

/// The trace as a table: a line an event, what the loader did on the left and the user on the right.
std::string describe(const PrefetchTrace& trace);

/// "slots 2, load {3, 3}, use {5, 5}, seed 7"
std::string describe(const PrefetchScript& script);

/// What is wrong with the trace, in words for whoever wrote the ring; "" where it is one of the right ones.
std::string complaint_about_trace(const PrefetchScript& script, const PrefetchTrace& trace);

}  // namespace kiln::oracle
