// Puts one implementation's table into a worker. Compiled with KILN_CONTRACT, KILN_SLOTS and KILN_IMPL.
// The declarations are weak here, so that a kernel without a definition leaves a null slot. With KILN_SOURCE it also
// brings the kernels in: so a wrong variant is one translation unit, and many of them link into one worker.
#define KILN_DECLARE [[gnu::weak]]
#include KILN_CONTRACT
#ifdef KILN_SOURCE
#include KILN_SOURCE
#endif

#include "worker/dispatch.hpp"

#define KILN_NAME_OF(name) #name
#define KILN_NAME(name) KILN_NAME_OF(name)

namespace {

const KILN_SLOTS kTable = kiln::impl::table(static_cast<const KILN_SLOTS*>(nullptr));
kiln::worker::Implementation implementation{KILN_NAME(KILN_IMPL), &kTable};
const kiln::worker::Register registered{implementation};

}  // namespace
