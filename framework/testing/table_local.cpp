// under_test<Slots>() as the student's kernels in this very process, for gdb, valgrind and sanitizers.
// Compiled once a module, with KILN_CONTRACT, KILN_SLOTS and KILN_IMPL=student.
#define KILN_DECLARE [[gnu::weak]]
#include KILN_CONTRACT

#include "testing/run.hpp"
#include "testing/under_test.hpp"
#include "worker/family.hpp"

namespace kiln::testing {

namespace {

/// Stands in for a kernel without a definition.
template <class Function>
struct Missing;
template <class R, class... A>
struct Missing<R (*)(A...)> {
  static R call(A...) { throw Error(ErrorKind::missing, "this kernel has no definition: write it in its file"); }
};

}  // namespace

template <>
const KILN_SLOTS& under_test<KILN_SLOTS>() {
  static const KILN_SLOTS table = [] {
    KILN_SLOTS slots = impl::table(static_cast<const KILN_SLOTS*>(nullptr));
    auto complete = [](auto& kernel) {
      if (kernel == nullptr) kernel = &Missing<std::remove_reference_t<decltype(kernel)>>::call;
    };
    std::apply([&](const auto&... slot) { (complete(slots.*(slot.kMember)), ...); }, KILN_SLOTS::list());
    return slots;
  }();
  return table;
}

bool runs_in_process() { return true; }
worker::Family family_under_test() { return worker::family_of<KILN_SLOTS>(); }

}  // namespace kiln::testing
