// The table of one implementation of one family, registered when the program starts. Compiled once a twin with
//   -DKILN_IMPL=student -DKILN_CONTRACT="kiln/kernels/tensor.hpp" -DKILN_SLOTS=kiln::TensorSlots
// and with the implementation's objects linked whole. Declarations are weak here, so that a kernel without a definition
// leaves a null slot. Stub records belong to the student: a program links at most one twin that has any.
#ifndef KILN_DECLARE
#define KILN_DECLARE [[gnu::weak]]
#endif
#define KILN_QUOTE(text) #text
#define KILN_QUOTED(text) KILN_QUOTE(text)

#include KILN_CONTRACT

#include <string_view>

#include "kiln/backend.hpp"

namespace {

const bool registered = [] {
  constexpr const char* kName = KILN_QUOTED(KILN_IMPL);
  const bool has_stubs = std::string_view(kName) == "student";
  kiln::register_backend(kName, kiln::impl::table(static_cast<const KILN_SLOTS*>(nullptr)),
                         has_stubs ? kiln::linked_stubs() : kiln::StubList());
  return true;
}();

}  // namespace

// For kernels that include contracts only.
template const KILN_SLOTS& kiln::kernels<KILN_SLOTS>();
template const KILN_SLOTS& kiln::kernels<KILN_SLOTS>(std::string_view backend);
