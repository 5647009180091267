// under_test<Slots>(): the kernels that a test program judges.
// Linking picks which: table_remote.cpp (a worker process) or table_local.cpp (this process, for gdb and sanitizers).
#pragma once

namespace kiln::testing {

template <class Slots>
const Slots& under_test();

}  // namespace kiln::testing
