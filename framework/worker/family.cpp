// The family that a module's worker serves. Compiled once a module, with KILN_CONTRACT and KILN_SLOTS.
#include KILN_CONTRACT

#include "worker/dispatch.hpp"

namespace kiln::worker {

const Dispatch& served_family() {
  static const Dispatch dispatch = dispatch_of<KILN_SLOTS>();
  return dispatch;
}

}  // namespace kiln::worker
