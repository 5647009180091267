// under_test<Slots>() as a worker's table. Compiled once a module, with KILN_CONTRACT and KILN_SLOTS.
#include KILN_CONTRACT

#include "testing/run.hpp"
#include "testing/under_test.hpp"
#include "worker/remote.hpp"

namespace kiln::testing {

template <>
const KILN_SLOTS& under_test<KILN_SLOTS>() {
  return worker::remote_table<KILN_SLOTS>();
}

bool runs_in_process() { return false; }
worker::Family family_under_test() { return worker::family_of<KILN_SLOTS>(); }

}  // namespace kiln::testing
