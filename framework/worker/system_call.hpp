// Names of the system calls that submissions try, for messages.
#pragma once

#include <string>

namespace kiln::worker {

/// "openat (open a file)", or "system call 123".
std::string system_call_name(int number);

}  // namespace kiln::worker
