// The table of one implementation of one family, registered when the program starts. Compiled once a twin with
//   -DKILN_IMPL=student -DKILN_CONTRACT="kiln/kernels/tensor.hpp" -DKILN_SLOTS=kiln::TensorSlots
// and with the implementation's objects linked whole. Declarations are weak here, so that a kernel without a definition
// leaves a null slot. Stub records belong to the student: a program links at most one twin that has any.
// A twin that is built for several instruction sets is also given -DKILN_BACKEND=optimized -DKILN_INSTRUCTION_SET=avx2.
#ifndef KILN_DECLARE
#define KILN_DECLARE [[gnu::weak]]
#endif
#define KILN_QUOTE(text) #text
#define KILN_QUOTED(text) KILN_QUOTE(text)

#include KILN_CONTRACT

#include <string_view>

#include "kiln/backend.hpp"
#include "kiln/instruction_set.hpp"

namespace {

const bool registered = [] {
#ifdef KILN_INSTRUCTION_SET
  kiln::register_backend_for(kiln::InstructionSet::KILN_INSTRUCTION_SET, KILN_QUOTED(KILN_BACKEND),
                             kiln::impl::table(static_cast<const KILN_SLOTS*>(nullptr)));
#else
  constexpr const char* kName = KILN_QUOTED(KILN_IMPL);
  const bool has_stubs = std::string_view(kName) == "student";
  kiln::register_backend(kName, kiln::impl::table(static_cast<const KILN_SLOTS*>(nullptr)),
                         has_stubs ? kiln::linked_stubs() : kiln::StubList());
#endif
  return true;
}();

}  // namespace

#ifndef KILN_INSTRUCTION_SET
// For kernels that include contracts only; of a backend built several times the reference's twin has it already.
template const KILN_SLOTS& kiln::kernels<KILN_SLOTS>();
template const KILN_SLOTS& kiln::kernels<KILN_SLOTS>(std::string_view backend);
#endif
