// What the worker does when a kernel dies under it: the signal handlers' report.
#pragma once

namespace kiln::worker {

/// Says that the worker is alive and installs the handlers. Runs before every static initialiser (.preinit_array), and
/// so before any code of a submission.
void install_fault_handlers();

}  // namespace kiln::worker
