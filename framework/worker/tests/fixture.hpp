// What the line's tests share: a session with a probe worker, and its table.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/throws.hpp"
#include "worker/session.hpp"
#include "worker/tests/probe.hpp"

namespace kiln::worker {

inline constexpr Placement kPlacements[] = {Placement::aligned, Placement::guarded};
/// For what is meant to end in a timeout; nothing else may depend on it.
inline constexpr std::chrono::milliseconds kShort{40};

/// Words of the programs that the build hands over.
std::string probe_worker();
std::string hostile_worker();

/// The probe's kernels in the current session's worker; compiled once.
const ProbeSlots& probe();

/// A dense vector of n floats 0, 1, 2, ...
std::vector<float> iota(std::int64_t n);
View view_of(std::vector<float>& memory);

class SessionTest : public ::testing::Test {
 protected:
  SessionOptions options;

  SessionTest() {
    options.launch.worker = probe_worker();
    options.launch.arguments = {"--implementation", "probe"};
  }
  /// Opened by the first call, with what `options` holds then.
  Session& session();
  /// A call that a working worker answers, and how many were started so far.
  void expect_works(int starts);
  std::int64_t misbehave(Fault fault, std::int64_t by = 0);

  std::vector<float> in_memory = iota(4), out_memory = iota(4);

 private:
  std::unique_ptr<Session> session_;
};

/// Both placements, one after the other, on one worker.
template <class Body>
void in_both_placements(Session& session, Body body) {
  for (const Placement placement : kPlacements) {
    SCOPED_TRACE(placement == Placement::aligned ? "aligned" : "guarded");
    session.set_placement(placement);
    body();
  }
}

}  // namespace kiln::worker
