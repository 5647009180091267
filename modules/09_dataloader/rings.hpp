// Scripts that the tests of the prefetch ring run, and what they expect of a trace.
#pragma once

#include "oracle_of_ring.hpp"
#include "testing/testing.hpp"

namespace kiln::testing {

/// `batches` batches that take as long as each other.
inline PrefetchScript even_script(std::int64_t slots, std::size_t batches, std::int64_t load, std::int64_t use) {
  PrefetchScript script;
  script.slots = slots;
  script.load_ticks.assign(batches, load);
  script.use_ticks.assign(batches, use);
  return script;
}

/// One to four slots, up to eleven batches of up to nine ticks.
inline PrefetchScript random_script(Generator& g) {
  PrefetchScript script = even_script(1 + static_cast<std::int64_t>(g.random().below(4)), g.random().below(12), 0, 0);
  for (std::int64_t& ticks : script.load_ticks) ticks = static_cast<std::int64_t>(g.random().below(10));
  for (std::int64_t& ticks : script.use_ticks) ticks = static_cast<std::int64_t>(g.random().below(10));
  script.seed = g.random().next_u64();
  return script;
}

/// Runs the script on the ring under test; returns the ticks that it took.
inline std::int64_t expect_epoch(const PrefetchScript& script, const std::string& why = "") {
  const PrefetchTrace trace = under_test<DataSlots>().drive_prefetch(script);
  const std::string complaint = oracle::complaint_about_trace(script, trace);
  if (!complaint.empty())
    ADD_FAILURE() << complaint << (why.empty() ? "" : "\n") << why << "\nthe script: " << oracle::describe(script)
                  << "\nwhat happened:\n"
                  << oracle::describe(trace);
  return trace.ticks;
}

/// The same, of an epoch whose ticks were worked out by hand; nothing more where a test has failed already.
inline void expect_ticks(const PrefetchScript& script, std::int64_t ticks, const std::string& why) {
  if (::testing::Test::HasFailure()) return;
  const std::int64_t took = expect_epoch(script, why);
  if (::testing::Test::HasFailure()) return;
  EXPECT_EQ(took, ticks) << why;
}

/// The same in `seeds` orders of turns, until one goes wrong.
inline void expect_epochs(PrefetchScript script, std::uint64_t seeds) {
  const std::uint64_t first = script.seed;
  for (std::uint64_t i = 0; i < seeds && !::testing::Test::HasFailure(); ++i) {
    script.seed = first + i;
    expect_epoch(script);
  }
}

}  // namespace kiln::testing
