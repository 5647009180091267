// under_test<Slots>() as a backend of this program, by the name in the environment's KILN_BACKEND: so a module's tests
// judge every backend. Compiled once a module, with KILN_CONTRACT and KILN_SLOTS.
#include KILN_CONTRACT

#include <cstdlib>

#include "kiln/backend.hpp"
#include "kiln/check.hpp"
#include "testing/run.hpp"
#include "testing/under_test.hpp"
#include "worker/family.hpp"

namespace kiln::testing {

template <>
const KILN_SLOTS& under_test<KILN_SLOTS>() {
  static const KILN_SLOTS& table = []() -> const KILN_SLOTS& {
    const char* const name = std::getenv("KILN_BACKEND");
    KILN_REQUIRE("KILN_BACKEND names no backend to test", (name != nullptr));
    // Chosen, too: kernels that are composed of others call those of the chosen backend.
    set_backend(name);
    return kernels<KILN_SLOTS>();
  }();
  return table;
}

bool runs_in_process() { return true; }
worker::Family family_under_test() { return worker::family_of<KILN_SLOTS>(); }

}  // namespace kiln::testing
