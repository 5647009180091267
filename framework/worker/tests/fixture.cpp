// The probe's remote table, compiled once for all tests of the line.
#include "worker/tests/fixture.hpp"

#include <numeric>

#include "worker/remote.hpp"

namespace kiln::worker {

std::string probe_worker() { return KILN_PROBE_WORKER; }
std::string hostile_worker() { return KILN_HOSTILE_WORKER; }

const ProbeSlots& probe() { return remote_table<ProbeSlots>(); }

std::vector<float> iota(std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

View view_of(std::vector<float>& memory) {
  return {memory.data(), Shape{static_cast<std::int64_t>(memory.size())}, Strides{1}};
}

Session& SessionTest::session() {
  if (!session_) {
    session_ = std::make_unique<Session>(family_of<ProbeSlots>(), options);
    Session::set_current(session_.get());
  }
  return *session_;
}

void SessionTest::expect_works(int starts) {
  session();
  EXPECT_EQ(probe().join("still ", "here"), "still here");
  EXPECT_EQ(session().starts(), starts);
}

std::int64_t SessionTest::misbehave(Fault fault, std::int64_t by) {
  session();
  return probe().misbehave(fault, view_of(in_memory), view_of(out_memory), by);
}

}  // namespace kiln::worker
